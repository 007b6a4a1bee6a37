import io
from pathlib import Path

import click
import pytest

from portal.cli.arguments import BITS, DURATION, OCTETS, SECRET_FILE


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("7200", 7200),
        ("7200s", 7200),
        ("90m", 5400),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1d", 86400),
        ("1d2h3m4s", 93784),
        ("0", 0),
    ],
)
def test_a_duration_is_read_in_the_units_people_use(typed: str, seconds: int) -> None:
    assert DURATION.convert(typed, None, None) == seconds


@pytest.mark.parametrize(
    ("typed", "octets"),
    [
        ("1000", 1000),
        ("500MB", 500_000_000),
        ("2GB", 2_000_000_000),
        ("2GiB", 2 * 2**30),
        ("1.5 gb", 1_500_000_000),
        ("1KiB", 1024),
    ],
)
def test_data_is_read_in_decimal_and_binary_units(typed: str, octets: int) -> None:
    assert OCTETS.convert(typed, None, None) == octets


@pytest.mark.parametrize(
    ("typed", "bits"), [("8Mbit", 8_000_000), ("512k", 512_000), ("1Gbit", 10**9)]
)
def test_speed_is_read_in_bits_a_second(typed: str, bits: int) -> None:
    assert BITS.convert(typed, None, None) == bits


@pytest.mark.parametrize(
    "typed", ["", "2 hours", "h", "-1", "1h2d", "۲h x", "9" * 5000]
)
def test_what_is_no_duration_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="such as 2h"):
        DURATION.convert(typed, None, None)


@pytest.mark.parametrize("typed", ["36501d", "999999999999d", "99999999999h"])
def test_no_duration_is_longer_than_a_hundred_years(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="a hundred years"):
        DURATION.convert(typed, None, None)


@pytest.mark.parametrize(
    "typed", ["", "2 parsecs", "GB", "-5MB", "1e9", "9" * 400, "1." + "9" * 400]
)
def test_what_is_no_amount_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="such as 500MB"):
        OCTETS.convert(typed, None, None)


def test_a_secret_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("  käse und brot\r\nand a remark\n", encoding="utf-8")

    assert SECRET_FILE.convert(str(file), None, None) == "  käse und brot"


def test_two_secrets_from_stdin_are_a_line_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("one\ntwo\n"))

    taken = [SECRET_FILE.convert("-", None, None) for _ in range(2)]

    assert taken == ["one", "two"]


def test_an_empty_or_missing_secret_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")

    for file, reason in (
        (empty, "first line is empty"),
        (tmp_path / "none", "No such file"),
    ):
        with pytest.raises(click.BadParameter, match=reason):
            SECRET_FILE.convert(str(file), None, None)
