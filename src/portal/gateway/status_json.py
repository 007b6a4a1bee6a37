"""CoovaChilli's JSON interface: what /json/status says. Pure."""

import json
import re
from datetime import datetime
from typing import Any

from portal.gateway.device import Device
from portal.gateway.options import NasOptions
from portal.gateway.session import Session
from portal.radius.values import split_octets

_CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]{0,63}")


def signed_out(options: NasOptions, device: Device, challenge: bytes) -> dict[str, Any]:
    """A device without a session: what it needs to sign in."""
    return {
        **_head(options, 0),
        "challenge": challenge.hex(),
        "location": {"name": options.nas_identifier},
        "redir": _redir(options, device),
    }


def refused(
    options: NasOptions, device: Device, challenge: bytes, message: str
) -> dict[str, Any]:
    """A sign-in that RADIUS refused, with its Reply-Message."""
    return {
        **_head(options, 0),
        "message": message,
        "challenge": challenge.hex(),
        "redir": _redir(options, device),
    }


def signed_in(
    options: NasOptions, device: Device, session: Session, now: datetime
) -> dict[str, Any]:
    """A session with its limits and counters; input is the download if swapped."""
    return {
        **_head(options, 1),
        "redir": _redir(options, device),
        "session": _session(options, session),
        "accounting": _accounting(options, session, now),
    }


def encode(answer: dict[str, Any], callback: str = "") -> bytes:
    """JSON without blanks; called, when the page asked for JSONP by a plain name."""
    text = json.dumps(answer, separators=(",", ":"))
    if _CALLBACK.fullmatch(callback):
        # A line separator is fine in JSON and ends a statement in old JavaScript;
        # json.dumps escapes all but ASCII.
        text = f"{callback}({text})"
    return text.encode()


def _head(options: NasOptions, state: int) -> dict[str, Any]:
    return {"version": "1.0", "clientState": state, "nasid": options.nas_identifier}


def _redir(options: NasOptions, device: Device) -> dict[str, str]:
    return {
        "originalURL": device.user_url,
        "redirectionURL": "",
        "logoutURL": f"http://{device.uam_address}:{options.uam_port}/logoff",
        "ipAddress": device.address,
        "macAddress": device.mac.dashed,
    }


def _session(options: NasOptions, session: Session) -> dict[str, Any]:
    limits = session.limits
    down, up = limits.max_downloaded, limits.max_uploaded
    most_input, most_output = (
        (down, up) if options.quirks.swapped_octets else (up, down)
    )
    end = limits.terminate_at
    described = {
        "sessionId": session.session_id,
        "userName": session.user_name,
        "startTime": int(session.started_at.timestamp()),
        "sessionTimeout": limits.session_timeout,
        "terminateTime": int(end.timestamp()) if end else 0,
        "idleTimeout": limits.idle_timeout,
    }
    octets = {
        "maxInputOctets": most_input,
        "maxOutputOctets": most_output,
        "maxTotalOctets": limits.max_total,
    }
    return described | {name: most for name, most in octets.items() if most}


def _accounting(options: NasOptions, session: Session, now: datetime) -> dict[str, Any]:
    swapped = options.quirks.swapped_octets
    down, up = session.downloaded, session.uploaded
    input_low, input_high = split_octets(down if swapped else up)
    output_low, output_high = split_octets(up if swapped else down)
    return {
        "sessionTime": session.session_time(now),
        "idleTime": session.idle_time(now),
        "inputOctets": input_low,
        "outputOctets": output_low,
        "inputGigawords": input_high,
        "outputGigawords": output_high,
        "viewPoint": "client" if swapped else "nas",
    }
