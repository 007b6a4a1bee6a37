from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from portal.storage import schema
from portal.storage.engine import SqlStore, open_store
from portal.storage.partitions import ensure_partitions, is_partition, months
from portal.storage.tables import metadata

NOW = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> SqlStore:
    return open_store(database_url)


def upgraded(store: SqlStore) -> SqlStore:
    with store.write() as uow:
        schema.upgrade(uow.connection, NOW)
    return store


def tables(store: SqlStore) -> set[str]:
    with store.read() as uow:
        names = inspect(uow.connection).get_table_names()
    return {name for name in names if not is_partition(name)} - {"alembic_version"}


def test_models_and_migrations_describe_the_same_schema(store: SqlStore) -> None:
    upgraded(store)
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "include_name": lambda name, kind, _: (
            not (kind == "table" and is_partition(name))
        ),
    }

    with store.read() as uow:
        context = MigrationContext.configure(uow.connection, opts=options)
        differences = compare_metadata(context, metadata)

    assert differences == []
    store.dispose()


def test_indexes_are_partial_and_unique_where_the_models_say_so(
    store: SqlStore,
) -> None:
    upgraded(store)
    expected = {
        (index.name, bool(index.unique), _filtered(index.dialect_options))
        for table in metadata.tables.values()
        for index in table.indexes
    }

    with store.read() as uow:
        inspector = inspect(uow.connection)
        found = {
            (index["name"], bool(index["unique"]), _filtered(index["dialect_options"]))
            for table in metadata.tables
            for index in inspector.get_indexes(table)
            if "duplicates_constraint" not in index
        }

    assert found == expected
    store.dispose()


def _filtered(options: object) -> bool:
    """Whether an index has a WHERE, in a model's or an inspector's words."""
    assert hasattr(options, "items")
    return any(
        value is not None
        for name, of_dialect in options.items()
        for key, value in (
            of_dialect.items() if hasattr(of_dialect, "items") else [(name, of_dialect)]
        )
        if key.endswith("where")
    )


def test_every_revision_goes_up_down_and_up_again(store: SqlStore) -> None:
    revisions = [revision.revision for revision in _scripts().walk_revisions()]
    complete = tables(upgraded(store))

    for below in [*revisions[1:], "base"]:
        with store.write() as uow:
            schema.migrate(uow.connection, below, down=True)
    assert tables(store) == set()
    for revision in reversed(revisions):
        with store.write() as uow:
            schema.migrate(uow.connection, revision)

    assert tables(store) == complete == set(metadata.tables)
    store.dispose()


def test_an_upgrade_that_fails_leaves_nothing_behind(store: SqlStore) -> None:
    def fail_after_upgrade() -> None:
        with store.write() as uow:
            schema.upgrade(uow.connection, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_upgrade()

    assert tables(store) == set()
    with store.read() as uow:
        assert schema.state(uow.connection).current is None
    store.dispose()


def test_a_second_upgrade_changes_nothing(store: SqlStore) -> None:
    with store.write() as uow:
        assert schema.upgrade(uow.connection, NOW).current is None

    with store.write() as uow:
        before = schema.upgrade(uow.connection, NOW)

    assert before.up_to_date
    store.dispose()


def test_the_head_is_the_newest_revision_and_numbers_have_no_gap() -> None:
    scripts = _scripts()

    numbers = [revision.revision for revision in scripts.walk_revisions()]
    assert scripts.get_heads() == [schema.head()]
    assert numbers == [f"{n:04}" for n in range(len(numbers), 0, -1)]


@pytest.mark.parametrize(
    ("version", "advice"),
    [
        (None, "the database is empty; run `portal db upgrade`"),
        ("0001", "is at 0001, this program needs {head}; run `portal db upgrade`"),
        ("9999", "newer than this program's {head}; install the newer program"),
    ],
)
def test_a_schema_of_another_version_stops_with_what_to_do(
    store: SqlStore, version: str | None, advice: str
) -> None:
    if version is not None:
        with store.write() as uow:
            schema.migrate(uow.connection, "head")
            uow.connection.execute(
                text("UPDATE alembic_version SET version_num = :v"), {"v": version}
            )

    with pytest.raises(schema.SchemaMismatchError) as caught, store.read() as uow:
        schema.require_head(uow.connection)

    assert advice.format(head=schema.head()) in str(caught.value)
    store.dispose()


def test_a_newer_database_is_not_touched(store: SqlStore) -> None:
    with store.write() as uow:
        schema.migrate(uow.connection, "head")
        uow.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(schema.SchemaMismatchError), store.write() as uow:
        schema.upgrade(uow.connection, NOW)

    store.dispose()


def test_partitions_reach_from_last_month_to_two_years_ahead(
    postgresql_url: str,
) -> None:
    store = upgraded(open_store(postgresql_url))

    with store.read() as uow:
        names = set(inspect(uow.connection).get_table_names())

    expected = {
        f"{parent}_{month}"
        for parent in ("session", "accounting_record")
        for month in [*months(NOW), "default"]
    }
    assert {name for name in names if is_partition(name)} == expected
    assert months(NOW)[:4] == [202611, 202612, 202701, 202702]
    assert months(NOW)[-1] == 202812
    store.dispose()


def test_a_month_later_only_the_next_partition_is_missing(postgresql_url: str) -> None:
    store = upgraded(open_store(postgresql_url))

    with store.write() as uow:
        created = ensure_partitions(uow.connection, NOW.replace(year=2027, month=1))

    assert created == ["session_202901", "accounting_record_202901"]
    store.dispose()


def test_a_session_lands_in_its_month_and_an_odd_one_in_the_default(
    postgresql_url: str,
) -> None:
    store = upgraded(open_store(postgresql_url))
    row = (
        "INSERT INTO session (month, id, branch_id, nas_id, user_name, acct_session_id,"
        " device, state, flags, heard_at, session_time, downloaded, uploaded)"
        " VALUES (:month, 1, 1, 1, '', '', '', 'open', 0, 0, 0, 0, 0)"
    )

    with store.write() as uow:
        for month in (202612, 197001):
            uow.connection.execute(text(row), {"month": month})
        places = uow.connection.execute(
            text("SELECT month, tableoid::regclass::text FROM session")
        ).all()

    assert dict(map(tuple, places)) == {
        202612: "session_202612",
        197001: "session_default",
    }
    store.dispose()


def test_networks_survive_the_database(store: SqlStore) -> None:
    upgraded(store)
    network = ip_network("10.1.0.0/16")

    with store.write() as uow:
        client_id = uow.estate.add_client(
            name="c",
            network=network,
            require_message_authenticator=True,
            limit_proxy_state=False,
            is_proxy=False,
            now=NOW,
        )
        uow.estate.add_secret(client_id, b"sealed", NOW, NOW)
    with store.read() as uow:
        (client,) = uow.estate.radius_clients()

    assert client.network == network
    assert client.secrets[0].valid_until is None
    store.dispose()


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", "portal:storage/migrations")
    return ScriptDirectory.from_config(config)
