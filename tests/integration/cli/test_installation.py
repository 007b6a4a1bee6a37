import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from portal.storage.engine import open_store
from portal.storage.schema import head
from tests.integration.cli.conftest import Installation


def test_the_first_upgrade_makes_schema_and_key_ring(
    install: Callable[[str], Installation], database_url: str
) -> None:
    fresh = install(database_url)

    first = fresh.ask("db", "upgrade")
    second = fresh.ask("db", "upgrade")

    assert (first["before"], first["now"], first["keyring"]) == (
        "empty",
        head(),
        "created",
    )
    assert (second["before"], second["keyring"]) == (head(), "present")
    ring = fresh.folder / "var" / "keyring"
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600


def test_a_lost_key_ring_is_not_replaced_by_an_upgrade(empty: Installation) -> None:
    ring = empty.folder / "var" / "keyring"
    ring.unlink()

    empty.ask("db", "upgrade")
    done = empty.run("branch", "list")

    assert not ring.exists()
    assert done.exit_code == 3
    assert "`portal keys create`" in done.stderr


@pytest.mark.parametrize(
    ("setting", "value", "code", "reason"),
    [
        ("PORTAL_RADIUS_AUTH_PORT", "x", 3, "PORTAL_RADIUS_AUTH_PORT: 'x' is not"),
        ("PORTAL_NONSENSE", "1", 3, "PORTAL_NONSENSE: is not a setting"),
        (
            "PORTAL_DATABASE_URL",
            "postgresql://nobody@127.0.0.1:1/none",
            4,
            "the database does not answer",
        ),
    ],
)
def test_what_prevents_a_start_is_one_line_and_an_exit_code(
    empty: Installation, setting: str, value: str, code: int, reason: str
) -> None:
    broken = Installation(empty.environment | {setting: value}, empty.folder)

    done = broken.run("branch", "list")

    assert done.exit_code == code
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_old_schema_stops_every_command_but_the_upgrade(
    empty: Installation,
) -> None:
    store = open_store(empty.environment["PORTAL_DATABASE_URL"])
    with store.write() as uow:
        uow.connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    store.dispose()

    done = empty.run("branch", "list")

    assert done.exit_code == 3
    assert "run `portal db upgrade`" in done.stderr


def test_settings_are_shown_without_passwords(
    install: Callable[[str], Installation],
) -> None:
    shown = install("postgresql://portal:hunter2@db/portal").ask("config", "show")

    assert "hunter2" not in json.dumps(shown)
    assert shown["PORTAL_DATABASE_URL"] == "postgresql://portal:(hidden)@db/portal"
    assert shown["PORTAL_ARGON2_MEMORY"] == "8"


def test_what_was_added_is_listed(province: Installation) -> None:
    (branch,) = province.ask("branch", "list")
    (client,) = province.ask("client", "list")
    (nas,) = province.ask("nas", "list")
    (plan,) = province.ask("plan", "list")
    (member,) = province.ask("staff", "list")

    assert branch["name_fa"] == "خرم‌آباد"
    assert client["network"] == "127.0.0.2/32"
    assert (nas["branch"], nas["client"], nas["identifier"]) == (
        "khorramabad",
        "kh",
        "kh-wifi",
    )
    assert (plan["time_per_day"], plan["data_per_day"]) == (7200, 1_000_000_000)
    assert (member["username"], member["role"]) == ("desk.kh", "desk")


def test_no_secret_stands_in_the_database_or_in_a_listing(
    province: Installation,
) -> None:
    secrets = [b"radius-secret-1", b"uam-secret-1", b"0123456789", b"9121234567"]
    store = open_store(province.environment["PORTAL_DATABASE_URL"])
    with store.read() as uow:
        tables = ("radius_secret", "nas", "patron", "patron_identifier", "audit_entry")
        stored = "".join(
            repr(tuple(map(_plain, row)))
            for table in tables
            for row in uow.connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
        )
    store.dispose()

    listed = "".join(
        province.run(*command).output
        for command in (
            ("client", "list"),
            ("nas", "list"),
            ("nas", "config", "kh-wifi"),
        )
    )

    for secret in secrets:
        assert secret.decode() not in stored
        assert secret.decode() not in listed


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def test_an_access_servers_configuration_shows_secrets_when_asked(
    province: Installation,
) -> None:
    shown = province.run("nas", "config", "kh-wifi", "--secrets").output

    assert "radiussecret\tradius-secret-1" in shown
    assert "uamsecret\tuam-secret-1" in shown
    assert "coaport\t3799" in shown
    assert "uamserver\thttp://127.0.0.1:8080/login" in shown


REFUSED = [
    ("branch add khorramabad --name-fa x --name-en x", "exists already"),
    ("branch add X! --name-fa x --name-en x", "is not a code"),
    ("branch add b --name-fa x --name-en x --time-zone Mars/B", "no time zone"),
    ("client add kh --network 10.0.0.0/8 --secret-file -", "'kh' exists already"),
    ("client add c --network 127.0.0.2 --secret-file -", "exists already"),
    ("client renew nobody --secret-file -", "there is no client 'nobody'"),
    ("nas add n --branch x --client kh --uam-network 10.0.0.0/8", "no branch 'x'"),
    (
        "nas add n --branch khorramabad --client x --uam-network 10.0.0.0/8",
        "no client 'x'",
    ),
    (
        "nas add kh-wifi --branch khorramabad --client kh --uam-network 10.0.0.0/8",
        "'kh-wifi' exists already",
    ),
    (
        "nas add n --branch khorramabad --client kh --uam-network 10.0.0.0/8 --profile x",
        "no profile 'x'",
    ),
    ("nas config x", "there is no access server 'x'"),
    ("plan add members --name-fa x --name-en x", "exists already"),
    ("plan change x", "there is no plan 'x'"),
    ("patron show 00099999", "nobody has this handle"),
    ("staff add desk.kh --name X --role administrator --password-file -", "taken"),
    ("staff add d --name X --role desk --password-file -", "a user name has"),
    ("staff add d2 --name X --role desk --password-file -", "needs --branch"),
    ("staff close nobody", "no such staff member"),
    ("session show 202611-1", "refused: not found"),
    ("session list --branch x", "there is no branch 'x'"),
    ("usage export --branch x", "there is no branch 'x'"),
    ("usage export --branch khorramabad --from 1405-13-01", "not a date"),
    ("keys create", "exists already"),
]


def test_a_refusal_is_one_line_and_exit_code_1(province: Installation) -> None:
    for command, reason in REFUSED:
        done = province.run(*command.split(), stdin="some secret words\n")

        assert done.exit_code == 1, (command, done.output)
        assert reason in done.stderr, command
        assert len(done.stderr.splitlines()) == 1, command


def test_a_patron_is_found_by_every_number_and_by_handle(
    province: Installation,
) -> None:
    by_card = province.ask("patron", "show", "00012345")

    assert by_card["seconds_left"] == 7200
    for who in ("0123456789", "+989121234567", by_card["patron"]):
        assert province.ask("patron", "show", who)["patron"] == by_card["patron"]


def test_a_grant_a_block_and_their_reasons(province: Installation) -> None:
    province.ask("patron", "grant", "00012345", "--time", "30m", "--reason", "study")
    assert province.ask("patron", "why", "00012345")["timeout"] == 9000

    province.ask("patron", "block", "00012345", "--for", "2d", "--note", "a note")
    blocked = province.ask("patron", "why", "00012345")
    assert (blocked["admitted"], blocked["reason"]) == (False, "blocked")

    province.ask("patron", "unblock", "00012345")
    assert province.ask("patron", "why", "00012345")["admitted"] is True


def test_a_block_until_a_day_means_the_patrons_midnight(
    province: Installation,
) -> None:
    today = datetime.now(UTC)
    day = f"{today.year + 1}-03-01"

    done = province.ask(
        "patron", "block", "00012345", "--until", day, "--note", "a note"
    )

    assert done["blocked_until"] == f"{today.year + 1}-02-28T20:30:00Z"


def test_a_changed_plan_is_a_new_version(province: Installation) -> None:
    changed = province.ask("plan", "change", "members", "--time-per-day", "3h")

    assert (changed["version"], changed["time_per_day"]) == (2, 10800)
    assert changed["data_per_day"] is None
    assert province.ask("patron", "show", "00012345")["seconds_left"] == 10800


def test_two_secrets_of_a_client_are_good_for_a_while(province: Installation) -> None:
    done = province.ask(
        "client", "renew", "kh", "--secret-file", "-", "--keep-old", "1h", stdin="new\n"
    )

    assert done["secrets"] == 2


def test_an_export_is_csv_and_audited(province: Installation, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"

    done = province.ask(
        "usage", "export", "--branch", "khorramabad", "--output", str(file)
    )

    assert done["octets"] == file.stat().st_size
    assert file.read_text("utf-8-sig").startswith("branch,access_server,session,")


def test_every_act_is_in_a_chain_that_shows_tampering(province: Installation) -> None:
    whole = province.ask("audit", "verify")
    assert whole["whole"] is True
    assert whole["entries"] >= 6

    store = open_store(province.environment["PORTAL_DATABASE_URL"])
    with store.write() as uow:
        uow.connection.execute(
            text("UPDATE audit_entry SET actor = 'cli:1' WHERE seq = 2")
        )
    store.dispose()
    done = province.run("audit", "verify", "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"whole": False, "entry": 2, "why": "altered"}


def test_a_rotation_leaves_nothing_under_the_old_key(
    province: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.cli.keys.RELOAD_AFTER", 0.0)

    rotated = province.ask("keys", "rotate")
    again = province.ask("keys", "reseal")

    assert rotated["current"] == 2
    # Client secret, UAM secret, three numbers of the patron; the chain has no notes yet.
    assert rotated["renewed"] == 5
    assert again == {"renewed": 0, "unchanged": 5}
    assert province.ask("patron", "show", "0123456789")["card_last4"] == "2345"
    assert province.ask("audit", "verify")["whole"] is True
    keys = province.ask("keys", "list")
    assert keys == [{"key": 2, "current": True}, {"key": 1, "current": False}]


def test_the_doctor_finds_what_the_ring_does_not_open(province: Installation) -> None:
    ring = province.folder / "var" / "keyring"
    ring.rename(ring.with_name("lost"))
    province.ask("keys", "create")

    done = province.run("doctor", "--json")

    findings = {each["matter"]: each for each in json.loads(done.stdout)}
    assert done.exit_code == 1
    assert findings["secrets"]["grade"] == "fault"
    assert "5 stored" in findings["secrets"]["finding"]
    assert findings["schema"]["grade"] == "ok"
    assert findings["durability"]["grade"] == "ok"
    assert findings["nas kh-wifi"] == {
        "matter": "nas kh-wifi",
        "grade": "warning",
        "finding": "never heard",
    }


def test_the_doctor_shows_the_test_clock(province: Installation) -> None:
    shifted = Installation(
        province.environment
        | {"PORTAL_TEST": "1", "PORTAL_TEST_CLOCK_OFFSET": "86400"},
        province.folder,
    )

    findings = {each["matter"]: each for each in shifted.ask("doctor")}

    assert findings["clock"]["grade"] == "warning"
    assert "+86400 s" in findings["clock"]["finding"]
