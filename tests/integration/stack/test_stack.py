"""The servers that the other tests lean on are what they claim to be."""

import http.server
import socket
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from tests.stack import postgresql
from tests.stack.browser import OpenWindow
from tests.stack.process import Program
from tests.stack.redis import Server
from tests.stack.wait import until


def test_a_database_is_empty_and_takes_a_table(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    try:
        tables = sqlalchemy.inspect(engine).get_table_names()
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE reading_room (seat integer)")
    finally:
        engine.dispose()

    assert tables == []


def test_two_databases_do_not_see_each_other(
    postgresql_cluster: postgresql.Cluster,
) -> None:
    with (
        postgresql_cluster.database() as first,
        postgresql_cluster.database() as second,
    ):
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE reading_room (seat integer)")
        with psycopg.connect(second) as connection:
            row = connection.execute("SELECT to_regclass('reading_room')").fetchone()

    assert row == (None,)


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_the_cluster_is_as_durable_as_a_librarys(
    postgresql_url: str, setting: str
) -> None:
    with psycopg.connect(postgresql_url) as connection:
        row = connection.execute(f"SHOW {setting}").fetchone()

    assert row == ("on",)


def test_redis_is_empty_for_every_test(redis_server: Server, redis_url: str) -> None:
    before = redis_server.say(b"DBSIZE")
    redis_server.say(b"SET seat 1")

    assert before == b":0\r\n"
    assert redis_url.startswith("redis://127.0.0.1:")


def test_ports_differ_and_lie_below_the_ephemeral_range(
    free_port: Callable[[], int],
) -> None:
    taken = {free_port() for _ in range(20)}

    assert len(taken) == 20
    assert all(20_000 <= port < 32_768 for port in taken)


def test_the_network_beyond_this_machine_is_closed() -> None:
    documentation_only = ("192.0.2.1", 9)  # RFC 5737

    with pytest.raises(UserWarning, match=r"tried to use socket.*192\.0\.2\.1"):
        socket.create_connection(documentation_only, timeout=0.1)


ORPHAN_MAKER = """
import pathlib, sys, threading
from tests.stack.browser import OpenWindow
from tests.stack.process import Program
child = Program.start(["sleep", "600"], log=pathlib.Path(sys.argv[1]))
print(child.pid, flush=True)
child.wait(within=600)
"""


def test_a_program_does_not_outlive_the_test_run(tmp_path: Path) -> None:
    run = Program.start(
        [sys.executable, "-c", ORPHAN_MAKER, tmp_path / "child"], log=tmp_path / "log"
    )
    run.wait_for("\n")
    child = int(run.output)
    was_alive = is_alive(child)

    run.kill()

    assert was_alive
    assert until(lambda: not is_alive(child), what="the child ends")


def is_alive(pid: int) -> bool:
    """Tell a running process from none and from one that only waits to be reaped."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


PAGE = b"""<!doctype html><html lang=fa dir=rtl><title>before</title>
<script>document.title = "after"</script><p>\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85</p></html>"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Set-Cookie", "seat=1; Path=/")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_request(self, *_: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def site() -> Generator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("strict", "title"), [(True, "before"), (False, "after")])
def test_a_strict_window_runs_no_script_and_keeps_no_cookie(
    site: str, open_window: OpenWindow, strict: bool, title: str
) -> None:
    window = open_window(strict=strict)
    page = window.new_page()
    page.goto(site)

    assert page.title() == title
    assert len(window.cookies()) == (0 if strict else 1)
