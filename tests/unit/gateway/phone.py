"""A browser behind the access server, without a socket."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlencode

from portal.gateway.challenge import mixed_challenge
from portal.gateway.http import Response, parse_request
from portal.gateway.quirks import CHILLI_1_9, Quirks
from portal.gateway.uam import UamServer
from portal.radius.authenticator import chap_response
from tests.unit.gateway.fakes import Branch


class Phone:
    """A browser of the branch's one device."""

    def __init__(self, branch: Branch) -> None:
        self.branch = branch
        self.uam = UamServer(branch.server)

    def get(
        self, target: str, host: str = "10.91.0.1:3990", **fields: str
    ) -> Response | None:
        query = f"?{urlencode(fields)}" if fields else ""
        request = parse_request(f"GET {target}{query} HTTP/1.1", {"host": host}, b"")
        return asyncio.run(self.uam.answer(request, self.branch.device))

    def browse(self, target: str = "/book") -> Response | None:
        return self.get(target, "198.51.100.10")

    def sign_in(
        self, name: str = "alice", password: bytes = b"pw", target: str = "/logon"
    ) -> Response | None:
        challenge = self.branch.device.challenge or bytes(16)
        mixed = mixed_challenge(challenge, self.branch.server.options.uam_secret)
        response = chap_response(0, password, mixed)[1:].hex()
        return self.get(target, username=name, response=response)


def phone(quirks: Quirks = CHILLI_1_9, **options: Any) -> Phone:
    found = Phone(Branch(quirks, **options))
    found.browse("/")
    return found


def fields(response: Response | None) -> dict[str, str]:
    assert response is not None
    query = dict(response.headers)["Location"].partition("?")[2]
    return {name: found[0] for name, found in parse_qs(query, True).items()}


def answer(response: Response | None) -> dict[str, Any]:
    assert response is not None
    found: dict[str, Any] = json.loads(response.body)
    return found
