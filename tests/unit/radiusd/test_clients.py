from datetime import timedelta
from ipaddress import ip_network

import pytest

from portal.radius.attributes import AttributeType as A
from portal.radius.packet import Packet, parse
from portal.radius.values import attribute, encode_address
from portal.radiusd.clients import EMPTY, Client, EstateReader
from portal.service.ports import StoreUnavailableError
from tests.unit.radiusd.province import (
    NOW,
    PROFILES,
    FakeStore,
    a_client,
    a_nas,
    a_secret,
    accounting_request,
    snapshot_of,
    text,
    unsealed,
)


def client_behind(*servers: object, **changes: object) -> Client:
    client = snapshot_of([a_client(**changes)], servers).client_at("192.0.2.2")  # type: ignore[arg-type]
    assert client is not None
    return client


def naming(identifier: str | None = None, address: str | None = None) -> Packet:
    attributes = []
    if identifier is not None:
        attributes.append(text(A.NAS_IDENTIFIER, identifier))
    if address is not None:
        number = A.NAS_IPV6_ADDRESS if ":" in address else A.NAS_IP_ADDRESS
        attributes.append(attribute(number, encode_address(address)))
    return parse(accounting_request(attributes=attributes))


def test_the_longest_prefix_that_holds_the_source_is_the_client() -> None:
    snapshot = snapshot_of(
        [
            a_client(id=1, network=ip_network("192.0.2.0/24")),
            a_client(id=2, network=ip_network("192.0.2.2/32")),
            a_client(id=3, network=ip_network("192.0.0.0/16")),
        ],
        [],
    )

    found = {
        source: snapshot.client_at(source)
        for source in ("192.0.2.2", "192.0.2.3", "192.0.9.1", "198.51.100.1")
    }

    assert {s: c and c.id for s, c in found.items()} == {
        "192.0.2.2": 2,
        "192.0.2.3": 1,
        "192.0.9.1": 3,
        "198.51.100.1": None,
    }


@pytest.mark.parametrize("source", ["::ffff:192.0.2.2", "2001:db8::7", "fe80::1%eth0"])
def test_ipv6_sources_find_their_client(source: str) -> None:
    snapshot = snapshot_of(
        [
            a_client(id=1, network=ip_network("192.0.2.0/24")),
            a_client(id=2, network=ip_network("2001:db8::/32")),
            a_client(id=3, network=ip_network("fe80::/10")),
        ],
        [],
    )

    assert snapshot.client_at(source) is not None


def test_any_number_of_strangers_is_asked_for_without_keeping_them_all() -> None:
    snapshot = snapshot_of()

    for number in range(10_000):
        snapshot.client_at(f"10.0.{number >> 8}.{number & 255}")

    assert len(snapshot._by_source) <= 4096
    assert snapshot.client_at("192.0.2.2") is not None


def test_the_identifier_names_the_nas_inside_its_client() -> None:
    client = client_behind(
        a_nas(id=1, identifier="branch-1", address=None),
        a_nas(id=2, identifier="branch-2", address=None),
        a_nas(id=3, identifier="branch-3", address=None, client_id=9),
    )

    named = {
        name: client.access_server(naming(name))
        for name in ("branch-1", "branch-2", "branch-3", "Branch-1")
    }

    assert {name: s and s.nas.id for name, s in named.items()} == {
        "branch-1": 1,
        "branch-2": 2,
        "branch-3": None,
        "Branch-1": None,
    }


@pytest.mark.parametrize("address", ["192.0.2.2", "2001:db8::2"])
def test_the_address_names_a_nas_that_gives_no_identifier(address: str) -> None:
    client = client_behind(a_nas(address=address))

    server = client.access_server(naming(address=address))

    assert server is not None
    assert server.nas.id == 11


def test_an_unknown_identifier_does_not_borrow_the_address_of_a_named_nas() -> None:
    client = client_behind(a_nas(identifier="branch-1", address="192.0.2.2"))

    assert client.access_server(naming("branch-9", "192.0.2.2")) is None


def test_a_nas_registered_by_address_alone_may_call_itself_what_it_likes() -> None:
    client = client_behind(a_nas(identifier=None, address="192.0.2.2"))

    server = client.access_server(naming("whatever", "192.0.2.2"))

    assert server is not None


def test_a_packet_that_names_no_nas_belongs_to_none() -> None:
    assert client_behind(a_nas()).access_server(naming()) is None


def test_secrets_are_good_from_their_first_to_before_their_last_instant() -> None:
    client = client_behind(
        secrets=(
            a_secret(b"old", NOW - timedelta(days=9), NOW + timedelta(days=1)),
            a_secret(b"new", NOW),
            a_secret(b"next", NOW + timedelta(days=1)),
        )
    )

    count = {
        days: len(client.secrets_at(NOW + timedelta(days=days))) for days in (-10, -1)
    }

    assert count == {-10: 0, -1: 1}
    assert len(client.secrets_at(NOW)) == 2
    assert len(client.secrets_at(NOW + timedelta(days=1))) == 2


def test_a_secret_that_does_not_open_is_left_out_and_the_others_stay(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = a_secret()
    object.__setattr__(broken, "sealed", b"of a lost key ring")

    client = client_behind(secrets=(broken, a_secret(b"good")))

    assert len(client.secrets_at(NOW)) == 1
    assert "estate.secret_does_not_open" in caplog.messages


def test_an_access_server_of_an_unknown_dialect_is_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = client_behind(a_nas(profile="abacus"))

    assert client.access_server(naming("branch-1")) is None
    assert "estate.unknown_profile" in caplog.messages


def test_dynamic_authorization_uses_its_own_secret_or_the_client_s_newest() -> None:
    snapshot = snapshot_of(
        servers=[
            a_nas(id=1, dynauth_secret_sealed=b"sealed:its own"),
            a_nas(id=2, identifier="branch-2", address=None),
            a_nas(id=3, identifier="branch-3", address=None, client_id=9),
        ]
    )

    secrets = {}
    for number in (1, 2, 3):
        server = snapshot.access_server(number)
        assert server is not None
        secrets[number] = server.dynauth_secret

    client = snapshot.client_at("192.0.2.2")
    assert client is not None
    assert secrets[1] is not None
    assert secrets[2] is client.secrets[0].secret
    assert secrets[3] is None


def test_the_reader_gives_a_snapshot_only_when_something_has_changed() -> None:
    store = FakeStore()
    reader = EstateReader(store, PROFILES, unsealed)

    first = reader.read()
    unchanged = reader.read()
    store.estate.servers = [a_nas(heard_at=NOW, restarted_at=NOW)]
    merely_heard = reader.read()
    store.estate.clients = [a_client(require_message_authenticator=True)]
    changed = reader.read()

    assert first is not None
    assert unchanged is None
    assert merely_heard is None
    assert changed is not None
    client = changed.client_at("192.0.2.2")
    assert client is not None
    assert client.require_message_authenticator


def test_the_reader_passes_on_that_the_database_is_away() -> None:
    store = FakeStore()
    store.away = True

    with pytest.raises(StoreUnavailableError):
        EstateReader(store, PROFILES, unsealed).read()


def test_before_the_first_reading_nobody_is_known_and_that_is_said() -> None:
    assert not EMPTY.loaded
    assert EMPTY.client_at("192.0.2.2") is None
