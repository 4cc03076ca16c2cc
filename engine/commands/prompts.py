"""`./ringmaster prompts render [NAME…]`: makes the recordings that changed, in an environment of its own.

The speech engine is large (about 800 MB) and nobody else needs it, so it never enters the running environment.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from engine import fetch
from engine.commands.rules_folder import CITY_RULES

ROOT = Path(__file__).resolve().parent.parent.parent


def run(arguments: Sequence[str]) -> int:
    """Exit code of the rendering process: 0 when every recording says what the catalogue says."""
    options = _parser().parse_args(arguments)
    python = _environment(fetch.home() / "prompts-venv")
    voices = fetch.home() / "voices"
    command = [str(python), "-m", "engine.render", str(options.rules.resolve()), str(options.prompts.resolve())]
    return subprocess.run([*command, str(voices), *options.names], cwd=ROOT, check=False).returncode


def _environment(folder: Path) -> Path:
    """The Python of the rendering environment, made or brought up to requirements-prompts.lock."""
    lock = ROOT / "requirements-prompts.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if not stamp.exists() or stamp.read_text() != digest:
        print("installing the speech engine (first time only, about 800 MB)", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*pip, "-r", str(lock)], check=True, cwd=ROOT)
        stamp.write_text(digest)
    return python


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./ringmaster prompts", description="The recordings of what is said.")
    parser.add_argument("action", choices=["render"], help="render: make the recordings that changed")
    parser.add_argument("names", nargs="*", help="render these anyway: beginnings of names such as ko/connecting")
    parser.add_argument("--rules", type=Path, default=CITY_RULES, metavar="DIR", help="folder of prompts.yaml")
    parser.add_argument("--prompts", type=Path, default=ROOT / "prompts", metavar="DIR", help="where recordings lie")
    return parser
