import pytest

from portal.radius import requests
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import (
    verify_accounting_request,
    verify_chap,
    verify_message_authenticator,
)
from portal.radius.packet import parse
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute

SECRET = SharedSecret(b"xyzzy5461")
AUTHENTICATOR = bytes(range(16))
NEMO = attribute(AttributeType.USER_NAME, b"nemo")


def test_message_authenticator_leads_an_access_request() -> None:
    sent = requests.access_request(3, AUTHENTICATOR, [NEMO], SECRET)

    assert sent[20:22] == b"\x50\x12"
    assert sent[38:] == NEMO
    assert verify_message_authenticator(parse(sent), SECRET) is True


def test_status_server_is_always_signed() -> None:
    sent = parse(requests.status_server(3, AUTHENTICATOR, SECRET))

    assert verify_message_authenticator(sent, SECRET) is True


def test_an_accounting_request_is_not_signed_but_its_authenticator_holds() -> None:
    sent = parse(requests.accounting_request(3, [NEMO], SECRET))

    assert verify_message_authenticator(sent, SECRET) is None
    assert verify_accounting_request(sent, SECRET)


def test_chap_sends_challenge_and_response() -> None:
    sent = requests.access_request(
        3, AUTHENTICATOR, [requests.chap_password(0, b"pw", b"challenge")], SECRET
    )

    assert verify_chap(parse(sent), b"pw")


@pytest.mark.parametrize("authenticator", [b"", bytes(15), bytes(17)])
def test_a_random_authenticator_has_16_octets(authenticator: bytes) -> None:
    with pytest.raises(ValueError, match="16 octets"):
        requests.access_request(3, authenticator, [NEMO], SECRET)
