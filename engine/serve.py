"""The engine's process: `python -m engine.serve --state DIR`. Its parent is `up` or a container's entry point.

SIGHUP loads the rules anew, SIGTERM and SIGINT end it; Asterisk goes on, and callers go to the safety net.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import structlog

from acd.journal import SCHEMA
from acd.journal.store import Postgres, Store
from acd.postgres import STARTING, connect
from dialplan.loader import RulesError
from engine import logs
from engine.settings import RunSettings

MIGRATE_WITHIN_S = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after a wanted end, 1 when it could not begin."""
    parser = argparse.ArgumentParser(prog="python -m engine.serve", description="The engine's process.")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR")
    parser.add_argument("--place", choices=("first", "second"), default="first", help="of a centre's two engines")
    options = parser.parse_args(arguments)
    logs.configure()
    log = structlog.get_logger("engine.serve")
    waited_for = {signal.SIGHUP, signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, waited_for)  # before any thread is made: all inherit it
    settings = RunSettings.load(options.state.absolute(), options.place)
    # Beside the engine's own start: a call waits for no schema, and the journal's writer can wait.
    migration = threading.Thread(target=_migrate, args=(settings.database, log), name="migration", daemon=True)
    migration.start()
    from engine.wiring import Engine  # noqa: PLC0415 - after the mask

    try:
        with ExitStack() as stack:
            if settings.database_url is None:
                engine = Engine(settings, journal_after=migration.join)
                engine.start()
            else:
                from engine.standby import waiting  # noqa: PLC0415 - psycopg, for who has a database

                turn = stack.enter_context(waiting.turn_of(settings))
                with waiting.waited_for(turn, settings, waited_for) as is_ours:
                    if not is_ours:
                        return 0
                    turn.serve(lambda: os.kill(os.getpid(), signal.SIGTERM))
                    engine = Engine(settings, journal_after=migration.join)
                    engine.start()
            gc.freeze()  # what a start has made stays: to look through it for garbage holds up all threads for 50 ms
            while signal.sigwait(waited_for) == signal.SIGHUP:
                threading.Thread(target=engine.rules.reload, name="reload", daemon=True).start()
            engine.stop()
            return 0
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
    except OSError as error:
        log.critical("engine.not_started", error=str(error))
    return 1


def _migrate(database: Store, log: structlog.typing.FilteringBoundLogger) -> None:
    """The journal's schema, in a process of its own. A journal that can't be had is no reason to take no calls."""
    if _is_current(database):
        return
    try:
        subprocess.run(
            [sys.executable, "-P", "-m", "acd.journal.migrate", str(database)],
            check=True,
            timeout=MIGRATE_WITHIN_S,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )
    except (subprocess.SubprocessError, OSError) as error:
        log.critical("journal.not_migrated", error=str(error))


def _is_current(database: Store) -> bool:
    """Whether the file has the newest schema: the usual case, which then costs a returning engine nothing."""
    if not isinstance(database, Path):
        return _has_newest(database)
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1.0)) as connection:
            return bool(connection.execute("select version_num from alembic_version").fetchone() == (SCHEMA,))
    except sqlite3.Error:
        return False


def _has_newest(database: Postgres) -> bool:
    import psycopg  # noqa: PLC0415 - for who has such a journal

    try:
        with connect(database.url, STARTING) as connection:
            return connection.execute("SELECT version_num FROM alembic_version").fetchone() == (SCHEMA,)
    except psycopg.Error:
        return False


if __name__ == "__main__":
    sys.exit(main())
