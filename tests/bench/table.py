"""The contest as a table: medians, and each beside FreeRADIUS of the same run."""

from collections.abc import Sequence

from tests.bench.contest import Standing

_HEAD = (
    "| | auth/s | x | p99 ms | accounting/s | x | p99 ms | lost | wrong |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
)


def table(standings: Sequence[Standing]) -> list[str]:
    """Markdown lines; the first contestant is what the others are measured by."""
    peer = standings[0]
    return [*_HEAD, *(_row(standing, peer) for standing in standings)]


def _row(standing: Standing, peer: Standing) -> str:
    cells = [standing.name]
    for kind in ("auth", "acct"):
        rate, measure = standing.rate(kind), peer.rate(kind)
        latency = standing.latency(kind)
        cells += [f"{rate:,.0f}", f"{rate / measure:.1f}", f"{latency:.0f}"]
    for figure in ("lost", "wrong"):
        total = standing.total("auth", figure) + standing.total("acct", figure)
        cells.append(str(total + (len(standing.faults) if figure == "wrong" else 0)))
    return "| " + " | ".join(cells) + " |"
