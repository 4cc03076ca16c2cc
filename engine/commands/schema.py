"""`./ringmaster schema [--out DIR]`: the rules as JSON Schema, so that an editor completes and checks keys.

Writes one file for each rules file and prints the line that makes an editor use it; `--json` prints them instead.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dialplan.jsonschema import schemas
from engine import fetch
from engine.commands.rules_folder import CITY_RULES


def run(arguments: Sequence[str]) -> int:
    """Exit 0, or 1 when the folder cannot be written."""
    parser = argparse.ArgumentParser(
        prog="./ringmaster schema",
        description="JSON Schema (draft 2020-12) of the rules, for editors.",
    )
    parser.add_argument("--out", type=Path, default=fetch.home() / "schema", metavar="DIR", help="default %(default)s")
    parser.add_argument("--rules", type=Path, default=CITY_RULES, metavar="DIR", help="whose files will name them")
    parser.add_argument("--json", action="store_true", help="one JSON object by file name; writes nothing")
    options = parser.parse_args(arguments)
    if options.json:
        print(json.dumps(schemas(), ensure_ascii=False, indent=1))
        return 0
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for file, made in schemas().items():
            place = options.out / f"{file.removesuffix('.yaml')}.schema.json"
            place.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            seen = os.path.relpath(place, options.rules)
            print(f"{file}: # yaml-language-server: $schema={seen}")
    except OSError as error:
        print(f"schema: {options.out} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    print("The line after each name, put at the head of that file, makes an editor complete its keys.", file=sys.stderr)
    return 0
