"""`portal nas`: the access servers of the branches."""

import click

from portal.cli.arguments import BITS, DURATION, SECRET_FILE
from portal.cli.estate import NETWORK, done
from portal.cli.frame import Row, actor, json_option, show
from portal.cli.opening import services
from portal.model.estate import Branch, Nas, Network, RadiusClient
from portal.service.estate_ports import NewNas


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
