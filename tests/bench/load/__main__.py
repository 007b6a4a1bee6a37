"""The generator's process: a job on standard input, the report on standard output."""

import gc
import sys
import time
from collections.abc import Sequence

from portal.radius.attributes import AttributeType
from portal.radius.authenticator import verify_reply
from portal.radius.codes import Code
from portal.radius.packet import parse
from tests.bench.load.job import Figures, Job, Report
from tests.bench.load.packets import Sessions
from tests.bench.load.window import Talk, Tally, Window


def main() -> None:
    job = Job.from_json(sys.stdin.read())
    sys.stdout.write(run(job).to_json())


def run(job: Job) -> Report:
    """Sign everybody in, then send the accounting of those who were accepted."""
    sessions = Sessions(job)
    gc.disable()
    asked = [
        Talk(number % job.sockets, [sessions.access_request(number, credential)])
        for number, credential in enumerate(job.credentials)
    ]
    auth, cpu = _held(job, sessions, job.auth_port, asked)
    classes, wrong = _accepted(job, sessions, asked)
    began = job.began_at or int(time.time())
    told = {
        number: Talk(
            number % job.sockets,
            sessions.accounting(number, job.credentials[number], class_value, began),
        )
        for number, class_value in classes.items()
    }
    acct, acct_cpu = _held(job, sessions, job.acct_port, list(told.values()))
    return Report(
        auth=_figures(len(asked), auth, cpu, wrong),
        acct=_figures(sum(len(t.packets) for t in told.values()), acct, acct_cpu),
        accepted=len(classes),
        acknowledged=[
            sessions.reached(number, len(talk.replies)) for number, talk in told.items()
        ],
    )


def _held(
    job: Job, sessions: Sessions, port: int, talks: Sequence[Talk]
) -> tuple[Tally, float]:
    window = Window(
        (job.host, port),
        sessions.secret,
        sockets=job.sockets,
        in_flight=job.in_flight,
        give_up_after=job.give_up_after,
    )
    try:
        before = time.process_time()
        tally = window.run(talks, job.open_at_once)
        return tally, time.process_time() - before
    finally:
        window.close()


def _accepted(
    job: Job, sessions: Sessions, asked: Sequence[Talk]
) -> tuple[dict[int, bytes | None], int]:
    """The Class of each accepted session by number; how many answers were wrong."""
    classes: dict[int, bytes | None] = {}
    wrong = 0
    for number, talk in enumerate(asked):
        for octets in talk.replies:
            reply = parse(octets)
            if reply.code == Code.ACCESS_ACCEPT and verify_reply(
                reply,
                talk.packets[0],
                sessions.secret,
                require_message_authenticator=job.require_message_authenticator,
            ):
                classes[number] = reply.get(AttributeType.CLASS)
            else:
                wrong += 1
    return classes, wrong


def _figures(requests: int, tally: Tally, cpu: float, wrong: int = 0) -> Figures:
    ordered = sorted(tally.latencies)

    def at(share: float) -> float:
        if not ordered:
            return 0.0
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    return Figures(
        requests=requests,
        seconds=max(0.0, tally.ended_at - tally.began_at),
        p50=at(0.5),
        p99=at(0.99),
        worst=at(1.0),
        resent=tally.resent,
        lost=tally.lost,
        wrong=wrong,
        strays=tally.strays,
        cpu=cpu,
    )


if __name__ == "__main__":
    main()
