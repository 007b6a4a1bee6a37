"""The measure to beat: Debian's FreeRADIUS with rlm_sql on PostgreSQL.

Stock are the schema, the queries, the thread pool, the connection pool, the row for
each sign-in. The virtual server has what a hotspot needs and nothing else: no detail
files, no EAP, no realms, which leaves it faster than Debian's default one.
"""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import conninfo

from tests.bench.load.job import Acknowledged, Credential, Job, Report
from tests.bench.peer import HOST, NAS_IDENTIFIER, SECRET, device
from tests.stack import freeradius as stock
from tests.stack.ports import free_port
from tests.stack.process import Program

_SCHEMA = stock.STOCK / "mods-config/sql/main/postgresql/schema.sql"
_MODULES = ("always", "chap", "expr", "pap", "preprocess", "sql")
_USERS = 10_000

_SITE = """
server bench {{
  listen {{
    type = auth
    ipaddr = {host}
    port = {auth_port}
  }}
  listen {{
    type = acct
    ipaddr = {host}
    port = {acct_port}
  }}
  authorize {{
    preprocess
    chap
    sql
    pap
  }}
  authenticate {{
    Auth-Type PAP {{
      pap
    }}
    Auth-Type CHAP {{
      chap
    }}
  }}
  preacct {{
    preprocess
    acct_unique
  }}
  accounting {{
    sql
  }}
  post-auth {{
    sql
    Post-Auth-Type REJECT {{
      sql
    }}
  }}
}}
"""
_CLIENTS = """
client bench {{
  ipaddr = {host}
  secret = "{secret}"
  require_message_authenticator = yes
}}
"""


def missing() -> str | None:
    """Say what is missing to run FreeRADIUS beside the portal, or None."""
    if lacking := stock.missing():
        return lacking
    if not _SCHEMA.exists():
        return "rlm_sql_postgresql (apt: freeradius-postgresql)"
    return None


@dataclass
class FreeRadius:
    """FreeRADIUS with its private configuration and an empty database."""

    database_url: str
    auth_port: int
    acct_port: int
    program: Program
    name: str = "FreeRADIUS + PostgreSQL"
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def pids(self) -> list[int]:
        return [self.program.pid]

    def job(self, sessions: int) -> Job:
        self.program.fail_if_gone()
        turn = next(self._numbers)
        users = [(turn * sessions + each) % _USERS for each in range(sessions)]
        return Job(
            host=HOST,
            auth_port=self.auth_port,
            acct_port=self.acct_port,
            secret=SECRET,
            nas_identifier=NAS_IDENTIFIER,
            credentials=[
                Credential(_name(number), _password(number), device(number))
                for number in users
            ],
            prefix=f"f{turn:03x}",
        )

    def faults(self, job: Job, report: Report) -> list[str]:
        owed = {each.session: each for each in report.acknowledged}
        with psycopg.connect(self.database_url) as connection:
            rows = connection.execute(
                "SELECT acctsessionid, acctsessiontime, acctinputoctets,"
                " acctoutputoctets FROM radacct WHERE acctsessionid LIKE %s",
                [f"{job.prefix}%"],
            ).fetchall()
            signed_in = connection.execute(
                "SELECT count(*) FROM radpostauth WHERE reply = 'Access-Accept'"
                " AND username = ANY(%s)",
                [[each.name for each in job.credentials]],
            ).fetchone()
        assert signed_in is not None, "count(*) has a row"
        kept = {row[0]: tuple(int(value or 0) for value in row[1:]) for row in rows}
        found_faults = list(_differences(owed, kept))
        if signed_in[0] < report.accepted:
            found_faults.append(
                f"{report.accepted - signed_in[0]} sign-ins not on record"
            )
        return found_faults


def _differences(
    owed: Mapping[str, Acknowledged], kept: Mapping[str, tuple[int, ...]]
) -> Iterator[str]:
    for session, each in owed.items():
        if not each.records:
            continue
        if session not in kept:
            yield f"{session} is missing"
        elif kept[session] != (each.seconds, each.received, each.sent):
            yield f"{session} stands at {kept[session]}, acknowledged was {each}"


@contextmanager
def freeradius(database_url: str) -> Iterator[FreeRadius]:
    """Set it up on an empty database, start it, and remove it afterwards."""
    ports = free_port(), free_port()
    with stock.raddb() as raddb:
        _fill(database_url)
        _configure(raddb, database_url, *ports)
        with raddb.serving() as program:
            yield FreeRadius(database_url, *ports, program)


def _fill(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(_SCHEMA.read_text().encode())
        copy = "COPY radcheck (username, attribute, op, value) FROM STDIN"
        with connection.cursor().copy(copy) as rows:
            for number in range(_USERS):
                rows.write_row(
                    (_name(number), "Cleartext-Password", ":=", _password(number))
                )
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _configure(
    raddb: stock.Raddb, database_url: str, auth_port: int, acct_port: int
) -> None:
    raddb.enable(_MODULES)
    raddb.change(
        "mods-available/sql",
        {
            "dialect": '"postgresql"',
            "driver": '"rlm_sql_${dialect}"',
            # Keywords: a URL is taken for the name of a database.
            "radius_db": f'"{_keywords(database_url)}"',
        },
    )
    values = {"host": HOST, "auth_port": auth_port, "acct_port": acct_port}
    raddb.write("sites-enabled/bench", _SITE.format(**values))
    raddb.write("clients.conf", _CLIENTS.format(host=HOST, secret=SECRET))


def _keywords(database_url: str) -> str:
    given = conninfo.conninfo_to_dict(database_url)
    return " ".join(f"{name}={value}" for name, value in given.items())


def _name(number: int) -> str:
    return f"reader{number:05d}"


def _password(number: int) -> str:
    return f"password-{number:05d}"
