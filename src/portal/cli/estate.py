"""What the commands for branch, client, nas and plan share."""

from ipaddress import ip_network
from typing import Any, TypeVar

import click

from portal.cli.frame import Failure
from portal.model.estate import Network
from portal.service.estate_ports import EstateReason, Refused

T = TypeVar("T")

_SENTENCES = {
    EstateReason.CODE: "{0!r} is not a code: small letters, digits and dashes",
    EstateReason.TAKEN: "{0!r} exists already",
    EstateReason.NO_SUCH_BRANCH: "there is no branch {0!r}; see `portal branch list`",
    EstateReason.NO_SUCH_CLIENT: "there is no client {0!r}; see `portal client list`",
    EstateReason.NO_SUCH_PLAN: "there is no plan {0!r}; see `portal plan list`",
    EstateReason.NO_SUCH_PROFILE: "there is no profile {0!r}",
    EstateReason.NO_SUCH_TIME_ZONE: "there is no time zone {0!r}",
    EstateReason.WITHOUT_IDENTIFIER: "{0!r} needs --identifier, --address or both",
}


def done(outcome: T | Refused) -> T:
    """What was set up, or the end of the command with the reason."""
    if isinstance(outcome, Refused):
        raise Failure(_SENTENCES[outcome.reason].format(outcome.value))
    return outcome


class _Network(click.ParamType[Network]):
    """An address, or a network in CIDR form."""

    name = "network"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Network:
        try:
            return ip_network(value)
        except ValueError:
            self.fail(f"{value!r} is not a network such as 10.1.0.0/24", param, ctx)


NETWORK = _Network()
