"""Every file is small, finished, and names no place but the project's own."""

import re
from ipaddress import ip_address

import pytest

from tests.repo import tree

LONGEST_MODULE = 400  # lines
LARGEST_FILE = 300_000  # bytes

# Written apart so that this file does not find itself.
LEFTOVERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK|W" r"IP|T" r"BD)\b")
CONFLICTS = re.compile(r"^(<{7}|>{7}|={7})( |$)", re.MULTILINE)
DRAWERS = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)")
A_PERSONS_FOLDER = re.compile(r"(?<![\w.])/(home|Users)/[a-z]\w*|(?<![\w.])/root/")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}")
ADDRESS = re.compile(r"\b(?:https?|wss?|ftp)://([^\s/:?#\"'`<>()\[\]{}|\\,;]+)")

# Standards, name spaces and licences; nothing that a page or an install would fetch.
KNOWN_HOSTS = {
    "keepachangelog.com",
    "openfontlicense.org",
    "semver.org",
    "www.apache.org",
    "www.iana.org",
    "www.rfc-editor.org",
    "www.w3.org",
    "www.wballiance.net",
}
# RFC 2606 and RFC 6761: names that belong to nobody.
NOBODYS = re.compile(r"(^|\.)(example(\.(com|net|org))?|test|invalid|localhost|arpa)$")


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        tree.name(path): lines
        for path in tree.modules()
        if (lines := len(path.read_text().splitlines())) > LONGEST_MODULE
    }

    assert long == {}


def test_no_file_is_large() -> None:
    large = {
        tree.name(path): size
        for path in tree.files()
        if (size := path.stat().st_size) > LARGEST_FILE
    }

    assert large == {}


def test_no_module_is_a_drawer() -> None:
    drawers = [tree.name(path) for path in tree.modules() if DRAWERS.search(path.stem)]

    assert drawers == []


@pytest.mark.parametrize(
    "pattern",
    [LEFTOVERS, CONFLICTS, A_PERSONS_FOLDER],
    ids=["leftover", "conflict", "folder"],
)
def test_nothing_unfinished_or_private_is_left(pattern: re.Pattern[str]) -> None:
    this = tree.name(tree.ROOT / "tests/repo/test_files.py")
    found = [
        f"{name}: {match.group().strip()}"
        for name, text in tree.texts().items()
        if name != this and not name.endswith(".lock")
        for match in pattern.finditer(text)
    ]

    assert found == []


def test_no_key_lies_about() -> None:
    found = [name for name, text in tree.texts().items() if PRIVATE_KEY.search(text)]

    assert found == []


def test_every_address_is_reserved_or_a_standards() -> None:
    strange = sorted(
        {
            f"{name}: {host}"
            for name, text in tree.texts().items()
            for host in ADDRESS.findall(text)
            if not is_known(host)
        }
    )

    assert strange == []


def is_known(host: str) -> bool:
    host = host.rpartition("@")[2].rstrip(".").lower()
    if host in KNOWN_HOSTS or NOBODYS.search(host) or "." not in host:
        return True
    try:
        # Loopback, RFC 1918 and RFC 5737 are all "private" to Python.
        return ip_address(host).is_private
    except ValueError:
        # A placeholder is no address: `%s`, `$host`, `portal.{branch}`.
        return not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host)
