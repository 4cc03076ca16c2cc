"""`./ringmaster test [pytest args]`: installs what the tests need, then runs lint, types, contracts and all tests.

With arguments only pytest runs, with those arguments. `--long` and `--audio` add the tests of those markers
(tests/conftest.py). Standard library only until the test packages are there.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from engine import fetch

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ("asterisk", "baresip", "sipp", "prometheus", "alertmanager", "chromium", "kamailio")
TESTS_FAILED = 1  # pytest's exit code for that; others are usage, interruption, a file that cannot be read
TIMES_ALONE = 2
WORKERS = "4"
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
    """Four files at a time, since the tests on the real PBX mostly listen and wait; a file's tests share a centre.

    In the order of the folders: what waits comes first, and what only reckons fills the cores at the end. Real phones
    beside three other centres on two cores can be late for a bound that holds, so what failed is run once more, alone,
    and what failed then, once more. A fault fails again; what passed only then is told.
    """
    beside = ("-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder", "--cache-clear")
    code, failed = _tests("tests", *beside)
    at_first = failed or set()
    for _ in range(TIMES_ALONE):
        if code != TESTS_FAILED or not failed:
            break
        print("what failed (see above) is run once more, alone", flush=True)
        code, failed = _tests("alone", "--last-failed", "--last-failed-no-failures", "none")
    if passed := at_first - (at_first if failed is None else failed):
        print(
            "passed only alone, which is a race or a bound too tight for a busy machine:", *sorted(passed), sep="\n  "
        )
    if code in (0, TESTS_FAILED) and failed is not None:
        # A worker that died is pytest's failure too; what it ran has passed in another by then.
        code = TESTS_FAILED if failed else 0
    return code


def _tests(title: str, *arguments: str) -> tuple[int, set[str] | None]:
    """Pytest's exit code, and what failed and has not passed since by its own record, None when it left none."""
    started = time.monotonic()
    code = _pytest(*arguments)
    print(f"{title}: {f'exit {code}' if code else 'ok'} ({time.monotonic() - started:.0f} s)", flush=True)
    record = ROOT / ".pytest_cache" / "v" / "cache"
    if not (record / "nodeids").exists():
        return code, None
    failed = record / "lastfailed"
    return code, set(json.loads(failed.read_text(encoding="utf-8"))) if failed.exists() else set()


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
