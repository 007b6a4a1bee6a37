"""Making sure that the addresses are free that will be listened on."""

import socket
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass

from portal.config import Endpoint


@dataclass(frozen=True, slots=True)
class Listening:
    """An address that a process will listen on, and the setting that says so."""

    setting: str
    endpoint: Endpoint
    udp: bool = False


class PortTakenError(Exception):
    """An address cannot be listened on; the text names the setting."""

    def __init__(self, wanted: Listening, error: OSError) -> None:
        reason = (error.strerror or "cannot be used").lower()
        kind = "UDP " if wanted.udp else ""
        super().__init__(f"{wanted.setting}: {kind}{wanted.endpoint}: {reason}")


def require_free(addresses: Iterable[Listening]) -> None:
    """Raise PortTakenError for the first that is taken, or wanted twice."""
    with ExitStack() as held:
        for wanted in addresses:
            held.enter_context(_bound(wanted))


def _bound(wanted: Listening) -> socket.socket:
    host, port = wanted.endpoint.host, wanted.endpoint.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_DGRAM if wanted.udp else socket.SOCK_STREAM
    probe = socket.socket(family, kind)
    try:
        if not wanted.udp:
            # As servers do: what an ended one left behind is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        if not wanted.udp:
            probe.listen(1)
    except OSError as error:
        probe.close()
        raise PortTakenError(wanted, error) from error
    return probe
