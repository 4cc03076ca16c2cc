"""`./ringmaster audit --index URL [--lock FILE] [--json]`: known vulnerabilities of the locked packages."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from engine import advisories, bom
from engine.commands.sbom import ROOT

NOT_KNOWN = 69  # EX_UNAVAILABLE


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when every release is known to be sound, 1 when one is not, 69 when the index had no word on some."""
    options = _parser().parse_args(arguments)
    try:
        listed = list(bom.packages(options.lock.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        print(f"audit: {options.lock}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return 1
    if not listed:
        print(f"audit: {options.lock} names no release (name==version with its hashes)", file=sys.stderr)
        return 1
    answer = advisories.ask(listed, options.index)
    if options.json:
        print(json.dumps(asdict(answer), ensure_ascii=False, indent=1))
    else:
        for one in answer.advisories:
            also = f" ({', '.join(one.aliases)})" if one.aliases else ""
            mended = f"mended in {', '.join(one.fixed_in)}" if one.fixed_in else "not mended yet"
            print(f"{one.package} {one.version}: {one.id}{also}, {mended}\n  {one.summary}\n  {one.link}")
    if answer.unknown:
        name, why = next(iter(answer.unknown.items()))
        print(
            f"{options.index} had no word on {len(answer.unknown)} of {len(listed)} releases, the first {name}: {why}. "
            "They are not known to be sound: ask again where the index can be reached (docs/hardening.md).",
            file=sys.stderr,
        )
    print(
        f"{len(answer.advisories)} known vulnerabilities in {len(listed) - len(answer.unknown)} releases",
        file=sys.stderr,
    )
    return 1 if answer.advisories else NOT_KNOWN if answer.unknown else 0


def _index(text: str) -> str:
    try:
        return advisories.checked(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster audit",
        description="Asks the package index for known vulnerabilities of each locked release.",
        epilog="Exit 0: none known; 1: some; 69: the index did not answer for every release.",
    )
    parser.add_argument(
        "--lock", type=Path, default=ROOT / bom.RUN_LOCK, metavar="FILE", help=f"by default {bom.RUN_LOCK}"
    )
    named = os.environ.get("RINGMASTER_INDEX")
    parser.add_argument(
        "--index", type=_index, default=named, required=named is None, metavar="URL",
        help="the root of an index with PyPI's JSON API; or RINGMASTER_INDEX",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="as data")
    return parser
