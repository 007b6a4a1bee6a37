import hmac
from functools import partial
from hashlib import md5 as plain_md5

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.radius.secret import SharedSecret

md5 = partial(plain_md5, usedforsecurity=False)


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=300))
@example(b"k" * 64, b"octets")
@example(b"k" * 65, b"octets")
@settings(max_examples=100, deadline=None)
def test_the_sums_are_those_of_the_rfcs(value: bytes, octets: bytes) -> None:
    secret = SharedSecret(value)

    assert secret.hmac(octets) == hmac.digest(value, octets, "md5")
    assert secret.authenticator(octets) == md5(octets + value).digest()
    assert secret.keystream(octets) == md5(value + octets).digest()


def test_one_secret_signs_many_packets() -> None:
    secret = SharedSecret(b"xyzzy5461")

    first = secret.hmac(b"packet")
    secret.hmac(b"another")

    assert secret.hmac(b"packet") == first


def test_a_secret_does_not_print() -> None:
    secret = SharedSecret(b"xyzzy5461")

    assert "xyzzy5461" not in f"{secret} {secret!r}"
    assert not hasattr(secret, "__dict__")


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        SharedSecret(b"")
