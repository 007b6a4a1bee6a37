"""The simulator's state as plain values, for the JSON interface and the page."""

from typing import Any

from portal.gateway.session import Session
from portal.gateway.sim.branch import EndedSession, SimulatedBranch, SimulatedDevice


def branch_state(branch: SimulatedBranch) -> dict[str, Any]:
    """A branch with its devices; counters are brought up to now."""
    nas = branch.options.nas
    return {
        "name": branch.options.name,
        "nas_identifier": nas.nas_identifier,
        "address": nas.address,
        "uam_network": str(branch.options.uam_network),
        "uam_port": nas.uam_port,
        "dynauth_port": nas.dynauth_port,
        "called_station": nas.called_station.dashed,
        "quirks": nas.quirks.name,
        "ignored": sorted(nas.ignored),
        "powered": branch.powered,
        "line_up": branch.line_up,
        "unanswered": branch.client.unanswered,
        "lost": branch.client.lost,
        "devices": [device_state(branch, each) for each in branch.devices],
        "ended": [_ended_state(ended) for ended in branch.ended],
    }


def device_state(branch: SimulatedBranch, each: SimulatedDevice) -> dict[str, Any]:
    """A device and its session, None when it has none."""
    device = each.device
    branch.server.count(device, branch.clock())
    session = device.session
    return {
        "number": device.number,
        "mac": device.mac.dashed,
        "ip": device.address,
        "uam_url": device_url(branch, each),
        "present": each.left_at is None,
        "transferring": each.traffic.flow is not None,
        "session": None if session is None else session_state(branch, session),
    }


def device_url(branch: SimulatedBranch, each: SimulatedDevice) -> str:
    """Where a browser is this device."""
    return f"http://{each.device.uam_address}:{branch.options.nas.uam_port}"


def session_state(branch: SimulatedBranch, session: Session) -> dict[str, Any]:
    """Octets, seconds, and the limits that are set."""
    now, limits = branch.clock(), session.limits
    end = limits.terminate_at
    return {
        "id": session.session_id,
        "user_name": session.user_name,
        "started_at": session.started_at.isoformat(),
        "session_time": session.session_time(now),
        "idle_time": session.idle_time(now),
        "downloaded": session.downloaded,
        "uploaded": session.uploaded,
        "limits": {
            "session_timeout": limits.session_timeout,
            "idle_timeout": limits.idle_timeout,
            "terminate_at": end.isoformat() if end else None,
            "max_downloaded": limits.max_downloaded,
            "max_uploaded": limits.max_uploaded,
            "max_total": limits.max_total,
            "down_rate": limits.down_rate,
            "up_rate": limits.up_rate,
            "interim_interval": limits.interim_interval,
        },
    }


def _ended_state(ended: EndedSession) -> dict[str, Any]:
    session = ended.session
    return {
        "device": ended.device,
        "id": session.session_id,
        "user_name": session.user_name,
        "cause": int(ended.cause),
        "ended_at": ended.ended_at.isoformat(),
        "session_time": session.session_time(ended.ended_at),
        "downloaded": session.downloaded,
        "uploaded": session.uploaded,
    }
