"""Importing a module of the portal does nothing but define things."""

import subprocess
import sys

# Everything is imported twice: the first time brings in the libraries, whose habits are
# not ours; the second time only the portal's own modules run, under observation.
OBSERVED = """
import importlib, pkgutil, sys, threading

def import_all():
    import portal
    for found in pkgutil.walk_packages(portal.__path__, "portal."):
        parts = found.name.split(".")
        if "versions" in parts or parts[-1] in {"__main__", "env"}:
            continue  # alembic runs its files, python -m runs the other
        importlib.import_module(found.name)

import_all()
for name in [name for name in sys.modules if name.partition(".")[0] == "portal"]:
    del sys.modules[name]
try:
    import prometheus_client
    for collector in list(prometheus_client.REGISTRY._collector_to_names):
        prometheus_client.REGISTRY.unregister(collector)
except ImportError:
    pass

def watch(event, args):
    if event == "open":
        path = str(args[0])
        if not path.endswith((".py", ".pyc")) and ".pyc." not in path:
            seen.append(f"open {path}")
    elif event in WATCHED:
        seen.append(f"{event} {args[1:]}")

seen = []
WATCHED = {
    "socket.bind", "socket.connect", "socket.getaddrinfo", "socket.sendto",
    "sqlite3.connect", "subprocess.Popen", "os.fork", "os.mkdir", "os.remove",
}
sys.addaudithook(watch)
threading.Thread.start = lambda self: seen.append(f"thread {self.name}")
import_all()
print(*seen, sep="\\n", end="")
"""


def test_importing_reads_connects_and_starts_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", OBSERVED],
        capture_output=True,
        text=True,
        check=False,
        env={},
        cwd="/",
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
