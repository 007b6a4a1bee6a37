"""Counts of arrivals and sign-ins by outcome; they name nobody."""

import re

from prometheus_client import Counter

from portal.service.arrival import Arrival, Refused
from portal.service.sign_in import SignInOutcome

_INSIDE_WORD = re.compile("(?<=[a-z])(?=[A-Z])")
_ARRIVALS = Counter(
    "portal_captive_arrivals", "Redirects of access servers.", ["outcome"]
)
_SIGN_INS = Counter("portal_captive_sign_ins", "Decided sign-ins.", ["outcome"])


def arrived(arrival: Arrival) -> None:
    outcome = arrival.refusal if isinstance(arrival, Refused) else _name(arrival)
    _ARRIVALS.labels(outcome).inc()


def signed_in(outcome: SignInOutcome) -> None:
    _SIGN_INS.labels(_name(outcome)).inc()


def _name(outcome: object) -> str:
    """`SignedOut` as `signed_out`."""
    return _INSIDE_WORD.sub("_", type(outcome).__name__).lower()
