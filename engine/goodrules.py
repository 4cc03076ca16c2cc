"""The rules that were last found sound, kept in the state as the files they are.

An engine that dies while an operator is in the midst of an edit must start again: then these hold, and the log says so.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dialplan.loader import FILE_NAMES, OPTIONAL_FILES


def folder(state: Path) -> Path:
    """Where they are; not there before the first engine of a state."""
    return state / "rules"


def keep(rules: Path, state: Path) -> None:
    """Copy the files of `rules`, which have just been loaded without a problem. OSError when the disk will not."""
    if rules == folder(state):
        return
    fresh, place = state / f".rules.{os.getpid()}", folder(state)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    for name in (*FILE_NAMES, *OPTIONAL_FILES):
        if name in FILE_NAMES or (rules / name).exists():
            shutil.copyfile(rules / name, fresh / name)
    shutil.rmtree(place, ignore_errors=True)
    fresh.rename(place)
