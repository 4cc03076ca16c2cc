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
PROGRAMS = ("asterisk", "baresip", "sipp", "prometheus")
CHECKS = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
    "imports": ("lint-imports", "--no-cache"),
}


def run(arguments: Sequence[str]) -> int:
    """0 when all passed; else pytest's exit code, or 1. A check that fails keeps no test from running."""
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
    # The tests on the real PBX mostly listen and wait: three at a time keep two cores busy. A file stays together,
    # since its tests share a centre.
    spread = () if arguments else ("-n", "3", "--dist", "loadfile")
    code = subprocess.run([sys.executable, "-m", "pytest", *spread, *arguments], check=False).returncode
    if failed:
        print(f"failed before the tests: {', '.join(failed)}", file=sys.stderr, flush=True)
    return code or bool(failed)


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
