"""The command line behind ./ringmaster: finds the command's own file and runs it.

Nothing else is imported here, so that `validate` and `explain` answer within a second.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from difflib import get_close_matches

COMMANDS = {
    "up": "the call centre: Asterisk and the engine, until Ctrl-C (--demo: with callers and agents)",
    "call": "place one real SIP call to a running centre, and tell it step by step",
    "watch": "the live wallboard of a running centre",
    "report": "the official figures of a day, a week or a month: text, HTML, CSV, XLSX, PDF",
    "edge": "Kamailio before several Asterisks: carriers' calls go to those that live",
    "wallboard": "the wallboard and the reports as web pages",
    "validate": "check the rules; every error with its file, line and column",
    "diff": "what changes for callers between two sets of rules, in words",
    "draw": "the rules as a picture, one call's way through it, or a year's hours",
    "explain": "what would happen to a call at some time, and by which rules",
    "replay": "a past day through the present core and rules: what differs, and why",
    "schema": "JSON Schema of the rules, for editors that complete keys",
    "simulate": "a day of the centre, with simulated callers and agents",
    "staffing": "agents needed by hour and language, shifts, and what one fewer costs",
    "capacity": "nodes, engines and databases for so many calls at the same time",
    "show": "one contact's timeline from the journal",
    "reload": "make a running centre follow the changed rules",
    "doctor": "what is wrong with machine, files and running centre, each with its remedy",
    "sbom": "what all of this is made of: a bill of materials (CycloneDX)",
    "audit": "known vulnerabilities of the locked packages, as the package index tells them",
    "phones": "write the files from which the agents' desk phones set themselves up",
    "backup": "keep what the centre keeps in one file, while it runs",
    "restore": "bring a backup back into an empty folder",
    "prompts": "render the spoken sentences that have changed",
    "bench": "measure what the README promises",
    "chaos": "break a centre of its own on purpose, and count what was lost",
    "test": "install what the tests need and run them all",
    "completion": "what a shell needs to complete these words with Tab",
    "configure": "write the PBX's configuration and end (containers)",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. 2 for an unknown one."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    name = words[0]
    if name not in COMMANDS:
        near = get_close_matches(name, COMMANDS, 1)
        meant = f" Did you mean `{near[0]}`?" if near else ""
        print(f"ringmaster has no command `{name}`.{meant}\n\n{usage()}", file=sys.stderr)
        return 2
    if set(words[1:]) & {"-h", "--help"}:
        return _help(name, words[1:])
    try:
        return int(importlib.import_module(f"engine.commands.{name}").run(words[1:]))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the answer has seen enough (`| head`).
        sys.stderr.close()
        return 141


def _help(name: str, words: Sequence[str]) -> int:
    """The command's own help, and examples after it."""
    code = 0
    try:
        importlib.import_module(f"engine.commands.{name}").run(words)
    except SystemExit as end:
        code = int(end.code or 0)
    if not code and (examples := importlib.import_module("engine.examples").text(name)):
        print(f"\n{examples}")
    return code


def usage() -> str:
    """The list of commands."""
    lines = ["Usage: ./ringmaster COMMAND [options]; COMMAND --help tells more.", ""]
    return "\n".join(lines + [f"  {name:<10} {what}" for name, what in COMMANDS.items()])


if __name__ == "__main__":
    sys.exit(main())
