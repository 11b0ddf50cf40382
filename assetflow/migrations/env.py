"""Runs the numbered schema revisions: forward only, each in its own transaction."""

import os

from alembic import context

from assetflow.backends import backend_of
from assetflow.models import metadata


def run() -> None:
    """Upgrade the database that the caller, or ASSETFLOW_DATABASE_URL, names."""
    engine = context.config.attributes.get("engine")
    if engine is None:
        engine = backend_of(
            os.environ.get("ASSETFLOW_DATABASE_URL", "sqlite://")
        ).migration_engine()
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            transactional_ddl=True,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
