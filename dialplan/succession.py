"""May these rules follow those, while callers wait? Pure: compares two sound sets.

A queue that is gone leaves those who wait in it to the queue that `moved_to` in queues.yaml names.
"""

from __future__ import annotations

from dialplan.loader import RulesError
from dialplan.ruleset import Ruleset
from dialplan.yamlsource import Position, Problem


def check(old: Ruleset, new: Ruleset) -> None:
    """Raise RulesError with everything that keeps `new` from following `old`."""
    gone = [key for key in old.queues if key not in new.queues and key not in new.moved_to]
    problems = [
        Problem(
            Position("queues.yaml", 1, 1),
            f"queue `{key}` is gone, and nothing says where those who wait in it go: "
            f"put it back, or add `moved_to: {{{key}: …}}` with the queue that takes them",
        )
        for key in gone
    ]
    if problems:
        raise RulesError(problems)
