import socket
from collections.abc import Callable

import pytest

from portal.bootstrap.ports import Listening, PortTakenError, require_free
from portal.config import Endpoint


@pytest.mark.parametrize("udp", [False, True])
def test_a_taken_address_is_named_with_its_setting(
    udp: bool, free_port: Callable[[], int]
) -> None:
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", free_port()))
        if not udp:
            other.listen()
        place = Endpoint("127.0.0.1", other.getsockname()[1])

        with pytest.raises(PortTakenError) as caught:
            require_free([Listening("PORTAL_SOME_BIND", place, udp=udp)])

    kind_shown = "UDP " if udp else ""
    assert str(caught.value) == (
        f"PORTAL_SOME_BIND: {kind_shown}{place}: address already in use"
    )


def test_two_settings_must_not_want_the_same(free_port: Callable[[], int]) -> None:
    place = Endpoint("127.0.0.1", free_port())

    with pytest.raises(PortTakenError, match="PORTAL_SECOND_BIND"):
        require_free(
            [
                Listening("PORTAL_FIRST_BIND", place),
                Listening("PORTAL_SECOND_BIND", place),
            ]
        )


def test_tcp_and_udp_do_not_meet(free_port: Callable[[], int]) -> None:
    place = Endpoint("127.0.0.1", free_port())

    require_free([Listening("A", place), Listening("B", place, udp=True)])


def test_a_foreign_address_is_named_too() -> None:
    with pytest.raises(PortTakenError, match="cannot assign requested address"):
        require_free([Listening("PORTAL_X_BIND", Endpoint("192.0.2.1", 8080))])
