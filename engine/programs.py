"""Programs of tests/bench/ and tests/chaos/, each in a process of its own: none inherits another's memory or threads.

Such a program prints a list of rows as JSON, and judges itself by its exit code too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
Row = dict[str, Any]


def rows_of(module: str, *words: str) -> list[Row] | int:
    """What `module` (`tests.bench.core`) has found; its exit code when it has printed no rows."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", module, "--json", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    try:
        rows: list[Row] = json.loads(done.stdout)
    except ValueError:
        return done.returncode
    return rows
