"""Every page a patron can see, by name, at an address that a browser can open."""

import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from portal.gateway.redirect import Result
from tests.stack.branch import Branch
from tests.stack.library import LAPTOP, Chilli, Library

STATIC = ("help", "privacy", "terms", "resources", "account")
_STATE = re.compile(r'name="state" value="([^"]+)"')


class Patron:
    """Fills in forms so that each page is reached once."""

    def __init__(self, chilli: Chilli, language: str) -> None:
        self.chilli, self.language = chilli, language
        self.client = chilli.library.app.test_client()

    def arrive(self) -> str:
        """A fresh form in the language; its state."""
        self.chilli.new_challenge()
        self.chilli.number += 1
        form = self._get(self.chilli.not_yet())
        return _state(self._get(f"/login?{self._asking(_state(form))}"))

    def sign_in(self, state: str, number: str, pin: str) -> str:
        """Where the answer leads."""
        fields = {"state": state, "number": number, "pin": pin}
        return str(self.client.post("/login", data=fields).headers["Location"])

    def go_online(self, number: str, pin: str) -> str:
        """The address of the status page."""
        logon = self.sign_in(self.arrive(), number, pin)
        back = self.chilli.logon(logon)
        return str(self.client.get(_path(back)).headers["Location"])

    def _get(self, url: str) -> str:
        return self.client.get(_path(url)).text

    def _asking(self, state: str) -> str:
        return urlencode({"state": state, "lang": self.language})


def addresses(branch: Branch, language: str) -> Mapping[str, str]:
    """Names and addresses; those of one call stay good until the next."""
    library, chilli = branch.library, branch.chilli
    card = {"fa": "0001112222", "en": "0003334444"}[language]
    patron = Patron(chilli, language)
    laptop = library.access_server(LAPTOP, "127.1.0.2")
    laptop.challenge = {"fa": bytes(16), "en": bytes([1] * 16)}[language]
    laptop.number = {"fa": 100, "en": 200}[language]
    other = Patron(laptop, language)
    chilli.logoff()
    chilli.user_url = "http://news.example/today"
    pages = {"start": f"/?lang={language}"}
    pages |= {name: f"/{name}?lang={language}" for name in STATIC}
    state = patron.arrive()
    pages["sign-in"] = f"/login?{urlencode({'state': state})}"
    pages["empty"] = patron.sign_in(state, "", "")
    pages["wrong"] = patron.sign_in(state, card, "1")
    pages["which-card"] = patron.sign_in(state, "09121234567", "1111")
    pages["time-used"] = patron.sign_in(state, "5555", "2222")
    pages["blocked"] = patron.sign_in(state, "6666", "2222")
    for _ in range(5):
        patron.sign_in(state, "777", "1")
    pages["wait"] = patron.sign_in(state, "777", "1")
    pages["forged"] = f"{_path(chilli.not_yet())}x&lang={language}"
    pages["refused"] = chilli.redirect(
        Result.FAILED, failure="reject", challenge=chilli.challenge
    )
    pages["unlimited"] = other.go_online("8888", "3333")
    pages["ended"] = patron.go_online(card, "1111")
    chilli.use(seconds=0, down=320_000_000, up=12_000_000)
    pages["signed-out"] = chilli.logoff()
    pages["status"] = patron.go_online(card, "1111")
    return {name: _full(library, url) for name, url in pages.items()}


def furnish(library: Library) -> None:
    """The people whose pages are shown."""
    world = library.world
    family = world.add_plan(time=3600, data=10**9, devices=2)
    for card in ("0001112222", "0003334444"):
        library.add_member("1111", card=card, phone="09121234567", plan=family)
    library.add_member("2222", card="5555", plan=world.add_plan(time=0))
    blocked = library.add_member("2222", card="6666")
    library.change_patron(blocked, blocked_until=world.clock() + timedelta(days=3))
    library.add_member("3333", card="8888", plan=world.add_plan())


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3] if url.startswith("http") else url


def _full(library: Library, url: str) -> str:
    return url if url.startswith("http") else f"{library.public_url}{url}"


def _state(html: str) -> str:
    found = _STATE.search(html)
    assert found is not None, html
    return found[1]
