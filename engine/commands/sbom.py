"""`./ringmaster sbom [--out FILE]`: what this checkout is made of, as CycloneDX JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from engine import bom, fetch

ROOT = Path(__file__).resolve().parent.parent.parent


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when it is written, 1 with the reason on stderr when it cannot be."""
    options = _parser().parse_args(arguments)
    text = json.dumps(made_of(ROOT, fetch.home()), indent=1, ensure_ascii=False) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        try:
            options.out.write_text(text, encoding="utf-8")
        except OSError as error:
            print(f"sbom: {options.out} cannot be written: {error.strerror}", file=sys.stderr)
            return 1
    return 0


def made_of(checkout: Path, home: Path) -> bom.Json:
    """The bill of a checkout and of the programs that were fetched below `home`."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # The run lock first: where another has the same release, its hashes are the same.
    files = sorted(checkout.glob("requirements*.lock"), key=lambda file: file.name != bom.RUN_LOCK)
    locks = {file.name: file.read_text(encoding="utf-8") for file in files}
    stamps = {
        name: stamp.read_text(encoding="utf-8")
        for name in sorted(fetch.PROGRAMS)
        if (stamp := home / name / fetch.STAMP).exists()
    }
    return bom.document(project["version"], locks, stamps)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster sbom",
        description="The software bill of materials: every package of the locks and of the fetched programs.",
        epilog="CycloneDX 1.6, JSON. An Asterisk that is the machine's own is in the machine's list of packages.",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="into a file instead of to stdout")
    return parser
