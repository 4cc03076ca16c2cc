"""What the centre keeps: its state folder, secrets and their rights, the journal, the logs; and the rules."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from acd.journal import SCHEMA
from acd.journal.store import Postgres, Store, open_engine
from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from engine.commands.rules_folder import cache_folder
from engine.doctor.finding import Finding, failure, fine, of_node, warning
from engine.settings import RunSettings

AREA = "files"
# Below the state, and below what each PBX keeps. Folders that hold nothing secret are left out: sounds are links to
# what is in the checkout.
_PRIVATE_FOLDERS, _SECRET_FILES = ("", "tls"), ("*.json", "*.csv", "*.sqlite*", "*.log*", "tls/*")
_PBX_FOLDERS, _PBX_FILES = ("", "etc"), ("etc/*.conf", "etc/generated/*.conf")


def rules(settings: RunSettings) -> tuple[Ruleset | None, Finding]:
    """The rules of this centre, checked, and what there is to say of them."""
    try:
        ruleset = load(settings.rules, settings.overrides, cache_folder())
    except RulesError as error:
        first = f"{len(error.problems)} errors, the first: {error.problems[0]}"
        return None, failure("rules", "rules", first, f"./ringmaster validate --rules {settings.rules}")
    return ruleset, fine("rules", "rules", f"sound ({ruleset.digest[:12]}), {len(ruleset.agents)} agents")


def look(settings: RunSettings) -> Iterator[Finding]:
    """All of it, for a state folder that was used before."""
    yield from _rights(settings.state, settings.state, _PRIVATE_FOLDERS, _SECRET_FILES)
    for one in settings.pbxes:
        yield from of_node(settings, one, _rights(one.pbx_dir, settings.state, _PBX_FOLDERS, _PBX_FILES))
    yield _journal(settings.database)


def _rights(base: Path, state: Path, folders: Iterable[str], patterns: Iterable[str]) -> Iterator[Finding]:
    """Nobody but the owner may read anything here: secrets, PINs, and who called when."""
    secret = (*(base / name for name in folders), *(path for one in patterns for path in sorted(base.glob(one))))
    open_to_others = [
        path
        for path in secret
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and not _shut_in(path, state)
    ]
    for path in open_to_others:
        mode = "700" if path.is_dir() else "600"
        said = f"{path} can be read by others ({stat.filemode(path.stat().st_mode)})"
        yield failure(AREA, "rights", said, f"chmod {mode} {path}", security=True)
    if not open_to_others:
        yield fine(AREA, "rights", f"{base} and its secrets are the owner's only", security=True)


def _shut_in(path: Path, state: Path) -> bool:
    """A folder that others may list is no matter below one that they may not enter."""
    inside = path.is_dir() and path != state
    return inside and not state.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def _journal(store: Store) -> Finding:
    return _database(store) if isinstance(store, Postgres) else _file(store)


def _database(store: Postgres) -> Finding:
    try:
        with open_engine(store).connect() as connection:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        remedy = "start PostgreSQL, or look at PGPASSFILE; until then calls go on and facts wait in memory"
        return failure(AREA, "journal", f"{store} does not answer: {why}", remedy)
    return _schema(found, str(store))


def _schema(found: str | None, said: str) -> Finding:
    if found != SCHEMA:
        remedy = "start `up`: it brings the schema up to date before any call"
        return warning(AREA, "journal", f"its schema is {found or 'unknown'}, this version's is {SCHEMA}", remedy)
    return fine(AREA, "journal", f"{said}, schema {SCHEMA}")


def _file(path: Path) -> Finding:
    if not path.exists():
        return fine(AREA, "journal", "none yet; the first `up` makes it")
    size_mb = sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*")) // 1_000_000
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2.0) as database:
            revision = database.execute("SELECT version_num FROM alembic_version").fetchone()
            database.execute("SELECT at FROM facts ORDER BY run DESC, seq DESC LIMIT 1").fetchone()  # is it readable?
    except sqlite3.Error as error:
        remedy = f"stop the centre, keep {path} aside, and bring back the last backup (docs/install.md, Backup)"
        return failure(AREA, "journal", f"{path} cannot be read: {error}", remedy)
    return _schema(revision and revision[0], f"{size_mb:,} MB")
