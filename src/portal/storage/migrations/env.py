"""What alembic runs around the revisions: on the connection it is handed, no other."""

from alembic import context

from portal.storage.partitions import is_partition
from portal.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most things in place: alembic copies the table instead.
    render_as_batch=True,
    include_name=lambda name, kind, _: not (kind == "table" and is_partition(name)),
)

with context.begin_transaction():
    context.run_migrations()
