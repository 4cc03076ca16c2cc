"""Who of two engines may serve, as tables: by the database's lock, and by what the PBX says of who serves now.

Pure: no clock, no connection. The lock alone would let the second engine take over from one that has only lost the
database, and the PBX's word alone could be written by both.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

# An engine writes its word this often, and counts as silent after that many seconds without a new one.
BEAT_EVERY_S = 0.5
SILENCE_S = 1.5
FIRST, SECOND = "first", "second"  # the places of a centre's engines


class Lock(Enum):
    """The database's advisory lock, from where this engine stands."""

    TRYING = "trying"  # not asked yet
    HELD = "held"
    OTHERS = "others"
    AWAY = "away"  # the database does not answer


class Heard(Enum):
    """Whom the PBX names as serving. Several PBXs: the strongest of their words counts."""

    UNREACHABLE = "unreachable"  # none answers
    NOBODY = "nobody"
    OWN = "own"  # this place: its engine before this one
    OTHER_SILENT = "other, silent"
    OTHER_SERVES = "other, serves"


class Step(Enum):
    """What an engine that waits does next."""

    WAIT = "wait"
    LET_GO = "let go"  # of the lock: the one who serves has only lost the database, and must get it back
    SERVE = "serve"


_WAITING = {
    (Lock.HELD, Heard.NOBODY): Step.SERVE,
    (Lock.HELD, Heard.OWN): Step.SERVE,
    (Lock.HELD, Heard.OTHER_SILENT): Step.SERVE,
    (Lock.HELD, Heard.OTHER_SERVES): Step.LET_GO,
    # Perhaps the other one reaches the PBX.
    (Lock.HELD, Heard.UNREACHABLE): Step.LET_GO,
    # Without the database: only who served last, or the first engine of a PBX that nobody has served yet.
    (Lock.AWAY, Heard.OWN): Step.SERVE,
    (Lock.AWAY, Heard.NOBODY): Step.SERVE,
}


def waiting(lock: Lock, heard: Heard, place: str) -> Step:
    """What an engine does that does not serve."""
    if lock is Lock.AWAY and heard is Heard.NOBODY and place != FIRST:
        return Step.WAIT
    return _WAITING.get((lock, heard), Step.WAIT)


def may_go_on(lock: Lock, named: str | None, place: str) -> bool:
    """Whether an engine that serves goes on, when the PBX names `named` (None: nobody, or it does not answer).

    Who holds the lock does. Who has lost it does until another is named: the database may be away for an hour.
    """
    return lock is Lock.HELD or named is None or named == place


class Listening:
    """Listens to the PBXs' words until it is clear whom they name. Words are "PLACE NUMBER", numbers grow."""

    def __init__(self, place: str, now: float) -> None:
        """`now`: monotonic seconds, of the first listening."""
        self._place = place
        self._began = now
        self._since: dict[int, tuple[str, float]] = {}

    def hear(self, words: Sequence[str | None], now: float) -> Heard | None:
        """One round: a word of each PBX, "" where none was said, None where it does not answer. None: not clear yet."""
        others = {at: word for at, word in enumerate(words) if word and named(word) != self._place}
        for at, word in others.items():
            first, _ = self._since.setdefault(at, (word, now))
            if word != first:
                return Heard.OTHER_SERVES
        if others:
            silent = all(now - self._since[at][1] >= SILENCE_S for at in others)
            return Heard.OTHER_SILENT if silent else None
        if any(word is not None for word in words):
            return Heard.OWN if any(words) else Heard.NOBODY
        return Heard.UNREACHABLE if now - self._began >= SILENCE_S else None


def named(word: str) -> str | None:
    """The place in a PBX's word."""
    return word.partition(" ")[0] or None
