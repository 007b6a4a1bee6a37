"""`portal nas`: the access servers of the branches."""

import sys

import click

from portal.bootstrap import Services
from portal.cli.arguments import BITS, DURATION, SECRET_FILE
from portal.cli.estate import NETWORK, done
from portal.cli.frame import Failure, Row, actor, json_option, show
from portal.cli.nas_config import HIDDEN, configuration
from portal.cli.opening import services
from portal.model.estate import Branch, Nas, Network, RadiusClient
from portal.service.estate_ports import NewNas
from portal.service.secrets import SecretKind, open_secret


@click.group()
def command() -> None:
    """Access servers of the branches."""


@command.command()
@click.argument("name")
@click.option("--branch", required=True, help="Code of its branch.")
@click.option("--client", required=True, help="RADIUS client it comes through.")
@click.option("--profile", default="coovachilli", show_default=True)
@click.option("--identifier", help="Its NAS-Identifier.  [default: NAME]")
@click.option("--address", help="Its NAS-IP-Address.")
@click.option(
    "--uam-server-url",
    help="The sign-in page as it is configured there; signatures cover it."
    "  [default: PORTAL_PUBLIC_URL/login]",
)
@click.option(
    "--uam-network",
    "uam_networks",
    type=NETWORK,
    multiple=True,
    required=True,
    help="Where its own pages live, as phones see them; may be repeated.",
)
@click.option(
    "--uam-port", type=click.IntRange(1, 65535), default=3990, show_default=True
)
@click.option(
    "--uam-secret-file",
    "uam_secret",
    type=SECRET_FILE,
    help="File whose first line is the UAM secret; - for stdin.",
)
@click.option(
    "--dynauth-address", help="Where it takes Disconnect and CoA.  [default: --address]"
)
@click.option(
    "--dynauth-port", type=click.IntRange(1, 65535), default=3799, show_default=True
)
@click.option(
    "--dynauth-secret-file",
    "dynauth_secret",
    type=SECRET_FILE,
    help="File with the secret for them, if it is not the client's; - for stdin.",
)
@click.option(
    "--interim-interval",
    type=DURATION,
    default="5m",
    show_default=True,
    help="Time between its accounting records.",
)
@click.option(
    "--line-rate",
    type=BITS,
    default="1Gbit",
    show_default=True,
    help="What its line can carry; more is a counter gone wrong.",
)
@json_option
def add(
    name: str,
    branch: str,
    client: str,
    profile: str,
    identifier: str | None,
    address: str | None,
    uam_server_url: str | None,
    uam_networks: tuple[Network, ...],
    uam_port: int,
    uam_secret: str | None,
    dynauth_address: str | None,
    dynauth_port: int,
    dynauth_secret: str | None,
    interim_interval: int,
    line_rate: int,
    as_json: bool,
) -> None:
    """Add an access server under NAME."""
    with services() as open_:
        new = NewNas(
            name=name,
            branch=branch,
            client=client,
            profile=profile,
            identifier=identifier or name,
            address=address,
            uam_server_url=uam_server_url or f"{open_.settings.public_url}/login",
            uam_networks=uam_networks,
            uam_port=uam_port,
            uam_secret=uam_secret.encode() if uam_secret else None,
            dynauth_address=dynauth_address or address,
            dynauth_port=dynauth_port,
            dynauth_secret=dynauth_secret.encode() if dynauth_secret else None,
            interim_interval=interim_interval,
            line_rate=line_rate,
        )
        nas = done(open_.estate.add_nas(new, actor()))
        branches, clients = open_.estate.branches(), open_.estate.clients()
    show(_row(nas, branches, clients), as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the access servers."""
    with services() as open_:
        servers = open_.estate.access_servers()
        branches, clients = open_.estate.branches(), open_.estate.clients()
    show([_row(nas, branches, clients) for nas in servers], as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--secrets", is_flag=True, help="Print the secrets too.")
@json_option
def config(name: str, secrets: bool, as_json: bool) -> None:
    """Print what the access server is to be told, in its own words."""
    with services() as open_:
        nas = _named(open_, name)
        radius_secret = uam_secret = HIDDEN
        if secrets:
            radius_secret, uam_secret = _secrets(open_, nas)
        text = configuration(
            nas, open_.settings, radius_secret=radius_secret, uam_secret=uam_secret
        )
    if as_json:
        show({"name": nas.name, "configuration": text}, as_json=True)
    else:
        click.echo(text)


@command.command()
@click.argument("name")
@json_option
def test(name: str, as_json: bool) -> None:
    """Try an access server: its secrets, when it was heard, whether it answers.

    To be run on radiusd's machine. Exit code 1 if there is a fault.
    """
    from portal.bootstrap.doctor import Grade  # noqa: PLC0415 - for a quick start
    from portal.bootstrap.nas_probe import probe  # noqa: PLC0415

    with services() as open_:
        findings = list(probe(open_, _named(open_, name)))
    rows = [
        {"matter": each.matter, "grade": each.grade.value, "finding": each.text}
        for each in findings
    ]
    show(rows, as_json=as_json)
    if any(each.grade is Grade.FAULT for each in findings):
        sys.exit(1)


def _named(open_: Services, name: str) -> Nas:
    for nas in open_.estate.access_servers():
        if nas.name == name:
            return nas
    raise Failure(f"there is no access server {name!r}; see `portal nas list`")


def _secrets(open_: Services, nas: Nas) -> tuple[str, str]:
    """The client's newest secret and the UAM secret, in clear."""
    client = next(c for c in open_.estate.clients() if c.id == nas.client_id)
    radius = open_secret(open_.keys, SecretKind.RADIUS, client.secrets[0].sealed)
    sealed = nas.uam_secret_sealed
    uam = open_secret(open_.keys, SecretKind.UAM, sealed) if sealed else b""
    return radius.decode(errors="replace"), uam.decode(errors="replace")


def _row(nas: Nas, branches: list[Branch], clients: list[RadiusClient]) -> Row:
    return {
        "id": nas.id,
        "name": nas.name,
        "branch": next(b.code for b in branches if b.id == nas.branch_id),
        "client": next(c.name for c in clients if c.id == nas.client_id),
        "profile": nas.profile,
        "identifier": nas.identifier,
        "address": nas.address,
        "uam": [f"{network}:{nas.uam_port}" for network in nas.uam_networks],
        "dynauth": f"{nas.dynauth_address or '-'}:{nas.dynauth_port}",
        "heard_at": nas.heard_at,
    }
