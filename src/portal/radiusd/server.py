"""radiusd itself: sockets, writer, dynamic-authorization client and status port wired.

`run` starts it and returns when it has been told to stop, with the process's exit code.
"""

import asyncio
import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import lru_cache

from portal.model.outcome import DynauthRequest
from portal.radiusd.backlog import Backlog
from portal.radiusd.chores import Chore, Chores, Hearsay, periodic_work
from portal.radiusd.clients import EMPTY, EstateReader, Snapshot
from portal.radiusd.dynauth_client import DynauthClient
from portal.radiusd.exchange import Exchange, Peer, Work
from portal.radiusd.intake import Drop, Role
from portal.radiusd.metrics import Metrics
from portal.radiusd.options import Backend, Options
from portal.radiusd.sockets import (
    StartRefusedError,
    held,
    not_bound,
    read_burst,
    udp_socket,
)
from portal.radiusd.status import StatusPages
from portal.radiusd.writer import Answers, Writer
from portal.service.ports import StoreBusyError, StoreUnavailableError

log = logging.getLogger(__name__)

REFUSED = 3  # as every command ends that cannot start
_PREPARE_AGAIN = 0.5


def run(options: Options, backend: Backend) -> int:
    """Serve until SIGTERM or SIGINT: 0. REFUSED: not started. 1: not able to go on."""
    try:
        with ExitStack() as stack:
            stack.enter_context(held(options.lock_file))
            auth = stack.enter_context(
                udp_socket(options.bind, options.auth_port, "PORTAL_RADIUS_AUTH_PORT")
            )
            acct = stack.enter_context(
                udp_socket(options.bind, options.acct_port, "PORTAL_RADIUS_ACCT_PORT")
            )
            return asyncio.run(Server(options, backend, auth, acct).serve())
    except StartRefusedError as refused:
        sys.stderr.write(f"{refused}\n")
        return REFUSED


class Server:
    """One running radiusd."""

    def __init__(
        self,
        options: Options,
        backend: Backend,
        auth: socket.socket,
        acct: socket.socket,
    ) -> None:
        self._options = options
        self._backend = backend
        self._snapshot: Snapshot = EMPTY
        self._metrics = Metrics()
        self._backlog = Backlog(options.backlog_limit)
        self._sockets = {Role.AUTH: auth, Role.ACCT: acct}
        self._exchanges = {role: self._exchange(role) for role in Role}
        self._dynauth = DynauthClient(
            snapshot=lambda: self._snapshot,
            clock=backend.clock,
            told=_Outbox(self._backlog, backend),
            metrics=self._metrics,
        )
        self._chores = Chores(metrics=self._metrics, pause=options.pause)
        self._chores.plan(self._periodic_work())
        self._writer = Writer(
            options=options,
            backend=backend,
            backlog=self._backlog,
            chores=self._chores,
            metrics=self._metrics,
            deliver=self._deliver,
        )
        self._metrics.waiting = self._backlog.__len__
        self._exit_code = 0
        self._refusal: str | None = None

    async def serve(self) -> int:
        """Run until `stop`. Raises StartRefusedError."""
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._asked = asyncio.Event()  # the database, whether it may be used
        self._written = asyncio.Event()  # the writer has ended
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop)
        pages = await self._listen()
        await self._loop.create_datagram_endpoint(
            lambda: self._dynauth, local_addr=(self._options.bind, 0)
        )
        threading.Thread(target=self._write, name="writer", daemon=True).start()
        try:
            await self._asked.wait()
            if self._refusal is None:
                await self._answer_until_stopped()
        finally:
            await self._drain()
            self._dynauth.close()
            pages.close()
        if self._refusal is not None:
            raise StartRefusedError(self._refusal)
        return self._exit_code

    def stop(self) -> None:
        """Stop reading; what was read is committed and answered, then `serve` ends."""
        self._stop.set()
        self._asked.set()

    async def _listen(self) -> asyncio.Server:
        host, port = self._options.status_host, self._options.status_port
        pages = StatusPages(
            metrics=self._metrics, healthy=self._metrics.database.answers
        )
        try:
            return await pages.listen(host, port)
        except OSError as error:
            raise StartRefusedError(
                not_bound(error, host, port, "PORTAL_RADIUS_STATUS_BIND")
            ) from None

    async def _answer_until_stopped(self) -> None:
        for role, bound in self._sockets.items():
            self._loop.add_reader(bound, self._readable, role)
        log.info(
            "radiusd.started",
            extra={
                role.value: bound.getsockname()[1]
                for role, bound in self._sockets.items()
            },
        )
        _ease_collection()
        await self._stop.wait()
        log.info("radiusd.stopping", extra={"waiting": len(self._backlog)})
        for bound in self._sockets.values():
            self._loop.remove_reader(bound)

    async def _drain(self) -> None:
        self._writer.stop(self._options.drain)
        try:
            async with asyncio.timeout(self._options.drain + 0.5):
                await self._written.wait()
        except TimeoutError:
            log.error("radiusd.not_drained", extra={"waiting": len(self._backlog)})  # noqa: TRY400
        log.info("radiusd.stopped")

    # ------------------------------------------------------------- in the loop

    def _readable(self, role: Role) -> None:
        exchange, bound = self._exchanges[role], self._sockets[role]
        now, clock = self._backend.clock(), time.monotonic()
        works: list[Work] = []

        def take(datagram: bytes, peer: Peer) -> None:
            try:
                result = exchange.receive(datagram, peer, self._snapshot, now, clock)
            except Exception as error:  # noqa: BLE001 - the next packet is another's
                self._metrics.drop(role.value, Drop.FAILED, peer[0], None, error)
                return
            if isinstance(result, Work):
                works.append(result)
            elif result is not None:
                self._send(role, result, peer)

        read_burst(bound, take)
        if works:
            for gone in self._backlog.put(works):
                # The oldest sign-in makes room, whichever socket the flood is at.
                self._exchanges[gone.role].answer(gone, Drop.BACKLOG_FULL, clock)

    def _answer(self, answers: Answers) -> None:
        clock = time.monotonic()
        for work, outcome in answers:
            role = work.role
            try:
                reply = self._exchanges[role].answer(work, outcome, clock)
            except Exception as error:  # noqa: BLE001 - the next reply is another's
                client = work.server.nas.client_id
                source = work.peer[0]
                self._metrics.drop(role.value, Drop.FAILED, source, client, error)
                continue
            if reply is not None:
                self._send(role, reply, work.peer)

    def _send(self, role: Role, reply: bytes, peer: Peer) -> None:
        try:
            self._sockets[role].sendto(reply, peer)
        except OSError:
            # It stays in the cache: the repetition will get it.
            self._metrics.drop(role.value, Drop.NOT_SENT, peer[0], None)

    # --------------------------------------------------- on the writer's thread

    def _write(self) -> None:
        try:
            self._refusal = self._prepare()
            if self._refusal is None:
                self._writer.run()
        except Exception:
            log.exception("writer.failed")
            self._exit_code = 1
        finally:
            self._loop.call_soon_threadsafe(self._writer_ended)

    def _prepare(self) -> str | None:
        """Ask until the database answers; after the first try the sockets are read."""
        while not self._backlog.closed:
            try:
                refusal = self._writer.prepare()
            except (StoreUnavailableError, StoreBusyError):
                self._metrics.database.failed()
                self._loop.call_soon_threadsafe(self._asked.set)
                time.sleep(_PREPARE_AGAIN)
                continue
            if refusal is None:
                self._chores.run_due()
            return refusal
        return None

    def _writer_ended(self) -> None:
        self._written.set()
        self._asked.set()
        self._stop.set()

    def _deliver(self, answers: Answers) -> None:
        self._loop.call_soon_threadsafe(self._answer, answers)

    def _publish(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._loop.call_soon_threadsafe(self._asked.set)

    def _send_dynauth(self, requests: Sequence[DynauthRequest]) -> None:
        self._loop.call_soon_threadsafe(self._dynauth.send, requests)

    # ------------------------------------------------------------------ wiring

    def _exchange(self, role: Role) -> Exchange:
        return Exchange(
            role,
            # Every record of a session carries the same Class.
            read_class=lru_cache(maxsize=65_536)(self._backend.read_class),
            metrics=self._metrics,
            reply_lifetime=self._options.reply_lifetime,
        )

    def _periodic_work(self) -> list[Chore]:
        backend = self._backend
        return periodic_work(
            enforcement=backend.enforcement,
            estate=EstateReader(backend.store, backend.profiles, backend.open_secret),
            hearsay=Hearsay(backend.enforcement, list(self._exchanges.values())),
            publish=self._publish,
            send=self._send_dynauth,
            hurry=self._chores.hurry,
        )


def _ease_collection() -> None:
    """Have the garbage collector look less often at what is not garbage.

    A request is a few dozen objects without a cycle, freed when it is answered; by
    default the collector walks over those in work every twenty requests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


class _Outbox:
    """Has what the dynamic-authorization client learns written by the writer."""

    def __init__(self, backlog: Backlog, backend: Backend) -> None:
        self._backlog = backlog
        self._enforcement = backend.enforcement

    def sent(self, request_id: int) -> None:
        self._backlog.ask(lambda: self._enforcement.sent(request_id))

    def answered(
        self, request: DynauthRequest, answer: str, error_cause: int | None
    ) -> None:
        self._backlog.ask(
            lambda: self._enforcement.answered(request, answer, error_cause)
        )
