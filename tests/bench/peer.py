"""What takes part: a server under load with the database that it answers from."""

from typing import Protocol

from tests.bench.load.job import Job, Report

HOST = "127.0.0.1"
SECRET = "of the benchmark"
NAS_IDENTIFIER = "bench-nas"


def device(number: int) -> str:
    """A made-up locally administered MAC, dashed."""
    octets = b"\x02" + number.to_bytes(5)
    return "-".join(f"{octet:02X}" for octet in octets)


class Peer(Protocol):
    """One contestant, running."""

    @property
    def name(self) -> str: ...

    @property
    def pids(self) -> list[int]:
        """The server's processes, for what they cost; the database's are shared."""
        ...

    def job(self, sessions: int) -> Job:
        """A job that has not been run before."""
        ...

    def faults(self, job: Job, report: Report) -> list[str]:
        """What the database lacks, or has otherwise than it was acknowledged."""
        ...
