"""A TCP line on loopback that a test can cut and mend: a database that goes away."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress


class Line:
    """Carries connections to `target` while it is not cut."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._flowing = threading.Event()
        self._flowing.set()
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._start()

    def cut(self) -> None:
        """Refuse new connections and break those that are open."""
        self._flowing.set()
        with self._lock:
            self._listener.close()
            broken, self._open = self._open, set()
        for each in broken:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def stall(self) -> None:
        """Carry nothing and say nothing: what a server's sudden end looks like."""
        self._flowing.clear()

    def flow(self) -> None:
        """Carry on after a stall, what came meanwhile first."""
        self._flowing.set()

    def mend(self) -> None:
        self._listener = self._listen(self.port)
        self._start()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        # Closing a socket does not wake the thread that waits for it.
        listener.settimeout(0.05)
        return listener

    def _start(self) -> None:
        accepting = threading.Thread(
            target=self._accept, args=[self._listener], daemon=True
        )
        accepting.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                near.close()
                continue
            self._join(near, far)

    def _join(self, near: socket.socket, far: socket.socket) -> None:
        for end in (near, far):
            end.settimeout(None)
        with self._lock:
            self._open |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(
                target=self._carry, args=[source, sink], daemon=True
            ).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source, sink}
        source.close()


@contextmanager
def cuttable_line(target: tuple[str, int]) -> Generator[Line]:
    made = Line(target)
    try:
        yield made
    finally:
        made.cut()
