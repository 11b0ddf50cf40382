"""Runs the numbered schema revisions: forward only, each whole or not at all, nothing lost.

Each revision has its own transaction. Before it commits, the rows of every table are counted and
the references between tables are checked: a rebuilt parent table has been seen to delete every
child row and report success. A revision that means to drop rows names its tables in ``loses_rows``.
"""

import os
from typing import Any

from alembic import context
from sqlalchemy import Connection, func, inspect, select, table, text

from assetflow.backends import backend_of
from assetflow.models import metadata


def run() -> None:
    """Upgrade the database that the caller, or ASSETFLOW_DATABASE_URL, names."""
    engine = context.config.attributes.get("engine")
    if engine is None:
        url = os.environ.get("ASSETFLOW_DATABASE_URL", "sqlite://")
        engine = backend_of(url).migration_engine()
    with engine.connect() as connection:
        watch = Watch(connection)
        connection.rollback()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            transactional_ddl=True,
            transaction_per_migration=True,
            compare_type=True,
            on_version_apply=watch.check,
        )
        with context.begin_transaction():
            context.run_migrations()


class Watch:
    """Counts the rows before each revision, and refuses one that loses any."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.before = row_counts(connection)

    def check(self, ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
        """Raise where the revision lost rows or broke references; its transaction is undone."""
        allowed = getattr(step.up_revision.module, "loses_rows", ())
        after = row_counts(self.connection)
        lost = [
            name
            for name, count in self.before.items()
            if after.get(name, 0) < count and name not in (*allowed, "alembic_version")
        ]
        if lost:
            raise RuntimeError(f"the revision loses rows of {', '.join(sorted(lost))}")
        if self.connection.dialect.name == "sqlite":
            broken = self.connection.execute(text("PRAGMA foreign_key_check")).first()
            if broken is not None:
                raise RuntimeError(f"the revision leaves rows of {broken[0]} pointing nowhere")
        self.before = after


def row_counts(connection: Connection) -> dict[str, int]:
    """Count the rows of every table."""
    names = inspect(connection).get_table_names()
    return {
        name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
        for name in names
    }


run()
