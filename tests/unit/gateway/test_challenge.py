import pytest

from portal.gateway.challenge import chap_password, mixed_challenge, reveal_password
from portal.radius.authenticator import chap_response

# Two worked examples: one watched on CoovaChilli, one of its documented arithmetic.
WATCHED = mixed_challenge(
    bytes.fromhex("6ce141a24874559b6e3d29393b0f3721"), b"lr-uam-secret"
)
PUBLISHED = mixed_challenge(
    bytes.fromhex("00112233445566778899aabbccddeeff"), b"uamsecret"
)


def test_the_challenge_is_mixed_with_the_secret() -> None:
    assert PUBLISHED.hex() == "5123f6c2e8e2f1326c60bc84bbcc1b7f"
    assert mixed_challenge(b"x" * 16, b"") == b"x" * 16


@pytest.mark.parametrize(
    ("mixed", "password", "response"),
    [
        (WATCHED, b"wonderland", "16985845530ce6aaa1004ceb7453bd9a"),
        (PUBLISHED, b"password", "ab0cbdef65d22859674ca2b56747b9d3"),
    ],
)
def test_a_chap_response_is_passed_on_with_its_ident(
    mixed: bytes, password: bytes, response: str
) -> None:
    assert chap_password(response, "") == chap_response(0, password, mixed)
    assert chap_password(response, "7") == b"\x07" + bytes.fromhex(response)


@pytest.mark.parametrize(
    ("challenge", "secret", "hidden", "clear"),
    [
        (
            "decd33192bd5101806480cbd0f557671",
            b"lr-uam-secret",
            "461ed3f9b3865e975648",
            b"wonderland",
        ),
        (
            "00112233445566778899aabbccddeeff",
            b"uamsecret",
            "214285b19f8d8356",
            b"password",
        ),
    ],
)
def test_a_pap_password_comes_out_of_the_key_stream(
    challenge: str, secret: bytes, hidden: str, clear: bytes
) -> None:
    mixed = mixed_challenge(bytes.fromhex(challenge), secret)

    assert reveal_password(hidden, mixed) == clear


def test_a_password_longer_than_the_challenge_uses_it_again() -> None:
    mixed = bytes(range(16))
    hidden = bytes(mixed[n % 16] ^ 0x41 for n in range(40)).hex()

    assert reveal_password(hidden, mixed) == b"A" * 40


@pytest.mark.parametrize("hidden", ["", "0", "zz", "00 11", "00" * 129, "٠٠"])
def test_what_is_no_hidden_password_is_refused(hidden: str) -> None:
    assert reveal_password(hidden, bytes(16)) is None


@pytest.mark.parametrize(
    ("response", "ident"),
    [
        ("", ""),
        ("00" * 15, ""),
        ("00" * 17, ""),
        ("zz" * 16, ""),
        (" ".join(["00"] * 16), ""),
        ("00" * 16, "256"),
        ("00" * 16, "-1"),
        ("00" * 16, "x"),
    ],
)
def test_what_is_no_chap_response_is_refused(response: str, ident: str) -> None:
    assert chap_password(response, ident) is None
