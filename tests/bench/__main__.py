"""`python -m tests.bench`: the contest; `saturation` and `costs` for the other figures."""

import argparse
from collections.abc import Callable, Sequence

from tests.bench.contest import contest
from tests.bench.costs import wire_costs
from tests.bench.pages import page_costs
from tests.bench.province import province
from tests.bench.readme import write
from tests.bench.saturation import saturation
from tests.bench.table import table, verdicts


def _say(line: str) -> None:
    print(line, flush=True)


def _contest(arguments: argparse.Namespace) -> int:
    standings = contest(rounds=arguments.rounds, sessions=arguments.sessions, say=_say)
    lines = table(standings)
    for line in (*lines, *verdicts(standings)):
        _say(line)
    if arguments.write_readme:
        write(lines)
    faults = [fault for standing in standings for fault in standing.faults]
    for fault in faults[:20]:
        _say(f"WRONG: {fault}")
    return 1 if faults else 0


def _saturation(_arguments: argparse.Namespace) -> int:
    findings = saturation()
    for line in findings.lines():
        _say(line)
    return 0 if findings.good else 1


def _costs(arguments: argparse.Namespace) -> int:
    with province(None) as made:
        costs = wire_costs(made, arguments.sessions)
        costs |= page_costs(made)
    for name, cost in costs.items():
        _say(f"{name:<16} {cost.cpu_each:8.0f} us of the processor")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("what", nargs="?", default="contest", choices=sorted(_WHAT))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument(
        "--write-readme", action="store_true", help="put the table into README.md"
    )
    given = parser.parse_args(arguments)
    return _WHAT[given.what](given)


_WHAT: dict[str, Callable[[argparse.Namespace], int]] = {
    "contest": _contest,
    "saturation": _saturation,
    "costs": _costs,
}

if __name__ == "__main__":
    raise SystemExit(main())
