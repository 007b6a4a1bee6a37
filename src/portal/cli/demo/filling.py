"""Writes the demo data, through the same use cases as everything else.

Each step may find its work done: a first start that was interrupted is taken up again.
"""

import secrets
from ipaddress import IPv4Network, ip_network
from typing import Any

from portal.bootstrap import Services
from portal.bootstrap.desk import DeskServices, desk_services
from portal.cli.demo.accounts import Accounts
from portal.cli.demo.people import BRANCHES, PATRONS, PLANS, DemoBranch
from portal.cli.frame import Failure, actor
from portal.model.audit import Action
from portal.model.estate import Nas, ProfileName
from portal.model.staff import Role
from portal.service.audit import record
from portal.service.estate_ports import EstateReason, NewClient, NewNas, Refused
from portal.service.people import AddReason, AddRefused, NewPatron
from portal.service.secrets import SecretKind, open_secret
from portal.service.staff_accounts import NewStaff, StaffReason, StaffRefused

_INTERIM = 60
_LINE_RATE = 1_000_000_000


def fill(services: Services, accounts: Accounts) -> None:
    """Branches, plans, access servers, staff and patrons, and an entry that says so."""
    desk = desk_services(services)
    for branch in BRANCHES:
        _branch(services, branch)
    for plan in PLANS:
        _checked(
            services.estate.add_plan(
                code=plan.code,
                name_fa=plan.name_fa,
                name_en=plan.name_en,
                limits=plan.limits,
                actor=actor(),
            )
        )
    _staff(desk, accounts)
    _patrons(desk)
    with services.store.write() as uow:
        record(
            uow,
            services.keys,
            actor=actor(),
            action=Action.DEMO_FILLED,
            subject="demo",
            details={"patrons": len(PATRONS), "branches": len(BRANCHES)},
            now=services.clock(),
        )


def simulated_branches(services: Services) -> list[dict[str, Any]]:
    """What the simulator is told of every access server on a loopback address."""
    secrets_of = {client.id: client.secrets for client in services.estate.clients()}
    zones = {each.id: each.time_zone for each in services.estate.branches()}
    return [
        {
            "name": nas.name,
            "nas_identifier": nas.identifier,
            "address": nas.address,
            "time_zone": zones[nas.branch_id],
            "uam_server": nas.uam_server_url,
            "uam_network": str(nas.uam_networks[0]),
            "uam_port": nas.uam_port,
            "uam_secret": _opened(services, SecretKind.UAM, nas.uam_secret_sealed),
            "radius_secret": _opened(
                services, SecretKind.RADIUS, secrets_of[nas.client_id][0].sealed
            ),
            "dynauth_port": nas.dynauth_port,
        }
        for nas in services.estate.access_servers()
        if _is_simulated(nas)
    ]


def _is_simulated(nas: Nas) -> bool:
    return nas.address is not None and ip_network(nas.address).is_loopback


def _opened(services: Services, kind: SecretKind, sealed: bytes | None) -> str:
    return open_secret(services.keys, kind, sealed).decode() if sealed else ""


def _branch(services: Services, branch: DemoBranch) -> None:
    """A branch, the RADIUS client and the access server in it."""
    settings = services.settings
    name, address = f"{branch.code}-wifi", f"127.0.0.{branch.octet}"
    _checked(
        services.estate.add_branch(
            code=branch.code,
            name_fa=branch.name_fa,
            name_en=branch.name_en,
            time_zone="Asia/Tehran",
            actor=actor(),
        )
    )
    _checked(
        services.estate.add_client(
            NewClient(
                name=name,
                network=IPv4Network(address),
                secret=secrets.token_urlsafe(24).encode(),
            ),
            actor(),
        )
    )
    _checked(
        services.estate.add_nas(
            NewNas(
                name=name,
                branch=branch.code,
                client=name,
                profile=ProfileName.COOVACHILLI,
                identifier=name,
                address=address,
                uam_server_url=f"{settings.public_url}/login",
                uam_networks=(IPv4Network(f"127.{branch.octet}.0.0/24"),),
                uam_port=settings.sim_bind.port,
                uam_secret=secrets.token_urlsafe(24).encode(),
                dynauth_address=address,
                dynauth_port=settings.sim_dynauth_port,
                dynauth_secret=None,
                interim_interval=_INTERIM,
                line_rate=_LINE_RATE,
            ),
            actor(),
        )
    )


def _staff(desk: DeskServices, accounts: Accounts) -> None:
    for account in accounts.staff:
        added = desk.accounts.add(
            NewStaff(
                username=account.username,
                name=account.name,
                role=Role(account.role),
                branch=account.branch,
                password=account.password,
            ),
            actor(),
        )
        if isinstance(added, StaffRefused) and added.reason is not StaffReason.TAKEN:
            raise Failure(f"demo data: {account.username}: {added.reason}")


def _patrons(desk: DeskServices) -> None:
    for person in PATRONS:
        added = desk.people.add(
            NewPatron(
                name=person.name,
                card=person.card,
                branch=person.branch,
                plan=person.plan,
                national_id=person.national_id,
                phone=person.phone,
                pin=person.pin,
            ),
            actor(),
        )
        if isinstance(added, AddRefused) and added.reason is not AddReason.TAKEN:
            raise Failure(f"demo data: card {person.card}: {added.reason}")


def _checked(outcome: object) -> None:
    if isinstance(outcome, Refused) and outcome.reason is not EstateReason.TAKEN:
        raise Failure(f"demo data: {outcome.value}: {outcome.reason}")
