"""One session: what is known of it, the proof of its end, and ending it."""

from flask import request
from werkzeug.wrappers import Response

from portal.model.outcome import RequestKind, RequestState
from portal.model.session import SessionRef
from portal.service.patron_page import SessionView
from portal.service.staff_ports import ProofStep
from portal.service.staff_refusal import RefusalReason, Refused
from portal.web.access import allow
from portal.web.i18n import gettext
from portal.web.office import browser, words
from portal.web.office.page import (
    EVERY_ROLE,
    at_own_branch,
    branch_name,
    go,
    refusal_page,
    show,
)
from portal.web.office.services import services
from portal.web.staff.blueprint import pages


@pages.get("/sessions/<ref:ref>")
@allow(*EVERY_ROLE)
def session(ref: SessionRef) -> Response:
    member = browser.signed_in()
    at_own_branch(member)
    view = services().pages.session(member, ref)
    if isinstance(view, Refused):
        return refusal_page(view)
    return show(
        "staff/session",
        view=view,
        steps=_timeline(view),
        branch=branch_name(view.session.branch_id),
    )


@pages.get("/sessions/<ref:ref>/end")
@allow(*EVERY_ROLE)
def session_end(ref: SessionRef) -> Response:
    """The question, which names the person."""
    member = browser.signed_in()
    at_own_branch(member)
    view = services().pages.session(member, ref)
    if isinstance(view, Refused):
        return refusal_page(view)
    if not view.session.state.live:
        # Who was online long ago is for the log to reveal, with an entry.
        return refusal_page(Refused(RefusalReason.ALREADY_ENDED))
    return show("staff/end", view=view, onward=request.args.get("onward", ""))


@pages.post("/sessions/<ref:ref>/end")
@allow(*EVERY_ROLE)
def session_end_done(ref: SessionRef) -> Response:
    outcome = services().desk.disconnect(browser.signed_in(), ref)
    if isinstance(outcome, Refused):
        return refusal_page(outcome)
    if request.form.get("onward") == "patron" and outcome.handle:
        return go("staff.patron", handle=outcome.handle, said="ending")
    return go("staff.home", said="ending")


def _timeline(view: SessionView) -> list[dict[str, object]]:
    """What happened to a session, oldest first."""
    of_session = view.session
    steps: list[dict[str, object]] = [
        {"at": of_session.began_at, "title": gettext("The session began")}
    ]
    for step in view.proof:
        steps.extend(_steps_of(step))
    if of_session.ended_at is not None:
        kind, title = words.SESSION_STATES[of_session.state]
        steps.append(
            {
                "at": of_session.ended_at,
                "title": gettext(title),
                "text": words.terminate_cause(of_session.terminate_cause),
                "kind": kind,
            }
        )
    return sorted(steps, key=lambda step: str(step["at"]))


def _steps_of(step: ProofStep) -> list[dict[str, object]]:
    ending = step.kind == RequestKind.DISCONNECT
    found: list[dict[str, object]] = [
        {
            "at": step.decided_at,
            "title": gettext("Decided to end it")
            if ending
            else gettext("Decided to change its limits"),
            "text": words.end_reason(step.reason),
            "kind": "info",
        }
    ]
    if step.sent_at is not None:
        text = gettext("Attempts: %(count)s", count=step.attempts)
        title = gettext("Sent to the access server")
        found.append({"at": step.sent_at, "title": title, "text": text, "kind": "info"})
    if step.answered_at is not None:
        found.append(
            {"at": step.answered_at, "title": gettext("The access server answered")}
        )
    kind, sentence = words.REQUEST_STATES[RequestState(step.state)]
    if step.proved_at is not None:
        found.append({"at": step.proved_at, "title": gettext(sentence), "kind": kind})
    return found
