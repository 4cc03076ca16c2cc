"""STATE/reload.json: what became of the last attempt to follow changed rules, for the one who asked for it.

Written by the engine after each attempt, atomically; `number` grows over engines, so that an asker who has seen the one
before knows which is theirs. Holds no secret.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from engine.settings import write_private

_LOOK_EVERY_S = 0.05


class Attempt(BaseModel):
    """One attempt. Not followed: `problems` say why, and the rules of before (`digest`) hold."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    followed: bool
    digest: str  # of the rules that hold now
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What an engine has to say of an attempt."""

    followed: bool
    digest: str
    problems: tuple[str, ...] = ()


def write(state: Path, told: Told) -> None:
    """The next attempt. OSError when the disk will not."""
    number = 1 + (last.number if (last := read(state)) is not None else 0)
    attempt = Attempt(number=number, followed=told.followed, digest=told.digest, problems=told.problems)
    write_private(_path(state), attempt.model_dump_json())


def read(state: Path) -> Attempt | None:
    """The last attempt; None when there was none, or it cannot be read."""
    try:
        return Attempt.model_validate_json(_path(state).read_bytes())
    except (OSError, ValueError):
        return None


def wait(state: Path, before: Attempt | None, timeout_s: float, alive: Callable[[], bool]) -> Attempt | None:
    """The attempt that follows `before`; None when none comes in time, or the engine is gone."""
    until = time.monotonic() + timeout_s
    seen = before.number if before is not None else 0
    while time.monotonic() < until and alive():
        if (last := read(state)) is not None and last.number > seen:
            return last
        time.sleep(_LOOK_EVERY_S)
    return None


def _path(state: Path) -> Path:
    return state / "reload.json"
