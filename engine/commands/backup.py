"""`./ringmaster backup FILE [--state DIR] [--without-recordings] [--json]`: what the centre keeps, in one file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from engine import backup
from engine.settings import default_state


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when FILE is written, 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(
        prog="./ringmaster backup",
        description="Keeps journal, secrets, rules, registrations and recordings of a centre, running or not, in FILE.",
        epilog="FILE holds every secret: it is written 0600 and wants a safe place. `restore` brings it back.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="such as centre-2026-11-24.tar.gz; a new one")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument("--without-recordings", action="store_true", help="they may be large")
    parser.add_argument("--json", action="store_true", help="what is in it")
    options = parser.parse_args(arguments)
    try:
        contents = backup.take(
            options.state.absolute(), options.file.absolute(), recordings=not options.without_recordings
        )
    except (backup.BackupError, OSError) as error:
        print(f"backup: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(asdict(contents), indent=1))
    else:
        size_mb = options.file.stat().st_size / 1_000_000
        print(f"{options.file}: {len(contents.files)} files, {size_mb:,.1f} MB, journal schema {contents.schema}")
    return 0
