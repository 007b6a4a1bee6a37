"""The whole recorded conversation is held again with our UAM server."""

import asyncio
import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from portal.gateway.access_server import AccessServer
from portal.gateway.challenge import mixed_challenge
from portal.gateway.device import Device
from portal.gateway.http import Response, parse_request
from portal.gateway.quirks import CHILLI_1_6, CHILLI_1_9, Quirks
from portal.gateway.sim.traffic import Traffic
from portal.gateway.uam import UamServer
from portal.model.mac import MacAddress
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor, Wispr
from portal.radius.authenticator import chap_response
from portal.radius.codes import Code
from portal.radius.values import attribute, encode_integer, vsa
from tests.unit.gateway.exchanges import Exchange, read
from tests.unit.gateway.fakes import (
    FakeClock,
    FakeRadiusClient,
    nas_options,
    reply,
    seconds,
)
from tests.vectors.pcap import UAM_SECRET

ACCEPTS = {
    "alice": [
        seconds(AttributeType.SESSION_TIMEOUT, 3600),
        seconds(AttributeType.IDLE_TIMEOUT, 600),
        vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_INPUT_OCTETS, encode_integer(705032704)),
        vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_INPUT_GIGAWORDS, encode_integer(1)),
        vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_OUTPUT_OCTETS, encode_integer(10**9)),
        vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_OCTETS, encode_integer(1705032704)),
        vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_GIGAWORDS, encode_integer(1)),
        attribute(AttributeType.REPLY_MESSAGE, b"Welcome Alice"),
    ],
    "bob": [
        seconds(AttributeType.SESSION_TIMEOUT, 1800),
        vsa(
            Vendor.WISPR,
            Wispr.SESSION_TERMINATE_TIME,
            b"2030-01-01T00:00:00+00:00",
        ),
    ],
    "quota": [
        vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_OCTETS, encode_integer(2_000_000))
    ],
}
COA = [
    attribute(AttributeType.USER_NAME, b"alice"),
    vsa(Vendor.WISPR, Wispr.BANDWIDTH_MAX_DOWN, encode_integer(8_000_000)),
]
# (patron, NAS-Port, address) of the captures.
DEVICES = {
    "02-4C-52-00-00-01": (1, "10.91.0.2"),
    "02-4C-52-00-00-02": (2, "10.91.0.3"),
    "02-4C-52-00-00-05": (6, "10.91.0.7"),
}
CHANGING = {"challenge", "sessionid", "md", "starttime", "sessiontime", "timeleft"}


class Conversation:
    """A branch like the recorded one, asked what it was asked."""

    def __init__(self, quirks: Quirks) -> None:
        self.clock = FakeClock()
        self.radius = FakeRadiusClient(
            passwords={"alice": b"wonderland", "bob": b"pw", "quota": b"pw"},
            accepts=dict(ACCEPTS),
            reject_message="Card number or PIN not known",
        )
        self.server = AccessServer(nas_options(quirks), self.clock, self.radius)
        self.uam = UamServer(self.server)
        self.devices = {
            mac: Device(
                number=number,
                mac=MacAddress.parse(mac),
                address=address,
                uam_address="10.91.0.1",
                meter=Traffic(),
            )
            for mac, (number, address) in DEVICES.items()
        }
        for device in self.devices.values():
            self.server.attach(device)

    def hold(self, exchange: Exchange) -> Response | None:
        self.clock.turn(1)
        device = self.devices[exchange.patron]
        self._before(exchange, device)
        line = f"GET {self._target(exchange, device)} HTTP/1.1"
        request = parse_request(line, {"host": exchange.host}, b"")
        return asyncio.run(self.uam.answer(request, device))

    def _before(self, exchange: Exchange, device: Device) -> None:
        session = device.session
        if exchange.number == 22:
            change = [*COA, seconds(AttributeType.SESSION_TIMEOUT, 900)]
            assert session is not None
            self.server.change(session, reply(Code.COA_REQUEST, change))
        elif exchange.number == 23:
            self.sign_in_again(device)
        elif exchange.number == 24:
            assert session is not None
            self.server.change(session, reply(Code.COA_REQUEST, COA))
        elif exchange.number == 20:
            # Its own first request is not among the recorded ones.
            device.met = True
        elif exchange.number == 16:
            self.server.devices[1].meter = Traffic()
            self.server.devices[1].meter.add(2_083_892, 211_906)

    def sign_in_again(self, device: Device) -> None:
        for target in (
            "/logoff",
            "http://198.51.100.10/start",
            "/logon?username=alice",
        ):
            asked = Exchange(0, "", device.mac.dashed, target=target)
            if "logon" in target:
                asked.target += "&response=00"
                asked.password = "wonderland"
            path = self._target(asked, device)
            request = parse_request(f"GET {path} HTTP/1.1", {}, b"")
            asyncio.run(self.uam.answer(request, device))

    def _target(self, exchange: Exchange, device: Device) -> str:
        if not exchange.password:
            return exchange.target
        path, _, query = exchange.target.partition("?")
        fields = dict(parse_qsl(query))
        secret = exchange.password.encode()
        mixed = mixed_challenge(device.challenge or b"", UAM_SECRET)
        if "response" in fields:
            fields["response"] = chap_response(0, secret, mixed)[1:].hex()
        else:
            hidden = bytes(a ^ b for a, b in zip(secret, mixed, strict=False))
            fields["password"] = hidden.hex()
        return f"{path}?" + "&".join(f"{name}={v}" for name, v in fields.items())


def query(location: str) -> list[tuple[str, str]]:
    return parse_qsl(location.partition("?")[2], keep_blank_values=True)


def constant(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, "" if name in CHANGING else value) for name, value in fields]


def shape(body: str) -> Any:
    """The JSON without what differs from run to run; the order of keys counts."""
    answer = json.loads(body)
    for changing in ("challenge",):
        if changing in answer:
            answer[changing] = len(answer[changing])
    if "session" in answer:
        answer["session"]["sessionId"] = len(answer["session"]["sessionId"])
        answer["session"]["startTime"] = 0
        answer["accounting"] = list(answer["accounting"])
    return json.dumps(answer)


@pytest.mark.parametrize(
    ("version", "quirks"), [("1.9", CHILLI_1_9), ("1.6", CHILLI_1_6)]
)
def test_every_recorded_exchange_comes_out_the_same(
    version: str, quirks: Quirks
) -> None:
    conversation = Conversation(quirks)

    for exchange in read(version):
        response = conversation.hold(exchange)

        what = f"{exchange.number} {exchange.title}"
        if not exchange.status:
            assert response is None, what
            continue
        assert response is not None, what
        assert response.status == exchange.status, what
        headers = dict(response.headers)
        assert list(headers) == list(exchange.headers), what
        assert headers["Content-Type"] == exchange.headers["Content-Type"], what
        if exchange.location:
            location = headers["Location"]
            assert constant(query(location)) == constant(query(exchange.location)), what
            signed, _, md = location.partition("&md=")
            digest = hashlib.md5(
                signed.encode() + UAM_SECRET, usedforsecurity=False
            ).hexdigest()
            assert md == digest.upper(), what
        else:
            assert shape(response.body.decode()) == shape(exchange.body), what


def sessions_and_challenges(version: str) -> list[tuple[str, str, str]]:
    """Patron, session id and challenge of each redirect: which of them stay alike."""
    fields = [
        (exchange.patron, dict(query(exchange.location)))
        for exchange in read(version)
        if exchange.location
    ]
    return [(p, f["sessionid"], f.get("challenge", "")) for p, f in fields]


def pattern(values: list[str]) -> list[int]:
    return [values.index(value) for value in values]


@pytest.mark.parametrize(
    ("version", "quirks"), [("1.9", CHILLI_1_9), ("1.6", CHILLI_1_6)]
)
def test_session_ids_and_challenges_change_when_the_recorded_ones_did(
    version: str, quirks: Quirks
) -> None:
    conversation = Conversation(quirks)
    recorded = sessions_and_challenges(version)

    held = []
    for exchange in read(version):
        response = conversation.hold(exchange)
        if exchange.location and response is not None:
            fields = dict(query(dict(response.headers)["Location"]))
            held.append(
                (exchange.patron, fields["sessionid"], fields.get("challenge", ""))
            )

    assert pattern([each[1] for each in held]) == pattern([r[1] for r in recorded])
    assert pattern([each[2] for each in held]) == pattern([r[2] for r in recorded])


def test_the_requests_that_radius_gets_prove_the_password() -> None:
    conversation = Conversation(CHILLI_1_9)

    for exchange in read("1.9")[:11]:
        conversation.hold(exchange)

    names = [
        packet.get(AttributeType.USER_NAME) for packet in conversation.radius.requests
    ]
    assert names == [b"alice", b"mallory", b"mallory", b"bob"]
