"""New rules in a running engine: loaded whole and checked, or not at all. A broken set never replaces a running one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from dialplan import succession
from dialplan.loader import RulesError
from dialplan.ruleset import Ruleset
from engine.attempts import Told

_log = structlog.get_logger(__name__)


class RulesInForce:
    """The rules that hold now, and the one way to change them. Thread-safe."""

    def __init__(
        self,
        load: Callable[[], Ruleset],
        *,
        first: Callable[[], Ruleset] | None = None,
        changed: Callable[[Ruleset], None] = lambda _: None,
        counted: Callable[[bool], None] = lambda _: None,
        told: Callable[[Told], None] = lambda _: None,
    ) -> None:
        """Load for the first time (by `first`, if given); raises RulesError or OSError.

        `changed` is called with each new set, `counted` and `told` after each attempt.
        """
        self._load = load
        self._changed = changed
        self._counted = counted
        self._told = told
        self._lock = threading.Lock()
        self._rules = (first or load)()
        self.loaded_at = time.time()

    def __call__(self) -> Ruleset:
        """The rules in force."""
        return self._rules

    def on_change(
        self,
        changed: Callable[[Ruleset], None],
        counted: Callable[[bool], None],
        told: Callable[[Told], None] = lambda _: None,
    ) -> None:
        """Who is told of a new set, and of each attempt: whether it succeeded, and in words."""
        self._changed, self._counted, self._told = changed, counted, told

    def reload(self) -> bool:
        """Try; True when the rules in force are what the files say."""
        with self._lock:
            try:
                fresh = self._load()
                succession.check(self._rules, fresh)
            except RulesError as error:
                for problem in error.problems:
                    _log.error("rules.refused", problem=str(problem))
                _log.error("rules.kept", digest=self._rules.digest[:12], problems=len(error.problems))
                return self._over(*map(str, error.problems))
            except OSError as error:
                _log.error("rules.refused", problem=str(error))
                return self._over(str(error))
            if fresh.digest == self._rules.digest:
                _log.info("rules.unchanged", digest=fresh.digest[:12])
            else:
                old, self._rules, self.loaded_at = self._rules, fresh, time.time()
                try:
                    self._changed(fresh)
                except Exception:  # noqa: BLE001 - the rules hold; what could not follow them is in the log
                    _log.exception("rules.followed_in_part")
                    return self._over("the new rules hold, but not everything could follow them: see the engine's log")
                _log.info(
                    "rules.loaded",
                    digest=fresh.digest[:12],
                    digest_before=old.digest[:12],
                    agents=len(fresh.agents),
                )
            return self._over()

    def _over(self, *problems: str) -> bool:
        """The attempt is over: count it, tell it; whether there were no problems."""
        self._counted(not problems)
        self._told(Told(not problems, self._rules.digest, problems))
        return not problems
