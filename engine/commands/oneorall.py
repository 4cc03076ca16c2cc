"""What `bench` and `chaos` are alike in: one program of several or all of them, and their rows as lines or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping

from engine.commands import arguments
from engine.programs import Row


def parser(command: str, description: str, kind: str, known: Mapping[str, str], fields: str) -> argparse.ArgumentParser:
    """With `name`, one of the `known` (each with what it is for) or None, and `json`, a list of rows of `fields`."""
    made = argparse.ArgumentParser(
        prog=f"./ringmaster {command}",
        description=description,
        epilog="\n".join(f"{name}: {what}" for name, what in known.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one = arguments.one_of(kind, known)
    made.add_argument("name", nargs="?", type=one, metavar="NAME", help="one of these; all without it")
    made.add_argument("--json", action="store_true", help=f"a list of {fields}")
    return made


def rows_of_each(name: str | None, known: Mapping[str, str], run: Callable[[str], list[Row]]) -> list[Row]:
    """All rows of this one, or of all; on standard error which one runs."""
    rows: list[Row] = []
    for one in [name] if name else known:
        print(f"{one}: {known[one]}", file=sys.stderr, flush=True)
        rows += run(one)
    return rows


def tell(rows: Iterable[Row], lines: Callable[[Row], str], *, as_json: bool) -> int:
    """The rows on standard output, each as `lines` has it after its verdict; exit 1 when one of them has not passed."""
    rows = list(rows)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            print(f"{'ok  ' if row['pass'] else 'FAIL'} {lines(row)}")
    return 0 if all(row["pass"] for row in rows) else 1
