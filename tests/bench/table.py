"""The contest as a table: medians, and each beside FreeRADIUS of the same run."""

from collections.abc import Sequence

from tests.bench.contest import Standing

_COLUMNS = (
    *("", "auth/s", "x", "p50 / p99 ms", "accounting/s", "x", "p50 / p99 ms"),
    *("CPU us", "lost", "wrong"),
)
_HEAD = (
    f"| {' | '.join(_COLUMNS)} |",
    f"| --- |{' ---: |' * (len(_COLUMNS) - 1)}",
)


def table(standings: Sequence[Standing]) -> list[str]:
    """Markdown lines; the first contestant is what the others are measured by."""
    peer = standings[0]
    return [*_HEAD, *(_row(standing, peer) for standing in standings)]


def verdicts(standings: Sequence[Standing]) -> list[str]:
    """What was wanted and what came of it."""
    peer, on_postgresql, on_sqlite = standings
    return [
        _verdict(on_postgresql, peer, "auth", 2.0),
        _verdict(on_postgresql, peer, "acct", 2.0),
        _verdict(on_sqlite, peer, "acct", 3.0),
    ]


def _verdict(standing: Standing, peer: Standing, kind: str, wanted: float) -> str:
    ratio = standing.rate(kind) / peer.rate(kind)
    met = "met" if ratio >= wanted else "NOT met"
    what = {"auth": "sign-ins", "acct": "accounting"}[kind]
    return f"{standing.name}, {what}: {ratio:.2f} x, wanted {wanted:.0f} x: {met}"


def _row(standing: Standing, peer: Standing) -> str:
    cells = [standing.name]
    for kind in ("auth", "acct"):
        rate, measure = standing.rate(kind), peer.rate(kind)
        cells += [
            f"{rate:,.0f}",
            f"{rate / measure:.2f}",
            f"{standing.latency(kind, 'p50'):.0f} / {standing.latency(kind, 'p99'):.0f}",
        ]
    cells.append(f"{standing.cpu_per_request:.0f}")
    for figure in ("lost", "wrong"):
        total = standing.total("auth", figure) + standing.total("acct", figure)
        cells.append(str(total + (len(standing.faults) if figure == "wrong" else 0)))
    return "| " + " | ".join(cells) + " |"
