"""`./ringmaster restore FILE --state DIR [--json]`: a backup becomes the state of a new folder; then `up` on it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from acd.journal import SCHEMA
from engine import backup
from engine.settings import default_state


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when DIR holds the backup, 1 with the reason on stderr; DIR is as before then."""
    parser = argparse.ArgumentParser(
        prog="./ringmaster restore",
        description="Brings a backup back into an empty folder. Nothing that is there is overwritten.",
        epilog="Then: ./ringmaster up --state DIR. The rules it was taken with are in DIR/rules.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="what `backup` has written")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="an empty or a new folder")
    parser.add_argument("--json", action="store_true", help="what was in it")
    options = parser.parse_args(arguments)
    try:
        contents = backup.bring_back(options.file.absolute(), options.state.absolute(), newest_schema=SCHEMA)
    except (backup.BackupError, OSError) as error:
        print(f"restore: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(asdict(contents), indent=1))
    else:
        print(f"{options.state}: {len(contents.files)} files are back; start it with `up --state {options.state}`")
    return 0
