"""The same events give the same commands, whatever the order in which this Python hashes its strings."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from acd.core.step import step
from tests.property import test_core_machine

LIFE = "from tests.property import test_core_determinism as it; print(it.fingerprint(3))"


def fingerprint(seed: int) -> str:
    """A digest of every command of one long life."""
    digest = hashlib.sha256()

    def telling(state, event, now):
        out = step(state, event, now)
        digest.update(repr(out).encode())
        return out

    test_core_machine.step = telling
    try:
        test_core_machine.test_long_lives(seed)
    finally:
        test_core_machine.step = step
    return digest.hexdigest()


def test_hash_seeds_do_not_show() -> None:
    root = Path(__file__).parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", LIFE],
            cwd=root,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64
