"""What a signed-in device finds on the simulated internet."""

from html import escape

from portal.gateway.device import Device
from portal.gateway.http import Request, Response

_HTML = (("Content-Type", "text/html; charset=UTF-8"), ("Cache-Control", "no-store"))

# What phones ask for to see whether they are behind a portal, and the answer that
# tells them they are not.
_PROBES = {
    "/generate_204": Response(status="204 No Content"),
    "/gen_204": Response(status="204 No Content"),
    "/hotspot-detect.html": Response(
        headers=_HTML,
        body=b"<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>",
    ),
    "/connecttest.txt": Response(
        headers=(("Content-Type", "text/plain"),), body=b"Microsoft Connect Test"
    ),
    "/success.txt": Response(
        headers=(("Content-Type", "text/plain"),), body=b"success\n"
    ),
}

_PAGE = """<!doctype html>
<html lang="fa" dir="rtl"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>اینترنت (شبیه‌سازی) · Simulated internet</title>
<style>body{{font:1rem/1.8 system-ui,"Noto Sans Arabic",Tahoma,sans-serif;
max-width:27rem;margin:2rem auto;padding:0 16px;color:#16232A;background:#F6F7F5}}
a{{color:#0B6E6B}}
</style></head><body><h1>به اینترنت وصل هستید</h1>
<p lang="en" dir="ltr">You are online. This page stands for
<bdi>{url}</bdi>.</p>
<p><a href="/status">وضعیت · Status</a> — <a href="/logoff">پایان · Sign out</a></p>
</body></html>
"""


def answer(request: Request, device: Device) -> Response | None:  # noqa: ARG001
    """Any page that a signed-in device opens."""
    probe = _PROBES.get(request.path)
    if probe is not None:
        return probe
    page = _PAGE.format(url=escape(request.url))
    return Response(headers=_HTML, body=page.encode("utf-8", "replace"))
