"""Branches, RADIUS clients, access servers and plans in the database.

Read whole: a province has hundreds of rows here, and processes keep them in memory.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    Select,
    bindparam,
    case,
    cast,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy import update as update_

from portal.model.estate import (
    Branch,
    Nas,
    Network,
    PlanTerms,
    RadiusClient,
    RadiusSecret,
)
from portal.service.estate_ports import Heartbeat
from portal.storage.tables import (
    branch,
    heartbeat,
    nas,
    plan,
    plan_version,
    radius_client,
    radius_secret,
)
from portal.storage.types import Instant, counted, instant, to_microseconds
from portal.storage.upsert import Upsert, replaced

_BEAT = Upsert(
    heartbeat,
    key=["process", "instance"],
    merge={"up_since": replaced, "seen_at": replaced},
)


def _versions() -> Select[Any]:
    return select(plan_version, plan.c.code, plan.c.name_fa, plan.c.name_en).join(
        plan, plan.c.id == plan_version.c.plan_id
    )


_newest = (
    select(plan_version.c.plan_id, func.max(plan_version.c.version).label("version"))
    .group_by(plan_version.c.plan_id)
    .subquery()
)
_CURRENT_TERMS = (
    _versions()
    .join(
        _newest,
        (_newest.c.plan_id == plan_version.c.plan_id)
        & (_newest.c.version == plan_version.c.version),
    )
    .order_by(plan.c.id)
)


# A NAS with a session open is heard once an interim; this much later, it was not.
_GAP = cast(nas.c.interim_interval, BigInteger) * 1_000_000 + 30_000_000
_AT = bindparam("at", type_=Instant)
_LONG_AGO = counted(nas.c.heard_at) < instant("number") - _GAP
_HEARD = (
    update_(nas)
    .where(
        nas.c.id == bindparam("nas"),
        or_(nas.c.heard_at.is_(None), nas.c.heard_at < _AT),
    )
    .values(
        heard_at=_AT,
        heard_since=case(
            (or_(nas.c.heard_since.is_(None), _LONG_AGO), _AT),
            else_=nas.c.heard_since,
        ),
    )
)


class EstateTable:
    """What is set up, read and added to inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def branches(self) -> list[Branch]:
        rows = self._connection.execute(select(branch).order_by(branch.c.id))
        return [_branch(row) for row in rows]

    def radius_clients(self) -> list[RadiusClient]:
        """Those in use, each with all of its secrets, newest first."""
        secrets = defaultdict(list)
        newest_first = (radius_secret.c.valid_from.desc(), radius_secret.c.id.desc())
        for row in self._connection.execute(
            select(radius_secret).order_by(*newest_first)
        ):
            secret = RadiusSecret(row.sealed, row.valid_from, row.valid_until)
            secrets[row.client_id].append(secret)
        rows = self._connection.execute(
            select(radius_client)
            .where(radius_client.c.enabled)
            .order_by(radius_client.c.id)
        )
        return [_client(row, secrets[row.id]) for row in rows]

    def access_servers(self) -> list[Nas]:
        """Those in use."""
        rows = self._connection.execute(
            select(nas).where(nas.c.enabled).order_by(nas.c.id)
        )
        return [_nas(row) for row in rows]

    def terms(self, version_ids: Iterable[int]) -> dict[int, PlanTerms]:
        """Versions by their id; one that does not exist is left out."""
        wanted = set(version_ids)
        if not wanted:
            return {}
        query = _versions().where(plan_version.c.id.in_(wanted))
        return {row.id: _terms(row) for row in self._connection.execute(query)}

    def current_terms(self) -> list[PlanTerms]:
        """The newest version of every plan."""
        return [_terms(row) for row in self._connection.execute(_CURRENT_TERMS)]

    def lock_access_servers(self, nas_ids: Iterable[int]) -> None:
        """Hold these rows until the commit, in the order of their ids."""
        query = select(nas.c.id).where(nas.c.id.in_(sorted(nas_ids)))
        # Keys never change: a ticket for this server can be added meanwhile.
        locked = query.order_by(nas.c.id).with_for_update(key_share=True)
        self._connection.execute(locked).all()

    def beat(
        self, process: str, instance: str, up_since: datetime, now: datetime
    ) -> None:
        """A process's sign of life."""
        row = (process, instance, to_microseconds(up_since), to_microseconds(now))
        _BEAT.run(self._connection, [row])

    def heard(self, at: Mapping[int, datetime]) -> None:
        """Note when each access server was last heard; an earlier time is ignored."""
        if not at:
            return
        # In the order of ids: two processes never wait for each other.
        rows = [
            {"nas": nas_id, "at": heard_at, "number": to_microseconds(heard_at)}
            for nas_id, heard_at in sorted(at.items())
        ]
        self._connection.execute(_HEARD, rows)

    def heartbeats(self) -> list[Heartbeat]:
        """Every process that ever was, by its latest sign of life."""
        rows = self._connection.execute(
            select(heartbeat).order_by(heartbeat.c.seen_at.desc())
        )
        return [
            Heartbeat(row.process, row.instance, row.up_since, row.seen_at)
            for row in rows
        ]

    def add_branch(
        self, *, code: str, name_fa: str, name_en: str, time_zone: str, now: datetime
    ) -> Branch:
        values = {
            "code": code,
            "name_fa": name_fa,
            "name_en": name_en,
            "time_zone": time_zone,
        }
        statement = insert(branch).values(**values, created_at=now)
        return Branch(id=self._new_id(statement.returning(branch.c.id)), **values)

    def add_client(
        self,
        *,
        name: str,
        network: Network,
        require_message_authenticator: bool,
        limit_proxy_state: bool,
        is_proxy: bool,
        now: datetime,
    ) -> int:
        """The id of a new client, which has no secret yet."""
        statement = insert(radius_client).values(
            name=name,
            network=str(network),
            require_message_authenticator=require_message_authenticator,
            limit_proxy_state=limit_proxy_state,
            is_proxy=is_proxy,
            enabled=True,
            created_at=now,
        )
        return self._new_id(statement.returning(radius_client.c.id))

    def add_secret(
        self,
        client_id: int,
        sealed: bytes,
        valid_from: datetime,
        keep_old_until: datetime,
    ) -> None:
        """A client's new secret; the others are good until then at the latest."""
        self._connection.execute(
            update_(radius_secret)
            .where(
                radius_secret.c.client_id == client_id,
                or_(
                    radius_secret.c.valid_until.is_(None),
                    radius_secret.c.valid_until > keep_old_until,
                ),
            )
            .values(valid_until=keep_old_until)
        )
        self._connection.execute(
            insert(radius_secret).values(
                client_id=client_id, sealed=sealed, valid_from=valid_from
            )
        )

    def add_nas(self, new: Nas, now: datetime) -> int:
        """The id of a new access server; the id it comes with is ignored."""
        statement = insert(nas).values(
            branch_id=new.branch_id,
            client_id=new.client_id,
            name=new.name,
            profile=new.profile,
            identifier=new.identifier,
            address=new.address,
            uam_server_url=new.uam_server_url,
            uam_networks=",".join(map(str, new.uam_networks)),
            uam_port=new.uam_port,
            uam_secret_sealed=new.uam_secret_sealed,
            dynauth_address=new.dynauth_address,
            dynauth_port=new.dynauth_port,
            dynauth_secret_sealed=new.dynauth_secret_sealed,
            interim_interval=new.interim_interval,
            line_rate=new.line_rate,
            enabled=True,
            created_at=now,
        )
        return self._new_id(statement.returning(nas.c.id))

    def add_plan(self, *, code: str, name_fa: str, name_en: str, now: datetime) -> int:
        statement = insert(plan).values(
            code=code, name_fa=name_fa, name_en=name_en, created_at=now
        )
        return self._new_id(statement.returning(plan.c.id))

    def add_version(
        self,
        plan_id: int,
        version: int,
        limits: Mapping[str, int | None],
        now: datetime,
    ) -> int:
        """The id of a plan's new version; `limits` has a value for every limit."""
        statement = insert(plan_version).values(
            plan_id=plan_id, version=version, created_at=now, **limits
        )
        return self._new_id(statement.returning(plan_version.c.id))

    def _new_id(self, statement: Any) -> int:
        return int(self._connection.execute(statement).scalar_one())


def _branch(row: Row[Any]) -> Branch:
    return Branch(row.id, row.code, row.name_fa, row.name_en, row.time_zone)


def _client(row: Row[Any], secrets: list[RadiusSecret]) -> RadiusClient:
    return RadiusClient(
        id=row.id,
        name=row.name,
        network=ip_network(row.network),
        require_message_authenticator=row.require_message_authenticator,
        limit_proxy_state=row.limit_proxy_state,
        is_proxy=row.is_proxy,
        secrets=tuple(secrets),
    )


def _nas(row: Row[Any]) -> Nas:
    networks = tuple(ip_network(part) for part in row.uam_networks.split(",") if part)
    return Nas(
        id=row.id,
        branch_id=row.branch_id,
        client_id=row.client_id,
        name=row.name,
        profile=row.profile,
        identifier=row.identifier,
        address=row.address,
        uam_server_url=row.uam_server_url,
        uam_networks=networks,
        uam_port=row.uam_port,
        uam_secret_sealed=row.uam_secret_sealed,
        dynauth_address=row.dynauth_address,
        dynauth_port=row.dynauth_port,
        dynauth_secret_sealed=row.dynauth_secret_sealed,
        interim_interval=row.interim_interval,
        line_rate=row.line_rate,
        heard_at=row.heard_at,
        restarted_at=row.restarted_at,
    )


def _terms(row: Row[Any]) -> PlanTerms:
    return PlanTerms(
        id=row.id,
        plan_id=row.plan_id,
        code=row.code,
        version=row.version,
        name_fa=row.name_fa,
        name_en=row.name_en,
        time_per_day=row.time_per_day,
        data_per_day=row.data_per_day,
        speed_down=row.speed_down,
        speed_up=row.speed_up,
        devices=row.devices,
        idle_timeout=row.idle_timeout,
        longest_session=row.longest_session,
    )
