"""Setting up the province: branches, RADIUS clients, access servers, plans.

Secrets come in clear and are stored sealed; every change is an entry of the audit
chain, in the same transaction.
"""

import re
import zoneinfo
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from portal.model.audit import Action
from portal.model.estate import Branch, Nas, PlanTerms, RadiusClient
from portal.service.audit import record
from portal.service.estate_ports import (
    EstateReason,
    EstateStore,
    EstateUnitOfWork,
    NewClient,
    NewNas,
    PlanLimits,
    Refused,
)
from portal.service.keys import KeyRing
from portal.service.ports import Clock
from portal.service.secrets import SecretKind, seal_secret

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class EstateOffice:
    """Sets up and lists; `actor` is who does it, as audit entries name them."""

    def __init__(
        self,
        *,
        store: EstateStore,
        keys: KeyRing,
        clock: Clock,
        profiles: Collection[str],
    ) -> None:
        """`profiles` are the names of the dialects an access server can have."""
        self._store = store
        self._keys = keys
        self._clock = clock
        self._profiles = profiles

    def branches(self) -> list[Branch]:
        with self._store.read() as uow:
            return uow.estate.branches()

    def clients(self) -> list[RadiusClient]:
        with self._store.read() as uow:
            return uow.estate.radius_clients()

    def access_servers(self) -> list[Nas]:
        with self._store.read() as uow:
            return uow.estate.access_servers()

    def plans(self) -> list[PlanTerms]:
        """The newest version of every plan."""
        with self._store.read() as uow:
            return uow.estate.current_terms()

    def add_branch(
        self, *, code: str, name_fa: str, name_en: str, time_zone: str, actor: str
    ) -> Branch | Refused:
        if not _CODE.fullmatch(code):
            return Refused(EstateReason.CODE, code)
        if time_zone not in zoneinfo.available_timezones():
            return Refused(EstateReason.NO_SUCH_TIME_ZONE, time_zone)
        now = self._clock()
        with self._store.write() as uow:
            if code in {branch.code for branch in uow.estate.branches()}:
                return Refused(EstateReason.TAKEN, code)
            branch = uow.estate.add_branch(
                code=code,
                name_fa=name_fa,
                name_en=name_en,
                time_zone=time_zone,
                now=now,
            )
            record(
                uow,
                self._keys,
                actor=actor,
                action=Action.BRANCH_ADDED,
                subject=f"branch:{branch.id}",
                details={"code": code, "time_zone": time_zone},
                branch_id=branch.id,
                now=now,
            )
            return branch

    def add_client(self, new: NewClient, actor: str) -> RadiusClient | Refused:
        now = self._clock()
        with self._store.write() as uow:
            taken = _client_taken(new, uow.estate.radius_clients())
            if taken is not None:
                return Refused(EstateReason.TAKEN, taken)
            client_id = uow.estate.add_client(
                name=new.name,
                network=new.network,
                require_message_authenticator=new.require_message_authenticator,
                limit_proxy_state=new.limit_proxy_state,
                is_proxy=new.is_proxy,
                now=now,
            )
            sealed = seal_secret(self._keys, SecretKind.RADIUS, new.secret)
            uow.estate.add_secret(client_id, sealed, now, now)
            record(
                uow,
                self._keys,
                actor=actor,
                action=Action.CLIENT_ADDED,
                subject=f"client:{client_id}",
                details={"name": new.name, "network": str(new.network)},
                now=now,
            )
            return _by_id(uow.estate.radius_clients(), client_id)

    def renew_secret(
        self, client: str, secret: bytes, keep_old: timedelta, actor: str
    ) -> RadiusClient | Refused:
        """Give a client a new secret; the one before is tried for `keep_old` more."""
        now = self._clock()
        with self._store.write() as uow:
            known = {found.name: found for found in uow.estate.radius_clients()}
            if client not in known:
                return Refused(EstateReason.NO_SUCH_CLIENT, client)
            client_id = known[client].id
            sealed = seal_secret(self._keys, SecretKind.RADIUS, secret)
            uow.estate.add_secret(client_id, sealed, now, now + keep_old)
            kept = int(keep_old.total_seconds())
            record(
                uow,
                self._keys,
                actor=actor,
                action=Action.CLIENT_CHANGED,
                subject=f"client:{client_id}",
                details={"secret": "renewed", "old_kept_seconds": kept},
                now=now,
            )
            return _by_id(uow.estate.radius_clients(), client_id)

    def add_nas(self, new: NewNas, actor: str) -> Nas | Refused:
        if new.profile not in self._profiles:
            return Refused(EstateReason.NO_SUCH_PROFILE, new.profile)
        if not (new.identifier or new.address):
            return Refused(EstateReason.WITHOUT_IDENTIFIER, new.name)
        now = self._clock()
        with self._store.write() as uow:
            branches = {branch.code: branch.id for branch in uow.estate.branches()}
            if new.branch not in branches:
                return Refused(EstateReason.NO_SUCH_BRANCH, new.branch)
            clients = {client.name: client.id for client in uow.estate.radius_clients()}
            if new.client not in clients:
                return Refused(EstateReason.NO_SUCH_CLIENT, new.client)
            nas = self._sealed(new, branches[new.branch], clients[new.client])
            taken = _nas_taken(nas, uow.estate.access_servers())
            if taken is not None:
                return Refused(EstateReason.TAKEN, taken)
            nas_id = uow.estate.add_nas(nas, now)
            record(
                uow,
                self._keys,
                actor=actor,
                action=Action.NAS_ADDED,
                subject=f"nas:{nas_id}",
                details={"name": new.name, "profile": new.profile},
                branch_id=nas.branch_id,
                now=now,
            )
            return _by_id(uow.estate.access_servers(), nas_id)

    def add_plan(
        self,
        *,
        code: str,
        name_fa: str,
        name_en: str,
        limits: PlanLimits,
        actor: str,
    ) -> PlanTerms | Refused:
        if not _CODE.fullmatch(code):
            return Refused(EstateReason.CODE, code)
        now = self._clock()
        with self._store.write() as uow:
            if code in {terms.code for terms in uow.estate.current_terms()}:
                return Refused(EstateReason.TAKEN, code)
            plan_id = uow.estate.add_plan(
                code=code, name_fa=name_fa, name_en=name_en, now=now
            )
            terms = self._version(uow, (plan_id, 1), limits, now)
            self._record_plan(uow, Action.PLAN_ADDED, terms, actor, now)
            return terms

    def change_plan(
        self, code: str, limits: PlanLimits, actor: str
    ) -> PlanTerms | Refused:
        """Add a version; it holds for open sessions from now on.

        Their rows keep the version they were granted under.
        """
        now = self._clock()
        with self._store.write() as uow:
            known = {terms.code: terms for terms in uow.estate.current_terms()}
            if code not in known:
                return Refused(EstateReason.NO_SUCH_PLAN, code)
            following = (known[code].plan_id, known[code].version + 1)
            terms = self._version(uow, following, limits, now)
            uow.ledger.judge_soon(terms.plan_id, now)
            self._record_plan(uow, Action.PLAN_CHANGED, terms, actor, now)
            return terms

    def _version(
        self,
        uow: EstateUnitOfWork,
        key: tuple[int, int],
        limits: PlanLimits,
        now: datetime,
    ) -> PlanTerms:
        version_id = uow.estate.add_version(*key, asdict(limits), now)
        return uow.estate.terms([version_id])[version_id]

    def _record_plan(
        self,
        uow: EstateUnitOfWork,
        action: Action,
        terms: PlanTerms,
        actor: str,
        now: datetime,
    ) -> None:
        shown = asdict(terms)
        names = ("code", "version", *PlanLimits.__dataclass_fields__)
        record(
            uow,
            self._keys,
            actor=actor,
            action=action,
            subject=f"plan:{terms.plan_id}",
            details={name: shown[name] for name in names},
            now=now,
        )

    def _sealed(self, new: NewNas, branch_id: int, client_id: int) -> Nas:
        return Nas(
            id=0,
            branch_id=branch_id,
            client_id=client_id,
            name=new.name,
            profile=new.profile,
            identifier=new.identifier or None,
            address=new.address or None,
            uam_server_url=new.uam_server_url,
            uam_networks=new.uam_networks,
            uam_port=new.uam_port,
            uam_secret_sealed=self._seal(SecretKind.UAM, new.uam_secret),
            dynauth_address=new.dynauth_address,
            dynauth_port=new.dynauth_port,
            dynauth_secret_sealed=self._seal(SecretKind.RADIUS, new.dynauth_secret),
            interim_interval=new.interim_interval,
            line_rate=new.line_rate,
        )

    def _seal(self, kind: SecretKind, secret: bytes | None) -> bytes | None:
        return seal_secret(self._keys, kind, secret) if secret else None


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


_N = TypeVar("_N", bound=_Numbered)


def _by_id(rows: Iterable[_N], wanted: int) -> _N:
    return next(row for row in rows if row.id == wanted)


def _client_taken(new: NewClient, present: Iterable[RadiusClient]) -> str | None:
    """The name or network of `new` that another client has."""
    for other in present:
        if other.name == new.name:
            return new.name
        if other.network == new.network:
            return str(new.network)
    return None


def _nas_taken(new: Nas, present: Iterable[Nas]) -> str | None:
    """The name, identifier or address of `new` that another access server has."""
    for other in present:
        if other.name == new.name:
            return new.name
        if other.client_id != new.client_id:
            continue
        if new.identifier is not None and other.identifier == new.identifier:
            return new.identifier
        if new.address is not None and other.address == new.address:
            return new.address
    return None
