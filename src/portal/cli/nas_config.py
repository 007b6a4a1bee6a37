"""What an access server is to be told about this centre, in its own words."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from portal.config import Settings
from portal.model.estate import Nas, ProfileName

HIDDEN = "(hidden: --secrets shows it)"


def configuration(
    nas: Nas, settings: Settings, *, radius_secret: str, uam_secret: str
) -> str:
    """The lines of a configuration file; the secrets as they are given here."""
    writer = _WRITERS.get(nas.profile, _plain)
    portal = urlsplit(nas.uam_server_url)
    return writer(
        {
            "nas": nas.identifier or nas.name,
            "nas_address": nas.address or "",
            "radius": _radius_address(settings),
            "auth_port": str(settings.radius_auth_port),
            "acct_port": str(settings.radius_acct_port),
            "radius_secret": radius_secret,
            "uam_server": nas.uam_server_url,
            "uam_secret": uam_secret,
            "uam_port": str(nas.uam_port),
            "dynauth_port": str(nas.dynauth_port),
            "interim_interval": str(nas.interim_interval),
            "portal_host": portal.hostname or "",
        }
    )


def _radius_address(settings: Settings) -> str:
    address = ip_address(settings.radius_bind)
    if address.is_unspecified:
        return "(this machine's address as the branch reaches it)"
    return str(address)


def _coovachilli(facts: Mapping[str, str]) -> str:
    options = {
        "radiusnasid": facts["nas"],
        "radiusserver1": facts["radius"],
        "radiusserver2": facts["radius"],
        "radiusauthport": facts["auth_port"],
        "radiusacctport": facts["acct_port"],
        "radiussecret": facts["radius_secret"],
        "uamserver": facts["uam_server"],
        "uamsecret": facts["uam_secret"],
        "uamport": facts["uam_port"],
        # Off by default; without it no session can be ended from here.
        "coaport": facts["dynauth_port"],
        "uamallowed": facts["portal_host"],
    }
    lines = [f"# chilli.conf of {facts['nas']}"]
    lines += [f"{name}\t{value}" for name, value in options.items()]
    return "\n".join(lines)


def _plain(facts: Mapping[str, str]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in facts.items() if value)


_WRITERS: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    ProfileName.COOVACHILLI: _coovachilli,
}
