"""The UAM server: how browsers sign in and out at the access server itself.

CoovaChilli's addresses and answers. Which device is asking is known from the
connection, never from what the request says.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.gateway import status_json, wispr
from portal.gateway.access_server import Accepted, AccessServer, Refused, SignIn
from portal.gateway.challenge import chap_password, mixed_challenge, reveal_password
from portal.gateway.credential import Chap, Credential, Pap
from portal.gateway.device import Device
from portal.gateway.http import Request, Response
from portal.gateway.redirect import Failure, Redirect, Result, redirect_url
from portal.gateway.session import Session
from portal.radius.codes import TerminateCause

# A redirect longer than this overruns the buffers of real access servers.
_LONGEST_URL = 2048
_LONGEST_NAME = 253

Internet = Callable[[Request, Device], Response | None]
"""What a signed-in device's browser finds when it asks for some page."""


@dataclass(frozen=True, slots=True)
class _SignInRequest:
    user_name: str
    credential: Credential


class _NoChallenge:
    """There is no challenge, or it is too old to sign in with."""


def no_internet(request: Request, device: Device) -> Response | None:  # noqa: ARG001
    """For an access server whose browsers reach the network on their own."""
    return None


class UamServer:
    """Answers one access server's browsers; None closes the connection."""

    def __init__(self, server: AccessServer, internet: Internet = no_internet) -> None:
        self._server = server
        self._options = server.options
        self._internet = internet
        self._pages: dict[str, Callable[[Request, Device], Awaitable[Response | None]]]
        self._pages = {
            "/logon": self._logon,
            "/login": self._logon,
            "/logoff": self._logoff,
            "/logout": self._logoff,
            "/prelogin": self._prelogin,
            "/abort": self._abort,
            "/status": self._status,
            "/json/status": self._json_status,
            "/json/logon": self._json_logon,
            "/json/login": self._json_logon,
            "/json/logoff": self._json_logoff,
            "/json/logout": self._json_logoff,
            "/favicon.ico": self._nothing,
        }

    async def answer(self, request: Request, device: Device) -> Response | None:
        """Answer one request of this device."""
        self._server.count(device, self._server.clock())
        first, device.met = not device.met, True
        ours = {
            device.uam_address,
            f"{device.uam_address}:{self._options.uam_port}",
            "",
        }
        page = self._pages.get(request.path) if request.host in ours else None
        quirks = self._options.quirks
        if first and request.path == "/json/status" and quirks.first_status_redirects:
            return self._redirect(self._not_yet(device, user_name=""))
        if page is not None:
            return await page(request, device)
        return self._browse(request, device, first=first)

    def _browse(
        self, request: Request, device: Device, *, first: bool
    ) -> Response | None:
        if device.session is not None:
            return self._internet(request, device)
        if not (first and self._options.quirks.empty_first_userurl):
            device.user_url = _bounded(request.url)
        return self._redirect(self._not_yet(device))

    async def _logon(self, request: Request, device: Device) -> Response | None:
        async with device.signing_in:
            if device.session is not None:
                return self._redirect(self._already(device))
            asked = self._sign_in_request(request, device)
            if isinstance(asked, _NoChallenge):
                return self._redirect(self._failed(device, Failure.TIMEOUT))
            if asked is None:
                return self._without_credentials(device)
            self._keep_user_url(request, device)
            outcome = await self._sign_in(device, asked)
        if isinstance(outcome, Accepted):
            return self._welcome(device, outcome.session)
        if self._options.quirks.silent_refusal:
            self._refuse(device, outcome)
            return None
        return self._redirect(self._refuse(device, outcome))

    async def _json_logon(self, request: Request, device: Device) -> Response | None:
        async with device.signing_in:
            if device.session is not None:
                return self._json_state(request, device)
            asked = self._sign_in_request(request, device)
            if isinstance(asked, _NoChallenge):
                self._server.new_challenge(device, self._server.clock())
                return self._json_state(request, device)
            if asked is None:
                return self._without_credentials(device)
            self._keep_user_url(request, device)
            outcome = await self._sign_in(device, asked)
        if isinstance(outcome, Accepted):
            return self._json_state(request, device)
        self._refuse(device, outcome)
        if self._options.quirks.silent_refusal:
            return None
        message = (outcome.reply or "") if isinstance(outcome, Refused) else ""
        challenge = self._server.challenge(device, self._server.clock())
        return _json(
            request, status_json.refused(self._options, device, challenge, message)
        )

    async def _logoff(self, request: Request, device: Device) -> Response | None:  # noqa: ARG002
        # The redirect still names the session that was ended.
        session_id = device.session_id
        self._server.end(device, TerminateCause.USER_REQUEST)
        return self._redirect(self._logged_off(device, session_id))

    async def _json_logoff(self, request: Request, device: Device) -> Response | None:
        self._server.end(device, TerminateCause.USER_REQUEST)
        self._server.new_challenge(device, self._server.clock())
        return self._json_state(request, device)

    async def _prelogin(self, request: Request, device: Device) -> Response | None:  # noqa: ARG002
        signed_in = device.session is not None
        return self._redirect(
            self._already(device) if signed_in else self._not_yet(device)
        )

    async def _abort(self, request: Request, device: Device) -> Response | None:  # noqa: ARG002
        if device.session is not None:
            return self._redirect(self._already(device))
        return self._redirect(self._logged_off(device, device.session_id))

    async def _status(self, request: Request, device: Device) -> Response | None:  # noqa: ARG002
        now = self._server.clock()
        session = device.session
        if session is None:
            return self._redirect(self._not_yet(device))
        limits = session.limits
        uptime = (session.started_at - self._server.booted_at).total_seconds()
        redirect = self._describe(
            device,
            Result.ALREADY,
            challenge=device.challenge,
            user_name=session.user_name,
            started=max(0, int(uptime)),
            session_time=session.session_time(now),
            session_timeout=limits.session_timeout,
            stop_time=int(limits.terminate_at.timestamp())
            if limits.terminate_at
            else 0,
            time_left=session.time_left(now),
        )
        return self._redirect(redirect)

    async def _json_status(self, request: Request, device: Device) -> Response | None:
        return self._json_state(request, device)

    async def _nothing(self, request: Request, device: Device) -> Response | None:  # noqa: ARG002
        return Response(status="404 Not Found")

    def _sign_in_request(
        self, request: Request, device: Device
    ) -> _SignInRequest | _NoChallenge | None:
        user_name = request.value("username")
        response, password = request.value("response"), request.value("password")
        if (
            not user_name
            or len(user_name) > _LONGEST_NAME
            or not (response or password)
        ):
            return None
        seconds = self._options.sign_in_seconds
        challenge = device.challenge_within(seconds, self._server.clock())
        if challenge is None:
            return _NoChallenge()
        mixed = mixed_challenge(challenge, self._options.uam_secret)
        credential: Credential
        if response:
            proof = chap_password(response, request.value("ident"))
            if proof is None:
                return None
            credential = Chap(mixed, proof)
        else:
            clear = reveal_password(password, mixed)
            if clear is None:
                return None
            credential = Pap(clear)
        return _SignInRequest(user_name, credential)

    async def _sign_in(self, device: Device, asked: _SignInRequest) -> SignIn:
        return await self._server.sign_in(device, asked.user_name, asked.credential)

    def _keep_user_url(self, request: Request, device: Device) -> None:
        if user_url := request.value("userurl"):
            device.user_url = _bounded(user_url)

    def _without_credentials(self, device: Device) -> Response | None:
        if self._options.quirks.silent_without_credentials:
            return None
        return self._redirect(self._failed(device, Failure.OTHER))

    def _refuse(self, device: Device, outcome: SignIn) -> Redirect:
        if isinstance(outcome, Refused):
            redirect = self._failed(device, Failure.REJECT, outcome.reply)
            device.renew_session_id(self._server.clock())
            return redirect
        return self._failed(device, Failure.TIMEOUT)

    def _welcome(self, device: Device, session: Session) -> Response:
        if session.grant.redirection_url:
            return _found(_safe_location(session.grant.redirection_url), b"")
        redirect = self._describe(
            device,
            Result.SUCCESS,
            user_name=session.user_name,
            time_left=session.limits.session_timeout,
            reply=session.grant.reply,
        )
        return self._redirect(redirect)

    def _not_yet(self, device: Device, user_name: str | None = None) -> Redirect:
        challenge = self._server.challenge(device, self._server.clock())
        return self._describe(
            device, Result.NOT_YET, challenge=challenge, user_name=user_name
        )

    def _already(self, device: Device) -> Redirect:
        return self._describe(device, Result.ALREADY)

    def _failed(
        self, device: Device, failure: Failure, reply: str | None = None
    ) -> Redirect:
        challenge = self._server.new_challenge(device, self._server.clock())
        return self._describe(
            device, Result.FAILED, failure=failure, challenge=challenge, reply=reply
        )

    def _logged_off(self, device: Device, session_id: str) -> Redirect:
        challenge = self._server.new_challenge(device, self._server.clock())
        return self._describe(
            device, Result.LOGOFF, challenge=challenge, session_id=session_id
        )

    def _describe(self, device: Device, result: Result, **fields: Any) -> Redirect:
        options = self._options
        session = device.session
        common: dict[str, Any] = {
            "uam_address": device.uam_address,
            "uam_port": options.uam_port,
            "called_station": options.called_station.dashed,
            "device": device.mac.dashed,
            "device_address": device.address,
            "nas_identifier": options.nas_identifier,
            "session_id": session.session_id if session else device.session_id,
            "user_url": device.user_url,
        }
        return Redirect(result=result, **(common | fields))

    def _redirect(self, redirect: Redirect) -> Response:
        options = self._options
        url = redirect_url(options.uam_server, redirect, options.uam_secret)
        return _found(url, wispr.body(redirect, url))

    def _json_state(self, request: Request, device: Device) -> Response:
        now: datetime = self._server.clock()
        session = device.session
        if session is not None:
            answer = status_json.signed_in(self._options, device, session, now)
        else:
            challenge = self._server.challenge(device, now)
            answer = status_json.signed_out(self._options, device, challenge)
        return _json(request, answer)


def _found(location: str, body: bytes) -> Response:
    return Response(
        status="302 Moved Temporarily",
        headers=(
            ("Content-Type", "text/html; charset=UTF-8"),
            ("Location", location),
        ),
        body=body,
    )


def _json(request: Request, answer: dict[str, Any]) -> Response:
    return Response(
        headers=(("Content-Type", "text/javascript"),),
        body=status_json.encode(answer, request.value("callback")),
    )


def _bounded(url: str) -> str:
    # Cut short it would be another page; empty it is none.
    return url if len(url) <= _LONGEST_URL else ""


def _safe_location(url: str) -> str:
    return "".join(character for character in url if character.isprintable())
