"""The worker: runs each periodic task in its time, until told to stop."""

import logging
import signal
import socket
import threading
import time
from collections.abc import Sequence
from datetime import timedelta

from prometheus_client import Counter

from portal.bootstrap.services import Services, connect
from portal.bootstrap.status import status_port
from portal.config import Settings
from portal.service.ports import StoreBusyError, StoreUnavailableError
from portal.service.upkeep import Task, Upkeep

log = logging.getLogger(__name__)

_AGAIN = timedelta(seconds=10)
_RUNS = Counter("portal_worker_runs", "Tasks run.", ["task", "outcome"])


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. OSError if the status port is taken."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with (
        connect(settings) as services,
        status_port(settings.worker_status_bind, services.healthy),
    ):
        log.info("worker.started")
        _work(_upkeep(services).tasks(), stop)
        log.info("worker.stopped")


def _upkeep(services: Services) -> Upkeep:
    return Upkeep(
        store=services.store,
        keys=services.keys,
        clock=services.clock,
        head_file=services.audit_head,
        retention=timedelta(days=services.settings.retention_days),
        instance=socket.gethostname(),
    )


def _work(tasks: Sequence[Task], stop: threading.Event) -> None:
    due = {task.name: 0.0 for task in tasks}
    while not stop.is_set():
        for task in tasks:
            if due[task.name] <= time.monotonic() and not stop.is_set():
                again = task.every if _ran(task) else min(_AGAIN, task.every)
                due[task.name] = time.monotonic() + again.total_seconds()
        stop.wait(max(0.0, min(due.values()) - time.monotonic()))


def _ran(task: Task) -> bool:
    try:
        task.run()
    except (StoreUnavailableError, StoreBusyError):
        log.warning("task.postponed", extra={"task": task.name})
        outcome = "postponed"
    except Exception:
        log.exception("task.failed", extra={"task": task.name})
        outcome = "failed"
    else:
        outcome = "done"
    _RUNS.labels(task.name, outcome).inc()
    return outcome == "done"
