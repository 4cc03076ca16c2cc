"""The engine's process: `python -m engine.serve --state DIR`. Its parent is `up` or a container's entry point.

SIGHUP loads the rules anew, SIGTERM and SIGINT end it; Asterisk goes on, and callers go to the safety net.
"""

from __future__ import annotations

import argparse
import gc
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import structlog

from acd.journal import SCHEMA
from acd.journal.store import Store
from dialplan.loader import RulesError
from engine import logs
from engine.settings import RunSettings

MIGRATE_WITHIN_S = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after a wanted end, 1 when it could not begin."""
    parser = argparse.ArgumentParser(prog="python -m engine.serve", description="The engine's process.")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR")
    state = parser.parse_args(arguments).state.absolute()
    logs.configure()
    log = structlog.get_logger("engine.serve")
    waited_for = {signal.SIGHUP, signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, waited_for)  # before any thread is made: all inherit it
    settings = RunSettings.load(state)
    # Beside the engine's own start: a call waits for no schema, and the journal's writer can wait.
    migration = threading.Thread(target=_migrate, args=(settings.database, log), name="migration", daemon=True)
    migration.start()
    from engine.wiring import Engine  # noqa: PLC0415 - after the mask

    try:
        engine = Engine(settings, journal_after=migration.join)
        engine.start()
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        log.critical("engine.not_started", error=str(error))
        return 1
    gc.freeze()  # what a start has made stays: to look through it for garbage holds up every thread for 50 ms
    while True:
        if signal.sigwait(waited_for) == signal.SIGHUP:
            threading.Thread(target=engine.rules.reload, name="reload", daemon=True).start()
            continue
        engine.stop()
        return 0


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
        return False  # the migration itself asks
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1.0)) as connection:
            return bool(connection.execute("select version_num from alembic_version").fetchone() == (SCHEMA,))
    except sqlite3.Error:
        return False


if __name__ == "__main__":
    sys.exit(main())
