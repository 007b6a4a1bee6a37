"""gunicorn around one of the applications, set up here and not by files or arguments.

Each worker imports and makes its own application after the fork: no connection is
shared, and prometheus_client, which looks at the environment once, finds it set.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from portal.bootstrap.parent import die_with_parent
from portal.bootstrap.ports import Listening, require_free
from portal.config import Endpoint
from portal.wsgi.connections import PatientWorker

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# A UAM redirect alone may take 4096 octets of the request line.
_REQUEST_LINE = 8190
_GRACE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What one web process serves, and where."""

    name: str
    bind: Endpoint
    bind_setting: str
    status_bind: Endpoint
    status_setting: str
    workers: int
    threads: int
    log_level: str
    metrics_dir: Path


def serve(serving: Serving, create: Callable[[], "WSGIApplication"]) -> None:
    """Run until SIGTERM. Raises PortTakenError."""
    require_free(
        [
            Listening(serving.bind_setting, serving.bind),
            Listening(serving.status_setting, serving.status_bind),
        ]
    )
    if serving.workers > 1:
        _share_metrics(serving.metrics_dir)
    _Server(serving, create).run()


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(
        self, serving: Serving, create: Callable[[], "WSGIApplication"]
    ) -> None:
        self._serving = serving
        self._create = create
        super().__init__()

    def load_config(self) -> None:
        serving = self._serving
        for name, value in {
            "bind": [str(serving.bind), str(serving.status_bind)],
            "workers": serving.workers,
            "threads": serving.threads,
            "worker_class": PatientWorker,
            # A page is one request beside its style sheet, which is kept for a year.
            "keepalive": 0,
            # Each takes a file descriptor; a process usually may have 1024.
            "worker_connections": 800,
            "timeout": 60,
            "graceful_timeout": _GRACE,
            "limit_request_line": _REQUEST_LINE,
            # Front decides whom to believe; gunicorn is to pass everything on.
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
            "loglevel": serving.log_level,
            "logger_class": _Quiet,
            "post_fork": _after_fork,
            "child_exit": _after_exit,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> "WSGIApplication":
        return self._create()


class _Quiet(Logger):  # type: ignore[misc]
    """Lets gunicorn's records go the way of all others, without what browsers sent."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.setLevel(cfg.loglevel.upper())
        self.error_log.propagate = True
        if not self.error_log.filters:
            self.error_log.addFilter(_without_addresses)

    def reopen_files(self) -> None:
        """There are none."""


def _without_addresses(record: logging.LogRecord) -> bool:
    """Only what gunicorn says of itself is whole; the rest may quote what came."""
    if record.levelno != logging.INFO:
        record.msg, record.args = str(record.msg), None
    return True


def _after_fork(_server: object, worker: Any) -> None:
    die_with_parent(worker.ppid)


def _after_exit(_server: object, worker: Any) -> None:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # noqa: TID251 - see _share_metrics
        from prometheus_client import multiprocess  # noqa: PLC0415

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def _share_metrics(folder: Path) -> None:
    """Have the counts of all workers added up; prometheus_client has only this way."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # noqa: TID251
