"""Where the journal is kept: a file of SQLite's (the default), or a PostgreSQL database. Opens either; knows no facts.

A password is never part of an address: PostgreSQL's client reads it from PGPASSFILE or ~/.pgpass.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, StaticPool

from acd import postgres

WAL_BYTES_MOST = 64 << 20
_SCHEMES = ("postgresql", "postgresql+psycopg", "postgres")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A database's address, as it may be shown: `postgresql://user@host:5432/name`."""

    url: str

    @classmethod
    def of(cls, text: str) -> Postgres:
        """From what an operator wrote. ValueError, in words, when it is no such address or holds a password."""
        try:
            url = make_url(text)
        except ArgumentError:
            raise ValueError(f"{text!r} is no address of a database; expected postgresql://user@host/name") from None
        if url.drivername not in _SCHEMES:
            raise ValueError(f"{url.drivername} is not known; expected postgresql://user@host/name")
        if url.password is not None:
            raise ValueError("a password does not belong into the address; put it into the file that PGPASSFILE names")
        if not url.database:
            raise ValueError("the address names no database; expected postgresql://user@host/name")
        return cls(url.set(drivername="postgresql").render_as_string(hide_password=False))

    def __str__(self) -> str:
        return self.url


Store = Path | Postgres


def exists(store: Store) -> bool:
    """Whether there is a journal to read; of a database that is only known when it is asked."""
    return isinstance(store, Postgres) or store.exists()


def insert_for(store: Store) -> Any:
    """The store's own INSERT, which knows what to do about a row that is there already."""
    if isinstance(store, Postgres):
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - 0.2 s of a start that need not have it

        return insert
    return sqlite_insert


def open_engine(store: Store, *, write: bool = False, create: bool = False) -> Engine:
    """An SQLAlchemy engine. A file is made only with `create`: a lost one is not replaced by nothing."""
    if isinstance(store, Postgres):
        return _open_postgres(store, write=write)
    return _open_file(store, write=write, create=create)


def _open_postgres(store: Postgres, *, write: bool) -> Engine:
    return create_engine(
        make_url(store.url).set(drivername="postgresql+psycopg"),
        poolclass=StaticPool if write else NullPool,
        connect_args=(postgres.WRITING if write else postgres.READING).arguments(),
    )


def _open_file(path: Path, *, write: bool, create: bool) -> Engine:
    mode = "rwc" if create else "rw" if write else "ro"
    engine = create_engine(
        f"sqlite:///file:{path}?mode={mode}&uri=true",
        poolclass=StaticPool if write else NullPool,
        connect_args={"timeout": 2.0, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        if write or create:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")  # a commit is on the disk when it returns
            cursor.execute(f"PRAGMA journal_size_limit={WAL_BYTES_MOST}")
        cursor.close()

    return engine
