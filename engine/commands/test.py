"""`./ringmaster test [pytest args]`: installs what the tests need, then runs lint, types, contracts and all tests.

With arguments only pytest runs, with those arguments. `--long` and `--audio` add the tests of those markers
(tests/conftest.py). Standard library only until the test packages are there.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from engine import fetch

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ("asterisk", "baresip", "sipp", "prometheus", "alertmanager", "chromium")
TESTS_FAILED = 1  # pytest's exit code for that; others are usage, interruption, nothing collected
CHECKS = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
    "imports": ("lint-imports", "--no-cache"),
}


def run(arguments: Sequence[str]) -> int:
    """0 when all passed; else pytest's exit code, or 1. A check that fails keeps no test from running."""
    if set(arguments) & {"-h", "--help"}:
        print(__doc__)
        return 0
    install("test")
    if "--audio" in arguments:
        install("audio")
    for name in PROGRAMS:
        fetch.program(name)
    bin_dir = Path(sys.prefix) / "bin"
    failed = []
    for title, (tool, *rest) in () if arguments else CHECKS.items():
        started = time.monotonic()
        code = subprocess.run([str(bin_dir / tool), *rest], cwd=ROOT, check=False).returncode
        print(f"{title}: {'failed' if code else 'ok'} ({time.monotonic() - started:.0f} s)", flush=True)
        if code:
            failed.append(title)
    os.chdir(ROOT)
    code = _pytest(*arguments) if arguments else _all_tests()
    if failed:
        print(f"failed before the tests: {', '.join(failed)}", file=sys.stderr, flush=True)
    return code or bool(failed)


def _all_tests() -> int:
    """Three files at a time, since the tests on the real PBX mostly listen and wait; a file's tests share a centre.

    Real phones beside two other centres on two cores can be late for a bound that holds: what failed is run once
    more, alone. A fault fails again; what passed only then is told.
    """
    code = _pytest("-n", "3", "--dist", "loadfile")
    if code != TESTS_FAILED:
        return code
    print("what failed (see above) is run once more, alone", flush=True)
    return _pytest("--last-failed", "--last-failed-no-failures", "none")


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def install(group: str) -> None:
    """Bring the environment to requirements-GROUP.lock; a stamp with the lock's hash makes the second time free."""
    lock = ROOT / f"requirements-{group}.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = Path(sys.prefix) / f".{group}-lock"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"installing what the tests need ({lock.name})", file=sys.stderr, flush=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*pip, "-r", str(lock)], check=True, cwd=ROOT)
    stamp.write_text(digest)
