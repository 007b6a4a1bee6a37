import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.stack.process import Program
from tests.stack.wait import until


@pytest.fixture
def environment(
    tmp_path: Path, sqlite_url: str, free_port: Callable[[], int]
) -> dict[str, str]:
    """Settings of an upgraded installation on ports of its own."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("PORTAL_")}
    places = {
        f"PORTAL_{name}_BIND": f"127.0.0.1:{free_port()}"
        for name in ("CAPTIVE", "CAPTIVE_STATUS", "STAFF", "STAFF_STATUS")
    }
    made = kept | places
    made |= {
        "PORTAL_VAR_DIR": str(tmp_path / "var"),
        "PORTAL_DATABASE_URL": sqlite_url,
    }
    subprocess.run(
        [sys.executable, "-m", "portal", "db", "upgrade"],
        check=True,
        env=made,
        capture_output=True,
    )
    return made


@pytest.fixture
def serve(
    environment: dict[str, str], tmp_path: Path
) -> Generator[Callable[..., Program]]:
    """Start `portal web NAME` and wait until it answers."""
    started: list[Program] = []

    def start(name: str, **more: str) -> Program:
        program = Program.start(
            [sys.executable, "-m", "portal", "web", name],
            log=tmp_path / f"{name}.log",
            env=environment | more,
        )
        started.append(program)
        place = environment[f"PORTAL_{name.upper()}_STATUS_BIND"]
        until(lambda: get(f"{place}/metrics"), what="it answers", within=40)
        return program

    yield start
    for program in started:
        program.stop()


def connection(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def get(address: str, *, within: float = 5) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}", timeout=within) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


@pytest.mark.parametrize(
    ("name", "path"), [("captive", "/help"), ("staff", "/staff/sign-in")]
)
def test_a_web_process_serves_its_pages_and_ends_at_once(
    name: str,
    path: str,
    environment: dict[str, str],
    serve: Callable[..., Program],
) -> None:
    program = serve(name)
    public = environment[f"PORTAL_{name.upper()}_BIND"]
    status = environment[f"PORTAL_{name.upper()}_STATUS_BIND"]

    assert get(f"{public}{path}")[0] == 200
    assert get(f"{status}/healthz") == (200, "ok\n")
    assert "portal_http_requests_total" in get(f"{status}/metrics")[1]
    assert get(f"{status}{path}")[0] == 404
    assert get(f"{public}/healthz")[0] != 200

    assert program.stop(within=8) == 0
    lines = [json.loads(line) for line in program.output.splitlines()]
    assert {line["process"] for line in lines} == {name}


def test_several_workers_are_counted_together(
    environment: dict[str, str], serve: Callable[..., Program]
) -> None:
    serve("captive", PORTAL_CAPTIVE_WORKERS="2")
    public = environment["PORTAL_CAPTIVE_BIND"]
    status = environment["PORTAL_CAPTIVE_STATUS_BIND"]

    for _ in range(20):
        get(f"{public}/help")

    def counted() -> bool:
        text = get(f"{status}/metrics")[1]
        return 'portal_http_requests_total{status="2xx"} 20.0' in text

    until(counted, what="all are counted")


def test_a_long_redirect_still_fits_into_the_request_line(
    environment: dict[str, str], serve: Callable[..., Program]
) -> None:
    serve("captive")
    public = environment["PORTAL_CAPTIVE_BIND"]

    status, page = get(f"{public}/login?res=notyet&userurl={'a' * 5000}")

    assert status == 400
    assert "<html" in page


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /help HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        b"POST /login HTTP/1.1\r\nContent-Length: 100\r\n\r\nstate=",
        # Answered at once; who does not hang up is not waited for.
        b"GET /help HTTP/1.0\r\n\r\n",
    ],
)
def test_who_stops_half_way_keeps_nobody_waiting(
    begun: bytes, environment: dict[str, str], serve: Callable[..., Program]
) -> None:
    program = serve("captive", PORTAL_CAPTIVE_THREADS="2")
    public = environment["PORTAL_CAPTIVE_BIND"]
    with ExitStack() as slow:
        waiting = [slow.enter_context(connection(public)) for _ in range(8)]
        for one in waiting:
            one.sendall(begun)

        assert get(f"{public}/help", within=2)[0] == 200
        assert program.stop(within=8) == 0


def test_what_never_becomes_whole_is_hung_up_on(
    environment: dict[str, str], serve: Callable[..., Program]
) -> None:
    serve("captive")
    with connection(environment["PORTAL_CAPTIVE_BIND"]) as slow:
        slow.settimeout(20)
        slow.sendall(b"GET /help HTTP/1.1\r\n")

        assert slow.recv(1) == b""


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"RUBBISH 09120000000\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"431"),
        (b"POST /login HTTP/1.1\r\nContent-Length: 999999\r\n\r\n", b"413"),
    ],
)
def test_what_is_no_request_gets_a_page_and_leaves_no_address_in_the_log(
    sent: bytes,
    status: bytes,
    environment: dict[str, str],
    serve: Callable[..., Program],
) -> None:
    program = serve("captive")
    with connection(environment["PORTAL_CAPTIVE_BIND"]) as phone:
        phone.sendall(sent)
        answer = b"".join(iter(lambda: phone.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert "دوباره" in answer.decode()
    assert b"Cache-Control: no-store" in answer
    assert b"09120000000" not in answer
    assert "09120000000" not in program.output
    assert "ip=127.0.0.1" not in program.output


def test_pages_say_that_the_database_is_away(
    environment: dict[str, str], serve: Callable[..., Program]
) -> None:
    serve("captive", PORTAL_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    health = get(f"{environment['PORTAL_CAPTIVE_STATUS_BIND']}/healthz")
    status, page = get(
        f"{environment['PORTAL_CAPTIVE_BIND']}/captive-portal/api/unknown"
    )

    assert health == (503, "the database does not answer\n")
    assert status < 600
    assert "Traceback" not in page
    assert get(f"{environment['PORTAL_CAPTIVE_BIND']}/help")[0] == 200


@pytest.mark.parametrize("name", ["captive", "staff"])
def test_an_old_schema_or_a_taken_port_stops_the_start_with_one_line(
    name: str, environment: dict[str, str], tmp_path: Path
) -> None:
    def start(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "portal", "web", name],
            check=False,
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=60,
        )

    empty = start(PORTAL_DATABASE_URL=f"sqlite:///{tmp_path}/empty.db")
    setting = f"PORTAL_{name.upper()}_BIND"
    taken = start(**{setting: environment[f"PORTAL_{name.upper()}_STATUS_BIND"]})

    assert empty.returncode == 3
    assert empty.stderr == ("portal: the database is empty; run `portal db upgrade`\n")
    assert taken.returncode == 1
    assert taken.stderr.startswith(f"portal: PORTAL_{name.upper()}_STATUS_BIND: ")


def test_the_captive_process_loads_no_staff_code(environment: dict[str, str]) -> None:
    code = (
        "import sys\n"
        "from portal.wsgi import captive, server\n"
        "captive.create()\n"
        "banned = ('portal.web.staff', 'portal.web.admin', 'portal.web.office',"
        " 'portal.web.api', 'flask_login', 'portal.bootstrap.staff')\n"
        "print([name for name in sys.modules if name.startswith(banned)])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.stdout == "[]\n", done.stderr
