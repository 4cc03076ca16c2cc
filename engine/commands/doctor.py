"""`./ringmaster doctor [--state DIR] [--security] [--strict] [--json]`: what is wrong with machine, files and centre.

Changes nothing. Each finding has its remedy.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from engine import fetch, ready
from engine.doctor import files, machine, network, programs, running, security
from engine.doctor.finding import Finding, Level, of_node
from engine.settings import RunSettings, default_state

_MARKS = {Level.FINE: "ok", Level.WARNING: "warn", Level.FAILURE: "FAIL"}


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when nothing fails (warnings do not, unless --strict), 1 otherwise."""
    options = _parser().parse_args(arguments)
    found = [one for one in look(options.state.absolute()) if one.security or not options.security]
    failed = any(one.level is Level.FAILURE or (options.strict and one.level is Level.WARNING) for one in found)
    if options.json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
        return int(failed)
    for one in found:
        said = f"{one.node}: {one.what}" if one.node else one.what
        print(f"{_MARKS[one.level]:<4} {one.area:<8} {one.name:<12} {said}")
        if one.remedy:
            print(f"{'':<27}-> {one.remedy}")
    counted = {level: sum(one.level is level for one in found) for level in Level}
    print(
        f"{counted[Level.FINE]} fine, {counted[Level.WARNING]} warnings, {counted[Level.FAILURE]} failures",
        file=sys.stderr,
    )
    return int(failed)


def look(state: Path) -> Iterator[Finding]:
    """Everything there is to see from here, in the order in which it would have to be put right."""
    yield from machine.look(state)
    asterisk = fetch.found("asterisk")
    yield from programs.look(asterisk)
    try:
        settings = RunSettings.load(state)
    except FileNotFoundError:
        yield security.never_started(state)  # the machine is all there is to look at
        return
    ruleset, finding = files.rules(settings)
    yield finding
    yield from files.look(settings)
    yield from security.look(settings, ruleset)
    known = ready.load(state)
    alive = known is not None and ready.alive(known.pid)
    serves = RunSettings.load(state, known.place) if known is not None and alive else settings
    yield from network.look(serves, ruleset, running=alive)
    yield from running.health(known)
    if known is not None and alive:
        yield from running.nodes(known)
        for one in settings.pbxes:
            yield from of_node(settings, one, [running.ami(one)])
            if ruleset is not None:
                program = None if one.pbx_external else asterisk
                yield from of_node(settings, one, running.files_drift(one, ruleset, program))
            yield from of_node(settings, one, running.loaded_drift(one))
        yield from security.running(settings, ruleset, known)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster doctor",
        description="What is wrong with the machine, the files and the running centre, each with its remedy.",
    )
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument("--security", action="store_true", help="only what keeps others out")
    parser.add_argument("--strict", action="store_true", help="exit 1 for warnings too, such as an old Asterisk")
    parser.add_argument("--json", action="store_true", help="a list of findings")
    return parser
