"""How a command reads a state's journal: one that is not there, or not readable, is one error whose message says so.

What reads journals is loaded when one is read, for it loads slowly, and commands have other things to say too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.journal.store import Store


class JournalError(Exception):
    """Why it cannot be read; for the operator."""


@contextmanager
def journal_read(state: Path | None) -> Iterator[Store]:
    """The journal of this state, by default the checkout's centre's. JournalError for what fails in the block, too."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - see this file's first lines

    from acd.journal.store import exists  # noqa: PLC0415 - as above
    from engine.settings import default_state, journal_of  # noqa: PLC0415 - as above

    database = journal_of((state or default_state()).absolute())
    if not exists(database):
        raise JournalError(f"there is no journal at {database}")
    try:
        yield database
    except (SQLAlchemyError, KeyError, TypeError, ValueError) as error:
        raise JournalError(f"{database} cannot be read: {error}") from error
