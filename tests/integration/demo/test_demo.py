import json
import os
import signal
import socket
import stat
import urllib.request
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from portal.cli.demo.people import BRANCHES, PATRONS, PLANS
from portal.model.identifiers import CardNumber, MobileNumber, NationalId
from tests.integration.demo.conftest import READY, Demo
from tests.stack.wait import until

TEHRAN = ZoneInfo("Asia/Tehran")
FRIDAY = 4


def test_a_demo_shows_one_address_and_the_accounts(demo: Demo) -> None:
    program = demo.start_and_wait()

    box = program.output[program.output.index("┌") :]
    assert box.count("http://") == 1
    assert f"http://{demo.environment['PORTAL_SIM_BIND']}/" in box
    for username in ("desk.khorramabad", "desk.borujerd", "admin"):
        assert username in box
    for name in ("CAPTIVE_STATUS", "STAFF_STATUS", "RADIUS_STATUS", "WORKER_STATUS"):
        assert demo.status(name) == 200
    with urllib.request.urlopen(
        f"http://{demo.environment['PORTAL_SIM_BIND']}/"
    ) as page:
        assert demo.environment["PORTAL_STAFF_BIND"] in page.read().decode()


def test_the_demo_data_are_there_and_sealed(demo: Demo) -> None:
    demo.start_and_wait()

    assert [branch["code"] for branch in demo.ask("branch", "list")] == [
        "khorramabad",
        "borujerd",
    ]
    assert len(demo.ask("nas", "list")) == 2
    assert demo.ask("nas", "test", "khorramabad-wifi")[-1]["grade"] == "ok"
    assert demo.ask("patron", "show", PATRONS[0].card)["plan"] == PATRONS[0].plan
    roles = sorted(member["role"] for member in demo.ask("staff", "list"))
    assert roles == ["administrator", "desk", "desk"]
    findings = demo.ask("doctor")
    assert {each["grade"] for each in findings} <= {"ok", "warning"}
    for name in ("keyring", "demo.json", "portal.db", "log/demo.log"):
        assert stat.S_IMODE((demo.folder / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(demo.folder.stat().st_mode) == 0o700


def test_the_end_leaves_no_child_and_a_second_start_keeps_the_data(demo: Demo) -> None:
    program = demo.start_and_wait()
    before = json.loads((demo.folder / "demo.json").read_text())
    handle = demo.ask("patron", "show", PATRONS[0].card)["patron"]

    assert program.stop(within=20) == 0
    assert demo.processes() == []

    again = demo.start_and_wait()
    assert "writing the demo data" not in again.output
    assert json.loads((demo.folder / "demo.json").read_text()) == before
    assert demo.ask("patron", "show", PATRONS[0].card)["patron"] == handle
    assert again.stop(with_signal=signal.SIGINT, within=20) == 0
    assert demo.processes() == []


def test_a_killed_demo_leaves_no_child_either(demo: Demo) -> None:
    program = demo.start_and_wait()
    assert len(demo.processes()) > 5

    program.kill()

    until(lambda: not demo.processes(), what="every child has ended", within=20)


def test_a_demo_killed_in_its_first_moments_leaves_no_child(demo: Demo) -> None:
    program = demo.start()
    until(lambda: len(demo.processes()) > 3, what="children have started", within=40)

    program.kill()

    until(lambda: not demo.processes(), what="every child has ended", within=20)


def test_a_child_that_dies_is_started_again(demo: Demo) -> None:
    program = demo.start_and_wait()
    victim = _children(program.pid, "worker")[0]

    os.kill(victim, signal.SIGKILL)

    program.wait_for("worker ended (-9); starting again")
    until(lambda: demo.status("WORKER_STATUS") == 200, what="it answers", within=30)


def test_a_child_that_keeps_dying_ends_the_whole_with_its_reason(demo: Demo) -> None:
    program = demo.start_and_wait()

    for _ in range(3):
        alive = until(
            lambda: _children(program.pid, "worker"), what="a worker runs", within=20
        )
        os.kill(alive[0], signal.SIGKILL)
        until(
            lambda gone=alive[0]: not Path(f"/proc/{gone}").exists(),  # type: ignore[misc]
            what="it is dead",
        )

    assert program.wait(within=40) == 1
    assert "portal: worker ended (-9)" in program.output


def test_a_bad_setting_is_one_line(demo: Demo) -> None:
    program = demo.start(PORTAL_TEST="2")

    assert program.wait(within=30) == 3
    assert program.output.startswith("portal: PORTAL_TEST: '2' is neither")


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("PORTAL_CAPTIVE_BIND", socket.SOCK_STREAM),
        ("PORTAL_RADIUS_ACCT_PORT", socket.SOCK_DGRAM),
        ("PORTAL_SIM_BIND", socket.SOCK_STREAM),
    ],
)
def test_a_taken_port_is_one_line_that_names_the_setting(
    demo: Demo, setting: str, kind: socket.SocketKind
) -> None:
    port = int(demo.environment[setting].rpartition(":")[2])
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            other.listen()

        program = demo.start()

        assert program.wait(within=30) == 3
    assert program.output.startswith(f"portal: {setting}: ")
    assert len(program.output.splitlines()) == 1


def test_a_second_instance_is_refused(demo: Demo) -> None:
    program = demo.start_and_wait()

    second = demo.portal("demo")

    assert second.returncode == 3
    assert (
        f"a demo is running in {demo.folder} (process {program.pid})" in second.stderr
    )
    assert READY not in second.stdout


def test_a_first_start_that_was_interrupted_is_taken_up_again(demo: Demo) -> None:
    program = demo.start()
    program.wait_for("writing the demo data", within=40)
    program.kill()
    until(lambda: not demo.processes(), what="nothing runs", within=20)

    demo.start_and_wait()

    assert len(demo.ask("nas", "list")) == 2
    assert len(demo.ask("staff", "list")) == 3
    assert demo.ask("patron", "show", PATRONS[-1].card)["name"] == PATRONS[-1].name


def test_a_demo_runs_on_postgresql_on_a_friday_before_midnight(
    demo: Demo, postgresql_url: str
) -> None:
    now = datetime.now(TEHRAN)
    friday = now.date() + timedelta(days=(FRIDAY - now.weekday()) % 7)
    moment = datetime.combine(friday, time(23, 59), TEHRAN)
    demo.environment |= {
        "PORTAL_DATABASE_URL": postgresql_url,
        "PORTAL_TEST": "1",
        "PORTAL_TEST_CLOCK_OFFSET": f"{(moment - now).total_seconds():.0f}",
    }

    demo.start_and_wait()

    patron = demo.ask("patron", "why", PATRONS[0].card)
    assert patron["admitted"] is True
    renews = datetime.fromisoformat(patron["renews_at"]).astimezone(TEHRAN)
    assert (renews.time(), renews.weekday()) in {(time(0), 5), (time(0), 6)}
    assert datetime.now(UTC) < renews + timedelta(days=8)


def _children(parent: int, name: str) -> list[int]:
    """Living children of a process whose arguments hold `name`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(status[1]) == parent and name.encode() in arguments:
            found.append(int(entry.name))
    return found


def test_the_people_of_the_demo_have_valid_numbers() -> None:
    codes = {branch.code for branch in BRANCHES}
    plans = {plan.code for plan in PLANS}

    assert len(PATRONS) == 20
    assert len({person.card for person in PATRONS}) == 20
    assert len({person.national_id for person in PATRONS}) == 20
    for person in PATRONS:
        assert CardNumber.parse(person.card).value == person.card
        assert NationalId.parse(person.national_id).value == person.national_id
        assert MobileNumber.parse(person.phone).value.startswith("+98")
        assert person.pin.isdecimal()
        assert person.branch in codes
        assert person.plan in plans
