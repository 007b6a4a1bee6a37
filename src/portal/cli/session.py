"""`portal session`: who is online, who was, and ending one.

A session is named MONTH-NUMBER, as the list shows it. Nobody is named but by handle.
"""

import re

import click

from portal.bootstrap.desk import desk_services
from portal.cli.finding import allowed, handle_of
from portal.cli.frame import Failure, Row, json_option, operator, show
from portal.cli.opening import services
from portal.model.session import SessionRef
from portal.service.patron_page import SessionView

_MOST = 500
_REFERENCE = re.compile(r"(\d{6})-(\d{1,19})")


class _Reference(click.ParamType[SessionRef]):
    """`202611-1234567890`."""

    name = "session"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> SessionRef:
        named = _REFERENCE.fullmatch(str(value))
        if named is None or int(named[2]) >= 2**63:
            self.fail(f"{value!r} is not a session such as 202611-1234", param, ctx)
        return SessionRef(int(named[1]), int(named[2]))


@click.group()
def command() -> None:
    """Who is online, who was."""


@command.command("list")
@click.option("--branch", help="Code of the branch; without it, all branches.")
@click.option("--patron", help="Handle or number: this patron's, ended ones too.")
@json_option
def list_(branch: str | None, patron: str | None, as_json: bool) -> None:
    """List who is online now, or the latest sessions of one patron."""
    with services() as open_:
        desk = desk_services(open_)
        if patron is not None:
            page = allowed(desk.pages.open(operator(), handle_of(open_, patron)))
            views = list(page.sessions)
        else:
            branches = {each.code: each.id for each in open_.estate.branches()}
            if branch is not None and branch not in branches:
                raise Failure(
                    f"there is no branch {branch!r}; see `portal branch list`"
                )
            chosen = None if branch is None else branches[branch]
            views = allowed(desk.pages.online(operator(), chosen, _MOST))
    show([_row(view) for view in views], as_json=as_json)


@command.command("show")
@click.argument("session", type=_Reference())
@json_option
def show_(session: SessionRef, as_json: bool) -> None:
    """Show one session, and what was asked of its access server with the proof."""
    with services() as open_:
        view = allowed(desk_services(open_).pages.session(operator(), session))
    show(_details(view), as_json=as_json)


@command.command()
@click.argument("session", type=_Reference())
@json_option
def disconnect(session: SessionRef, as_json: bool) -> None:
    """Have one session ended; radiusd asks the access server at once."""
    with services() as open_:
        done = allowed(desk_services(open_).desk.disconnect(operator(), session))
    show({"session": _name(session), "requests": done.requests}, as_json=as_json)


def _name(ref: SessionRef) -> str:
    return f"{ref.month}-{ref.id}"


def _row(view: SessionView) -> dict[str, object]:
    session = view.session
    return {
        "session": _name(session.ref),
        "access_server": view.access_server,
        "patron": view.card.patron.handle if view.card else None,
        "state": session.state.value,
        "began_at": session.began_at,
        "ended_at": session.ended_at,
        "seconds": session.usage.session_time,
        "downloaded": session.usage.downloaded,
        "uploaded": session.usage.uploaded,
        "ends_at": session.ends_at,
        "ends_by": session.ends_by,
    }


def _details(view: SessionView) -> Row:
    session = view.session
    return _row(view) | {
        "device": session.device,
        "framed_ip": session.framed_ip,
        "acct_session_id": session.acct_session_id,
        "heard_at": session.heard_at,
        "terminate_cause": session.terminate_cause,
        "flags": session.flags,
        "proof": [
            {
                "kind": step.kind,
                "reason": step.reason,
                "state": step.state,
                "decided_at": step.decided_at,
                "sent_at": step.sent_at,
                "answered_at": step.answered_at,
                "attempts": step.attempts,
                "error_cause": step.error_cause,
                "proof": step.proof,
                "proved_at": step.proved_at,
            }
            for step in view.proof
        ],
    }
