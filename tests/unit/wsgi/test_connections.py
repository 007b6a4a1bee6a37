import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.wsgi.connections import end_of, refusal

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("arrived", "ends"),
    [
        (b"", None),
        (b"GET / HT", None),
        (GET[:-2], None),
        (GET, len(GET)),
        (GET + GET, len(GET)),
        (POST, len(POST) + 5),
        (POST.replace(b"Content-Length:", b"content-length :"), len(POST) + 1),
        (POST.replace(b"Length: 5", b"LENGTH:\t5 "), len(POST) + 6),
        (POST.replace(b"5", b"-5"), len(POST) + 1),
        (POST.replace(b"5", b"9" * 12), len(POST) + 11 + 10**12 - 1),
        (CHUNKED, None),
        (CHUNKED + b"2\r\nab\r\n", None),
        (CHUNKED + b"0\r\n\r\n", len(CHUNKED) + 5),
        (CHUNKED + b"2\r\nab\r\n0\r\n\r\nmore", len(CHUNKED) + 12),
        (b"rubbish\r\n\r\n", 11),
    ],
)
def test_where_a_request_ends_is_known_as_soon_as_it_can_be(
    arrived: bytes, ends: int | None
) -> None:
    assert end_of(arrived) == ends


@given(st.sampled_from([GET, POST + b"a=b&c", CHUNKED + b"1\r\na\r\n0\r\n\r\n"]))
def test_no_part_of_a_request_is_taken_for_the_whole(request: bytes) -> None:
    ends = {end_of(request[:length]) for length in range(len(request))}

    assert ends <= {None, len(request)}


@pytest.mark.parametrize("status", [400, 413, 414, 431, 500])
def test_what_cannot_be_read_is_answered_in_both_languages(status: int) -> None:
    head, _, page = refusal(status).partition(b"\r\n\r\n")

    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert f"Content-Length: {len(page)}".encode() in head
    assert b"Cache-Control: no-store" in head
    assert b"Content-Security-Policy: default-src 'none'" in head
    assert "دوباره" in page.decode()
    assert "again" in page.decode()
