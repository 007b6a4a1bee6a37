"""`portal client`: RADIUS clients, the source networks that may speak RADIUS to us."""

from datetime import timedelta

import click

from portal.cli.arguments import DURATION, SECRET_FILE
from portal.cli.estate import NETWORK, done
from portal.cli.frame import Row, actor, json_option, show
from portal.cli.opening import services
from portal.model.estate import Network, RadiusClient
from portal.service.estate_ports import NewClient


@click.group()
def command() -> None:
    """RADIUS clients: who may speak RADIUS to us."""


@command.command()
@click.argument("name")
@click.option("--network", type=NETWORK, required=True, help="Where it sends from.")
@click.option(
    "--secret-file",
    "secret",
    type=SECRET_FILE,
    required=True,
    help="File whose first line is the shared secret; - for stdin.",
)
@click.option(
    "--allow-unsigned",
    is_flag=True,
    help="Take Access-Requests without Message-Authenticator, but none with"
    " Proxy-State: only for gear that cannot sign.",
)
@click.option("--proxy", is_flag=True, help="It forwards the requests of others.")
@json_option
def add(
    name: str,
    network: Network,
    secret: str,
    allow_unsigned: bool,
    proxy: bool,
    as_json: bool,
) -> None:
    """Add a RADIUS client under NAME."""
    new = NewClient(
        name=name,
        network=network,
        secret=secret.encode(),
        require_message_authenticator=not allow_unsigned,
        limit_proxy_state=allow_unsigned,
        is_proxy=proxy,
    )
    with services() as open_:
        client = open_.estate.add_client(new, actor())
    show(_row(done(client)), as_json=as_json)


@command.command()
@click.argument("name")
@click.option(
    "--secret-file",
    "secret",
    type=SECRET_FILE,
    required=True,
    help="File whose first line is the new secret; - for stdin.",
)
@click.option(
    "--keep-old",
    type=DURATION,
    default="1d",
    show_default=True,
    help="How long the secret before is tried as well.",
)
@json_option
def renew(name: str, secret: str, keep_old: int, as_json: bool) -> None:
    """Give a client a new shared secret."""
    with services() as open_:
        client = open_.estate.renew_secret(
            name, secret.encode(), timedelta(seconds=keep_old), actor()
        )
    show(_row(done(client)), as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the RADIUS clients."""
    with services() as open_:
        clients = open_.estate.clients()
    show([_row(client) for client in clients], as_json=as_json)


def _row(client: RadiusClient) -> Row:
    return {
        "id": client.id,
        "name": client.name,
        "network": str(client.network),
        "message_authenticator": client.require_message_authenticator,
        "proxy": client.is_proxy,
        "secrets": len(client.secrets),
    }
