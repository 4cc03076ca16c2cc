"""Brings the journal's file to the newest schema: `python -m acd.journal.migrate PATH`, a short process of its own.

The engine never imports this: alembic costs memory, and a schema is changed before the engine runs or not at all.
"""

from __future__ import annotations

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

from acd.journal.tables import open_engine


def migrate(path: Path) -> None:
    """Make the file if it is not there, and bring it up to date. Raises SQLAlchemyError or alembic's CommandError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = open_engine(path, write=True, create=True)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


if __name__ == "__main__":
    migrate(Path(sys.argv[1]).resolve())
