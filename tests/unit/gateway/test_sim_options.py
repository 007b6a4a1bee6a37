from typing import Any

import pytest

from portal.gateway.quirks import CHILLI_1_6, CHILLI_1_9, Limit
from portal.gateway.sim import (
    BadOptionError,
    branch_options,
    parse_branch,
    sim_options,
)
from portal.gateway.sim.options import BranchOptions
from tests.unit.gateway.fakes import FakeClock

LEAST = {
    "name": "borujerd",
    "address": "127.0.0.3",
    "uam_server": "http://127.0.0.1:8080/login",
    "radius_secret": "radius-secret",
}


def options(**changes: Any) -> BranchOptions:
    return branch_options(LEAST | changes)


def test_a_branch_needs_four_things_and_derives_the_rest() -> None:
    found = options()

    nas = found.nas
    assert (nas.nas_identifier, nas.uam_port, nas.dynauth_port) == (
        "borujerd",
        3990,
        3799,
    )
    assert (nas.auth_server, nas.acct_server) == (
        ("127.0.0.1", 1812),
        ("127.0.0.1", 1813),
    )
    assert nas.called_station.dashed == "02-4C-52-03-00-FE"
    assert found.mac(2).dashed == "02-4C-52-03-00-02"
    assert str(found.uam_network) == "127.3.0.0/24"
    assert str(found.lan_network) == "10.91.3.0/24"
    assert nas.quirks is CHILLI_1_9
    assert nas.ignored == frozenset()


def test_everything_can_be_said() -> None:
    found = options(
        nas_identifier="nas-3",
        uam_secret="uam",
        uam_port="4990",
        radius_address="127.0.0.7",
        auth_port=11812,
        acct_port=11813,
        dynauth_port=13799,
        called_station="02:00:00:00:00:01",
        uam_network="127.9.0.0/28",
        lan_network="192.0.2.0/28",
        devices=3,
        interim_seconds=60,
        time_zone="UTC",
        quirks="chilli-1.6",
        check_seconds=0.5,
        ignore=["octets", "idle-timeout"],
    )

    nas = found.nas
    assert nas.uam_secret == b"uam"
    assert nas.auth_server == ("127.0.0.7", 11812)
    assert nas.quirks.name == CHILLI_1_6.name
    assert nas.quirks.check_seconds == 0.5
    assert nas.ignored == {Limit.OCTETS, Limit.IDLE_TIMEOUT}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("name", ""),
        ("address", "192.0.2.1"),
        ("address", "localhost"),
        ("uam_server", "file:///etc/passwd"),
        ("radius_secret", ""),
        ("uam_port", 70000),
        ("uam_port", "x"),
        ("uam_network", "192.0.2.0/24"),
        ("uam_network", "127.0.0.1/8"),
        ("lan_network", "10.0.0.0/30"),
        ("devices", 251),
        ("called_station", "no"),
        ("quirks", "chilli-2"),
        ("check_seconds", 0),
        ("check_seconds", "often"),
        ("ignore", "gravity"),
        ("ignore", 5),
        ("time_zone", "Mars/Olympus"),
        ("colour", "red"),
    ],
)
def test_a_bad_option_is_named(option: str, value: object) -> None:
    with pytest.raises(BadOptionError) as error:
        options(**{option: value})

    assert error.value.option == option


def test_options_beside_the_branches_hold_for_all_of_them() -> None:
    found = sim_options(
        {
            "page_port": 0,
            "radius_secret": "radius-secret",
            "uam_server": "http://127.0.0.1:8080/login",
            "quirks": "none",
            "branches": [
                {"name": "a", "address": "127.0.0.2"},
                {"name": "b", "address": "127.0.0.3", "quirks": "chilli-1.6"},
            ],
        },
        FakeClock(),
    )

    assert [branch.nas.quirks.name for branch in found.branches] == [
        "none",
        "chilli-1.6",
    ]


@pytest.mark.parametrize(
    ("option", "second"),
    [
        ("name", {"address": "127.0.0.4"}),
        ("address", {"name": "other"}),
        ("uam_network", {"name": "other", "address": "127.0.1.3"}),
    ],
)
def test_two_branches_cannot_share_what_tells_them_apart(
    option: str, second: dict[str, str]
) -> None:
    with pytest.raises(BadOptionError) as error:
        sim_options({"branches": [LEAST, LEAST | second]}, FakeClock())

    assert error.value.option == option


@pytest.mark.parametrize("branches", [None, [], "a"])
def test_without_a_branch_there_is_no_simulator(branches: object) -> None:
    with pytest.raises(BadOptionError):
        sim_options({"branches": branches}, FakeClock())


def test_a_branch_of_the_command_line_reads_its_secrets_from_files() -> None:
    files = {"/run/radius": "radius-secret\n", "/run/uam": "uam-secret\n"}

    found = parse_branch(
        "name=borujerd,address=127.0.0.3,uam_server=http://127.0.0.1:8080/login,"
        "radius_secret_file=/run/radius,uam_secret_file=/run/uam,"
        "ignore=octets+session-timeout",
        files.__getitem__,
    )

    made = branch_options(found)
    assert made.nas.uam_secret == b"uam-secret"
    assert made.nas.ignored == {Limit.OCTETS, Limit.SESSION_TIMEOUT}


@pytest.mark.parametrize("text", ["name", "radius_secret=open", ""])
def test_a_branch_of_the_command_line_shows_no_secret(text: str) -> None:
    with pytest.raises(BadOptionError):
        parse_branch(text, str)


def test_secrets_do_not_print() -> None:
    shown = repr(options(uam_secret="uam-secret"))

    assert "radius-secret" not in shown
    assert "uam-secret" not in shown
