"""`./ringmaster reload [--state DIR]`: makes a running centre follow the changed rules; says what changed, or why not.

The rules are checked here first, so that errors come at once and the engine is not even asked. Then it waits until the
engine has followed, or has refused.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dialplan import succession
from dialplan.calendar import SEOUL
from dialplan.difference import Difference, Side, difference
from dialplan.language import Language
from dialplan.loader import RulesError, load_written
from dialplan.words import Words
from engine import attempts, goodrules, ready
from engine.commands import diff
from engine.commands.rules_folder import cache_folder
from engine.settings import RunSettings, default_state

WAIT_S = 20.0


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when the engine follows the rules; 1 when they are broken (nothing changes) or nothing runs."""
    options = _parser().parse_args(arguments)
    state: Path = options.state.absolute()
    running = ready.load(state)
    if running is None or not ready.alive(running.pid):
        return _refused(options, f"no engine is running on {state}")
    settings = RunSettings.load(state)
    kept = goodrules.folder(state)
    try:
        fresh = Side(*load_written(settings.rules, settings.overrides, cache_folder()))
        in_force = Side(*load_written(kept, settings.overrides, cache_folder())) if kept.exists() else None
        if in_force is not None:
            succession.check(in_force.rules, fresh.rules)
    except RulesError as error:
        return _refused(options, "the rules are broken: the centre keeps the ones it has", *map(str, error.problems))
    found = Difference((), ())
    if in_force is not None:
        found = difference(in_force, fresh, datetime.now(SEOUL).date())
    before = attempts.read(state)
    os.kill(running.pid, signal.SIGHUP)
    attempt = attempts.wait(state, before, options.timeout, lambda: ready.alive(running.pid))
    if attempt is None:
        return _refused(options, f"the engine has not answered within {options.timeout:g} s; its log says more")
    if not attempt.followed:
        return _refused(options, "the engine has refused the rules", *attempt.problems)
    if attempt.digest != fresh.rules.digest:
        return _refused(options, "the files changed meanwhile: the engine follows what they say now; look with diff")
    _told(options, found, in_force, fresh)
    return 0


def _told(options: argparse.Namespace, found: Difference, in_force: Side | None, fresh: Side) -> None:
    if options.json:
        whole = {"followed": True, "digest": fresh.rules.digest, "problems": [], **diff.as_json(found)}
        print(json.dumps(whole, ensure_ascii=False, indent=2))
        return
    language = Language(options.language)
    if in_force is not None:
        for line in diff.as_text(found, language, in_force, fresh):
            print(line)
    print(Words("콜센터가 이 규칙을 따릅니다.", "The centre follows these rules.").text(language), file=sys.stderr)


def _refused(options: argparse.Namespace, why: str, *problems: str) -> int:
    """Problems are the answer, on stdout; the reason is for the reader."""
    if options.json:
        told = {"followed": False, "digest": None, "problems": list(problems) or [why], "changes": [], "eligible": []}
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            print(problem)
    print(f"reload: {why}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster reload",
        description="Make a running centre follow the changed rules; calls go on. Says what changed, or why not.",
    )
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument("--timeout", type=float, default=WAIT_S, metavar="S", help="to wait (default %(default)s)")
    parser.add_argument("--language", choices=["ko", "en"], default="ko", help="of what changed (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser
