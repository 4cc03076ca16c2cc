"""`./ringmaster reload [--state DIR]`: makes a running centre follow the changed rules, or says why it will not."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from dialplan import succession
from dialplan.loader import RulesError, load
from engine import goodrules, ready
from engine.commands.rules_folder import cache_folder
from engine.settings import RunSettings, default_state


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when the engine has been told, 1 when the rules are broken (nothing changes) or nothing runs."""
    parser = argparse.ArgumentParser(prog="./ringmaster reload", description="Follow the changed rules.")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    state = parser.parse_args(arguments).state.absolute()
    running = ready.load(state)
    if running is None or not ready.alive(running.pid):
        print(f"reload: no engine is running on {state}", file=sys.stderr)
        return 1
    settings = RunSettings.load(state)
    try:
        fresh = load(settings.rules, settings.overrides, cache_folder())
        in_force = goodrules.folder(state)
        if in_force.exists():
            succession.check(load(in_force, settings.overrides, cache_folder()), fresh)
    except RulesError as error:
        for problem in error.problems:
            print(problem)
        print("The rules are broken: the centre keeps the ones it has.", file=sys.stderr)
        return 1
    os.kill(running.pid, signal.SIGHUP)
    print("The centre has been told to follow the rules.", file=sys.stderr)
    return 0
