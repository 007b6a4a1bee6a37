"""Starting the generator as the process of its own that it is meant to be."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Self

from tests.bench.load.job import Job, Report


@dataclass
class Generator:
    """A generator at work; `report` waits for its end."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, job: Job) -> Self:
        process = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "KILL", "--"),
                *(sys.executable, "-m", "tests.bench.load"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None, "it was asked for"
        with process.stdin as orders:
            orders.write(job.to_json())
        return cls(process)

    @property
    def busy(self) -> bool:
        return self.process.poll() is None

    def report(self) -> Report:
        assert self.process.stdout is not None, "it was asked for"
        with self.process.stdout as answers:
            text = answers.read()
        code = self.process.wait()
        assert code == 0, f"the generator ended with {code}"
        return Report.from_json(text)


def generate(job: Job) -> Report:
    """Run a job to its end."""
    return Generator.start(job).report()
