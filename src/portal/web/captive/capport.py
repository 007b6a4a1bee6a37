"""`/captive-portal/api/<token>`: the captive-portal API of RFC 8908."""

import json

from flask import Response, url_for

from portal.service.visit import Visit
from portal.web.captive.services import options, services


def capport(token: str) -> Response:
    """Whether this session is still captive, and what is left of it.

    Section 5: remaining values only while they are known; unlimited is left out. What
    is no longer good says the same as what never was.
    """
    visit = services().visits.look(token)
    online = visit is not None and visit.session.state.live
    answer: dict[str, object] = {"captive": True}
    if visit is not None and online:
        answer = _open(visit)
    public = options().public_url
    if public.startswith("https:"):
        # Section 4: the portal's address must be https or it must not be given.
        path = url_for("status", token=token) if online else "/"
        answer["user-portal-url"] = public + path
    # Section 4.1: the type is application/captive+json and a cache must not keep it.
    return Response(json.dumps(answer), content_type="application/captive+json")


def _open(visit: Visit) -> dict[str, object]:
    left = {
        "seconds-remaining": visit.status.seconds_left,
        "bytes-remaining": visit.status.octets_left,
    }
    known = {name: value for name, value in left.items() if value is not None}
    return {"captive": False, "can-extend-session": False, **known}
