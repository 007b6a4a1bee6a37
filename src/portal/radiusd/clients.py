"""Who may speak to us: clients by source address, their secrets, their access servers.

A snapshot is read by the loop for each packet and never changes; the writer replaces it
when the database holds another one.
"""

import ipaddress
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from portal.model.estate import Nas, Network, RadiusClient
from portal.radius.attributes import AttributeType
from portal.radius.packet import Packet
from portal.radius.secret import SharedSecret
from portal.radius.values import encode_address
from portal.service.keys import SealBrokenError
from portal.service.ports import NasProfile, Store

log = logging.getLogger(__name__)

_NAS_IDENTIFIER = int(AttributeType.NAS_IDENTIFIER)
_NAS_IP_ADDRESS = int(AttributeType.NAS_IP_ADDRESS)
_NAS_IPV6_ADDRESS = int(AttributeType.NAS_IPV6_ADDRESS)

# Strangers' addresses are remembered as well: bounded, then forgotten together.
_MAX_SOURCES = 4096


@dataclass(frozen=True, slots=True)
class AccessServer:
    """A NAS with the dialect it speaks and the secret for dynamic authorization."""

    nas: Nas
    profile: NasProfile
    dynauth_secret: SharedSecret | None


@dataclass(frozen=True, slots=True)
class DatedSecret:
    """A shared secret and when it is good."""

    secret: SharedSecret
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A RADIUS client: its rules, its secrets, and the access servers behind it."""

    id: int
    name: str
    network: Network
    require_message_authenticator: bool
    limit_proxy_state: bool
    secrets: tuple[DatedSecret, ...]  # newest first
    by_identifier: Mapping[bytes, AccessServer]
    by_address: Mapping[bytes, AccessServer]

    def secrets_at(self, now: datetime) -> list[SharedSecret]:
        """The secrets good at this instant, the newest first."""
        return [
            dated.secret
            for dated in self.secrets
            if dated.valid_from <= now
            and (dated.valid_until is None or now < dated.valid_until)
        ]

    def access_server(self, packet: Packet) -> AccessServer | None:
        """The NAS that the packet says it is, None for one that is not registered.

        An unknown NAS-Identifier does not borrow the address of a NAS that has another
        identifier: that would book one branch's use to the next.
        """
        identifier = packet.get(_NAS_IDENTIFIER)
        if identifier is not None:
            named = self.by_identifier.get(identifier)
            if named is not None:
                return named
        address = packet.get(_NAS_IP_ADDRESS) or packet.get(_NAS_IPV6_ADDRESS)
        found = None if address is None else self.by_address.get(address)
        if found is None or (identifier is not None and found.nas.identifier):
            return None
        return found


class Snapshot:
    """Everybody who may speak to us, at one moment."""

    def __init__(
        self,
        clients: Iterable[Client] = (),
        servers: Iterable[AccessServer] = (),
        *,
        loaded: bool = True,
    ) -> None:
        self.loaded = loaded
        """False until the database has been read for the first time."""
        # The longest prefix wins; ties cannot be, a network is registered once.
        self._clients = sorted(clients, key=lambda c: -c.network.prefixlen)
        self._servers = {server.nas.id: server for server in servers}
        self._by_source: dict[str, Client | None] = {}

    def client_at(self, source: str) -> Client | None:
        """The client whose network holds this source address (RFC 2865 5.4)."""
        try:
            return self._by_source[source]
        except KeyError:
            if len(self._by_source) >= _MAX_SOURCES:
                self._by_source.clear()
            found = self._by_source[source] = self._find(source)
            return found

    def access_server(self, nas_id: int) -> AccessServer | None:
        return self._servers.get(nas_id)

    def _find(self, source: str) -> Client | None:
        address = ipaddress.ip_address(source.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        for client in self._clients:
            if address in client.network:
                return client
        return None


EMPTY = Snapshot(loaded=False)


class EstateReader:
    """Reads the estate into snapshots, and tells when there is a new one."""

    def __init__(
        self,
        store: Store,
        profiles: Mapping[str, NasProfile],
        open_secret: Callable[[bytes], bytes],
    ) -> None:
        self._store = store
        self._profiles = profiles
        self._open_secret = open_secret
        self._seen: tuple[list[RadiusClient], list[Nas]] | None = None
        self._opened: dict[bytes, SharedSecret | None] = {}

    def read(self) -> Snapshot | None:
        """A snapshot of the estate as it is now; None if it has not changed."""
        with self._store.read() as uow:
            clients = uow.estate.radius_clients()
            # When a NAS was last heard is news every second, and none for us.
            servers = [
                replace(nas, heard_at=None, restarted_at=None)
                for nas in uow.estate.access_servers()
            ]
        if self._seen == (clients, servers):
            return None
        snapshot = self._snapshot(clients, servers)
        self._seen = clients, servers
        log.info(
            "estate.loaded",
            extra={"clients": len(clients), "access_servers": len(servers)},
        )
        return snapshot

    def _snapshot(self, clients: list[RadiusClient], servers: list[Nas]) -> Snapshot:
        before, self._opened = self._opened, {}
        secrets = {client.id: self._dated(client, before) for client in clients}
        known = [
            server
            for nas in servers
            if (server := self._server(nas, secrets, before)) is not None
        ]
        return Snapshot((_client(c, secrets[c.id], known) for c in clients), known)

    def _server(
        self,
        nas: Nas,
        secrets: Mapping[int, tuple[DatedSecret, ...]],
        before: Mapping[bytes, SharedSecret | None],
    ) -> AccessServer | None:
        profile = self._profiles.get(nas.profile)
        if profile is None:
            log.error("estate.unknown_profile", extra={"nas": nas.id})
            return None
        if nas.dynauth_secret_sealed is not None:
            return AccessServer(
                nas, profile, self._open(nas.dynauth_secret_sealed, before)
            )
        # CoovaChilli knows one secret for everything.
        of_client = secrets.get(nas.client_id, ())
        return AccessServer(nas, profile, of_client[0].secret if of_client else None)

    def _dated(
        self, client: RadiusClient, before: Mapping[bytes, SharedSecret | None]
    ) -> tuple[DatedSecret, ...]:
        opened = [
            DatedSecret(secret, each.valid_from, each.valid_until)
            for each in client.secrets
            if (secret := self._open(each.sealed, before)) is not None
        ]
        return tuple(sorted(opened, key=lambda d: d.valid_from, reverse=True))

    def _open(
        self, sealed: bytes, before: Mapping[bytes, SharedSecret | None]
    ) -> SharedSecret | None:
        secret = before.get(sealed)
        if secret is None:
            try:
                secret = SharedSecret(self._open_secret(sealed))
            except (SealBrokenError, ValueError):
                log.exception("estate.secret_does_not_open")
        self._opened[sealed] = secret
        return secret


def _client(
    client: RadiusClient,
    secrets: tuple[DatedSecret, ...],
    servers: Iterable[AccessServer],
) -> Client:
    behind = [server for server in servers if server.nas.client_id == client.id]
    return Client(
        id=client.id,
        name=client.name,
        network=client.network,
        require_message_authenticator=client.require_message_authenticator,
        limit_proxy_state=client.limit_proxy_state,
        secrets=secrets,
        by_identifier={
            server.nas.identifier.encode(): server
            for server in behind
            if server.nas.identifier
        },
        by_address={
            encode_address(server.nas.address): server
            for server in behind
            if server.nas.address
        },
    )
