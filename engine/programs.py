"""Programs of tests/bench/ and tests/chaos/, each in a process of its own: none inherits another's memory or threads.

Such a program prints a list of rows as JSON, and judges itself by its exit code too.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine.settings import child_environment

ROOT = Path(__file__).resolve().parent.parent
Row = dict[str, Any]


def rows_of(module: str, *words: str) -> list[Row] | int:
    """What `module` (`tests.bench.core`) has found; its exit code when it has printed no rows."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--json", *words],
        cwd=ROOT,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    try:
        rows: list[Row] = json.loads(done.stdout)
    except ValueError:
        return done.returncode
    return rows
