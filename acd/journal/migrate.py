"""Brings the journal to the newest schema: `python -m acd.journal.migrate PATH-OR-URL`, a short process of its own.

The engine never imports this: alembic costs memory, and a schema is changed before the engine runs or not at all.
"""

from __future__ import annotations

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

from acd.journal.store import Postgres, Store, open_engine

_ONE_AT_A_TIME = 0x52696E676D696772  # "Ringmigr"


def migrate(store: Store) -> None:
    """Make a file that is not there, and bring it up to date. Raises SQLAlchemyError or alembic's CommandError."""
    if isinstance(store, Path):
        store.parent.mkdir(parents=True, exist_ok=True)
        if not store.exists():
            store.touch(mode=0o600)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = open_engine(store, write=True, create=True)
    try:
        with engine.begin() as connection:
            if isinstance(store, Postgres):  # two engines may start at once
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


if __name__ == "__main__":
    where = sys.argv[1]
    migrate(Postgres.of(where) if "://" in where else Path(where).resolve())
