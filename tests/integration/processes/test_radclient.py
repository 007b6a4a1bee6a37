"""radclient, FreeRADIUS's own client, is served whatever it can be told to send."""

from pathlib import Path

import pytest

from portal.model.session import SessionState
from portal.model.usage import Usage
from portal.service.admission import Minted
from tests.conftest import need
from tests.stack import radclient as radclients
from tests.stack.daemon import Radiusd
from tests.stack.province import Province, secret_of
from tests.stack.radclient import Radclient, lines

pytestmark = pytest.mark.freeradius

PHONE = "02-4C-52-00-00-01"
SIGNED = "Message-Authenticator = 0x00"
WHO = lines(NAS_Identifier="branch-1", Calling_Station_Id=PHONE, Acct_Session_Id="s1")
TOP = 0xFFFFFFFF
ON, OFF = (f"{WHO}\nAcct-Status-Type = Accounting-{which}" for which in ("On", "Off"))


@pytest.fixture
def radclient(tmp_path: Path) -> Radclient:
    """Give a radclient at the first branch's address, with its secret."""
    need(radclients.missing())
    return Radclient.with_secret(secret_of("branch-1"), tmp_path, "127.0.0.2")


@pytest.fixture
def daemon(sqlite_province: Province) -> Radiusd:
    return sqlite_province.radiusd()


@pytest.fixture
def ticket(sqlite_province: Province) -> Minted:
    plan = sqlite_province.add_plan(time=3600, data=1_000_000)
    return sqlite_province.ticket(sqlite_province.add_patron(plan), PHONE)


def proof(kind: str, ticket: Minted, password: str | None = None) -> str:
    """The lines that sign in: `kind` is User-Password or CHAP-Password."""
    words = password or ticket.password
    return f'{WHO}\nUser-Name = "{ticket.grant_id}"\n{kind} = "{words}"'


@pytest.mark.parametrize("kind", ["User-Password", "CHAP-Password"])
def test_a_ticket_signs_in_and_a_wrong_password_does_not(
    daemon: Radiusd, ticket: Minted, radclient: Radclient, kind: str
) -> None:
    attributes = f"{proof(kind, ticket)}\n{SIGNED}"
    wrong = f"{proof(kind, ticket, 'an open sesame')}\n{SIGNED}"

    [rejected] = radclient.send("auth", daemon.auth, wrong)
    [accepted] = radclient.send("auth", daemon.auth, attributes)

    assert rejected.code == "Access-Reject"
    assert accepted.code == "Access-Accept"
    assert next(iter(accepted.attributes)) == "Message-Authenticator"
    assert accepted.attributes["Session-Timeout"] == ["3600"]
    assert accepted.attributes["Acct-Interim-Interval"] == ["60"]
    assert accepted.attributes["ChilliSpot-Max-Total-Octets"] == ["1000000"]
    assert len(accepted.attributes["Class"]) == 1


def test_a_session_is_booked_once_however_often_it_is_told(
    sqlite_province: Province, daemon: Radiusd, ticket: Minted, radclient: Radclient
) -> None:
    province = sqlite_province
    signed_in = f"{proof('CHAP-Password', ticket)}\n{SIGNED}"
    [accepted] = radclient.send("auth", daemon.auth, signed_in)
    [class_value] = accepted.attributes["Class"]
    session = f"{WHO}\nClass = {class_value}\n"
    at = int(province.now.timestamp())
    records = [
        f"{session}{told}\nEvent-Timestamp = {at + seconds}"
        for seconds, told in (
            (0, "Acct-Status-Type = Start"),
            (120, counted("Interim-Update", 120, down=1 << 32, up=400)),
            (240, counted("Stop", 240, down=2 << 32, up=500)),
        )
    ]

    # A count of three is three identifiers: each record is told three times.
    replies = [
        reply
        for record in records
        for reply in radclient.send("acct", daemon.acct, record, options=("-c", "3"))
    ]

    assert [reply.code for reply in replies] == ["Accounting-Response"] * 9
    [told] = province.sessions()
    assert told.state is SessionState.STOPPED
    assert told.usage == Usage(240, 2 << 32, 500)
    assert len(province.rows("accounting_record", "received_at")) == 3
    [booked] = province.rows("usage_day", "day")
    assert (booked.session_time, booked.downloaded) == (240, 2 << 32)


def counted(status: str, seconds: int, *, down: int, up: int) -> str:
    """CoovaChilli's Input is the download."""
    return lines(
        Acct_Status_Type=status,
        Acct_Session_Time=seconds,
        Acct_Input_Octets=down & 0xFFFFFFFF,
        Acct_Input_Gigawords=down >> 32,
        Acct_Output_Octets=up,
    )


def test_status_is_told_at_both_ports_and_only_to_who_signs(
    daemon: Radiusd, radclient: Radclient
) -> None:
    at_auth = radclient.send("status", daemon.auth, SIGNED)
    at_acct = radclient.send("status", daemon.acct, SIGNED)
    unsigned = radclient.send(
        "status", daemon.auth, "NAS-Port = 1", tries=1, patience=0.3
    )

    assert [reply.code for reply in at_auth] == ["Access-Accept"]
    assert [reply.code for reply in at_acct] == ["Accounting-Response"]
    for [reply] in (at_auth, at_acct):
        assert next(iter(reply.attributes)) == "Message-Authenticator"
    assert unsigned == []


def test_one_file_may_hold_requests_of_every_kind(
    daemon: Radiusd, ticket: Minted, radclient: Radclient
) -> None:
    """The command `auto`: kind and port stand in each packet's text."""
    auth, acct = (
        f"Packet-Dst-Port = {port}\nPacket-Type ="
        for port in (daemon.auth_port, daemon.acct_port)
    )

    replies = radclient.send(
        "auto",
        daemon.auth,
        f"{auth} Access-Request\n{proof('User-Password', ticket)}\n{SIGNED}",
        f"{auth} Status-Server\n{SIGNED}",
        f"{acct} Accounting-Request\n{ON}",
        f"{acct} Status-Server\n{SIGNED}",
    )

    codes = sorted(reply.code for reply in replies)
    assert codes == ["Access-Accept"] * 2 + ["Accounting-Response"] * 2


def test_ipv6_is_served_as_well(
    sqlite_province: Province, ticket: Minted, tmp_path: Path
) -> None:
    need(radclients.missing())
    province = sqlite_province
    province.add_client("by-ipv6", "::1")
    province.add_nas("branch-6", branch="b1", address="127.0.0.7", client="by-ipv6")
    daemon = province.radiusd(PORTAL_RADIUS_BIND="::1")
    radclient = Radclient.with_secret(secret_of("by-ipv6"), tmp_path, "::1")
    who = WHO.replace("branch-1", "branch-6")

    [elsewhere] = radclient.send(
        "auth",
        ("::1", daemon.auth_port),
        f"{proof('User-Password', ticket).replace(WHO, who)}\n{SIGNED}",
    )
    [told] = radclient.send("acct", ("::1", daemon.acct_port), ON.replace(WHO, who))

    # The ticket is the first branch's.
    assert elsewhere.code == "Access-Reject"
    assert told.code == "Accounting-Response"


def test_what_deserves_silence_gets_it_and_is_counted_by_its_reason(
    daemon: Radiusd, ticket: Minted, radclient: Radclient, tmp_path: Path
) -> None:
    pap = proof("User-Password", ticket)
    start = "Acct-Status-Type = Start"
    malformed = {
        # Both passwords: RFC 2865 section 4.1.
        "auth": [f"{pap}\nCHAP-Password = 0x00{'ff' * 16}"],
        # No session, no status, integers of one and of five octets.
        "acct": [
            f'NAS-Identifier = "branch-1"\n{start}',
            WHO,
            f"{WHO}\n{start}\nAttr-46 = 0x01",
            f"{WHO}\n{start}\nAttr-42 = 0x0000000001",
        ],
    }
    stranger = Radclient.with_secret(b"not that of the branch", tmp_path, "127.0.0.3")

    replies = [
        *radclient.send(
            "auth", daemon.auth, *signed(malformed["auth"]), tries=1, patience=0.2
        ),
        *radclient.send("acct", daemon.acct, *malformed["acct"], tries=1, patience=0.2),
        *radclient.send("auth", daemon.auth, pap, tries=1, patience=0.2),
        *radclient.send("acct", daemon.auth, ON, tries=1, patience=0.2),
        *radclient.send("auth", daemon.acct, *signed([pap]), tries=1, patience=0.2),
        *radclient.send("coa", daemon.auth, WHO, tries=1, patience=0.2),
        *radclient.send("disconnect", daemon.acct, WHO, tries=1, patience=0.2),
        *stranger.send("auth", daemon.auth, *signed([pap]), tries=1, patience=0.2),
        *stranger.send("acct", daemon.acct, ON, tries=1, patience=0.2),
        *radclient.send(
            "acct",
            daemon.acct,
            ON.replace("branch-1", "branch-9"),
            tries=1,
            patience=0.2,
        ),
    ]

    assert replies == []
    assert daemon.counts("dropped") == {
        ("malformed", "auth"): 1,
        ("malformed", "acct"): 4,
        ("no_message_authenticator", "auth"): 1,
        ("wrong_code", "auth"): 2,
        ("wrong_code", "acct"): 2,
        ("false_message_authenticator", "auth"): 1,
        ("false_authenticator", "acct"): 1,
        ("unknown_nas", "acct"): 1,
    }
    [accepted] = radclient.send("auth", daemon.auth, f"{pap}\n{SIGNED}")
    assert accepted.code == "Access-Accept"


def test_odd_but_honest_requests_are_answered(
    sqlite_province: Province, daemon: Radiusd, radclient: Radclient
) -> None:
    name = 'User-Name = "somebody"'
    odd_sign_ins = [
        # No password at all, MS-CHAP, EAP, a password of 128 octets.
        f"{WHO}\n{name}",
        f"{WHO}\n{name}\nMS-CHAP-Challenge = 0x01\nMS-CHAP-Response = 0x{'00' * 50}",
        f"{WHO}\n{name}\nEAP-Message = 0x0201000501",
        f'{WHO}\n{name}\nUser-Password = "{"پ" * 64}"',
        # No user, one that is no text, one of an extended space (RFC 6929).
        f'{WHO}\nUser-Password = "x"',
        f'{WHO}\nAttr-1 = 0xff00fe\nUser-Password = "x"',
        f'{WHO}\n{name}\nUser-Password = "x"\nFrag-Status = 1\nAttr-26 = 0x0000',
        # As long as packets get.
        f'{WHO}\n{name}\nUser-Password = "x"' + f"\nReply-Message = {'x' * 240!r}" * 15,
    ]
    odd_records = [
        f"{WHO}\nAcct-Status-Type = 42",
        f"{ON}\n{SIGNED}",
        f"{OFF}\nAttr-26 = 0x00\nAttr-250 = 0x010203\nFrag-Status = 1",
        f"{WHO}\nAcct-Status-Type = Start\nAttr-1 = 0xff00fe\nClass = 0x00ff",
        f"{WHO}\n{counted('Stop', TOP, down=(TOP << 32) + TOP, up=TOP)}",
    ]

    rejects = radclient.send("auth", daemon.auth, *signed(odd_sign_ins))
    booked = radclient.send("acct", daemon.acct, *odd_records)

    assert [each.code for each in rejects] == ["Access-Reject"] * len(odd_sign_ins)
    assert [each.code for each in booked] == ["Accounting-Response"] * len(odd_records)
    assert sqlite_province.rows("quarantine", "id") == []


def signed(packets: list[str]) -> list[str]:
    return [f"{packet}\n{SIGNED}" for packet in packets]
