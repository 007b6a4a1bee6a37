import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.model.mac import MacAddress


@pytest.mark.parametrize(
    "text",
    [
        "aa:bb:cc:dd:ee:0f",
        "AA:BB:CC:DD:EE:0F",
        "AA-BB-CC-DD-EE-0F",
        "aabb.ccdd.ee0f",
        "aabbccddee0f",
        "aabbcc-ddee0f",
        " AA-BB-CC-DD-EE-۰F ",
    ],
)
def test_every_notation_is_one_address(text: str) -> None:
    assert MacAddress.parse(text) == MacAddress(bytes.fromhex("aabbccddee0f"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aa:bb:cc:dd:ee",
        "aa:bb:cc:dd:ee:ff:00",
        "AA-BB-CC-DD-EE-FF:Library",
        "aa bb cc dd ",
        "gg:bb:cc:dd:ee:ff",
        "aa:bb:cc:dd:ee:f²",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a MAC address"):
        MacAddress.parse(text)


def test_an_address_has_six_octets() -> None:
    with pytest.raises(ValueError, match="six octets"):
        MacAddress(b"\x00" * 5)


def test_an_address_is_written_for_radius_and_for_people() -> None:
    address = MacAddress(bytes.fromhex("bc24110a0b0c"))

    assert address.dashed == str(address) == "BC-24-11-0A-0B-0C"
    assert address.colon == "bc:24:11:0a:0b:0c"


@pytest.mark.parametrize("second_digit", "26AEae")
def test_an_address_that_a_phone_made_up_says_so(second_digit: str) -> None:
    assert MacAddress.parse(f"0{second_digit}0000000000").locally_administered


@pytest.mark.parametrize("second_digit", "048C15")
def test_an_address_of_a_maker_says_so(second_digit: str) -> None:
    assert not MacAddress.parse(f"0{second_digit}0000000000").locally_administered


@settings(deadline=None)
@given(st.binary(min_size=6, max_size=6))
def test_every_address_reads_back_from_what_it_writes(octets: bytes) -> None:
    address = MacAddress(octets)

    assert MacAddress.parse(address.dashed) == address
    assert MacAddress.parse(address.colon) == address
