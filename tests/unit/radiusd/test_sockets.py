import socket
from pathlib import Path

import pytest

from portal.radiusd.sockets import StartRefusedError, held, read_burst, udp_socket


def test_a_taken_port_is_one_line_that_names_the_setting() -> None:
    with udp_socket("127.0.0.1", 0, "PORTAL_X") as taken:
        port = taken.getsockname()[1]

        with pytest.raises(StartRefusedError) as refused:
            udp_socket("127.0.0.1", port, "PORTAL_RADIUS_AUTH_PORT")

    assert str(refused.value) == (
        f"PORTAL_RADIUS_AUTH_PORT: port {port} is taken at 127.0.0.1"
    )


def test_an_address_of_another_machine_is_one_line_too() -> None:
    with pytest.raises(StartRefusedError, match="is not an address of this machine"):
        udp_socket("192.0.2.1", 0, "PORTAL_RADIUS_AUTH_PORT")


def test_a_burst_reads_all_that_has_come_but_leaves_others_their_turn() -> None:
    with (
        udp_socket("127.0.0.1", 0, "PORTAL_X") as bound,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        for number in range(200):
            sender.sendto(str(number).encode(), bound.getsockname())
        bursts = []
        for _ in range(3):
            got: list[bytes] = []
            read_burst(bound, lambda data, _, got=got: got.append(data))  # type: ignore[misc]
            bursts.append(len(got))

    assert bursts == [128, 72, 0]


def test_the_lock_is_held_by_one_and_free_afterwards(tmp_path: Path) -> None:
    lock = tmp_path / "radiusd.lock"

    with (
        held(lock),
        pytest.raises(StartRefusedError, match="another radiusd"),
        held(lock),
    ):
        pass
    with held(lock):
        pass

    assert lock.stat().st_mode & 0o777 == 0o600


def test_without_a_lock_file_there_may_be_several() -> None:
    with held(None), held(None):
        pass
