"""`./ringmaster show [CONTACT | --agents] [--json] [--state DIR]`: what the journal tells.

One contact's timeline; the agents' figures since midnight in Seoul; without either, the latest contacts. Works without
a running centre.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from acd.core.facts import Decision, Fact
from acd.core.seoul import DAY_S, midnight
from acd.explain import sentence
from acd.journal.agents import agents_day, last_seen_at
from acd.journal.codec import to_dict
from acd.journal.read import latest_contacts, timeline
from acd.journal.store import Store
from dialplan.calendar import SEOUL
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from engine import agentlines, agentstoday, ready
from engine.journalread import JournalError, journal_read
from engine.ranby import rules_of
from engine.settings import default_state
from engine.timeline import clock, lines

LATEST = 20


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with the answer, 1 when there is no such contact or no journal."""
    parser = argparse.ArgumentParser(
        prog="./ringmaster show",
        description="One contact's timeline from the journal; the latest contacts without one.",
    )
    parser.add_argument("contact", nargs="?", help="the contact's id, as logs and the wallboard name it")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument("--agents", action="store_true", help="what each agent did today, since midnight in Seoul")
    parser.add_argument("--language", choices=["ko", "en"], default="ko", help="of a timeline (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="a list of facts, of contacts or of agents")
    options = parser.parse_args(arguments)
    state: Path = options.state.absolute()
    try:
        with journal_read(state) as database:
            if options.agents:
                return _agents(state, database, options.json)
            if options.contact is None:
                return _latest(database, options.json)
            return _one(state, database, options.contact, Language(options.language), options.json)
    except JournalError as error:
        print(f"show: {error}", file=sys.stderr)
        return 1


def _one(state: Path, database: Store, contact_id: str, language: Language, as_json: bool) -> int:
    facts = timeline(database, contact_id)
    if not facts:
        latest = ", ".join(one.contact_id for one in latest_contacts(database, 5)) or "none yet"
        print(f"show: no contact {contact_id}; the latest are: {latest}", file=sys.stderr)
        return 1
    rules = rules_of(state)
    if as_json:
        print(json.dumps([_as_json(fact, rules) for fact in facts], ensure_ascii=False, indent=1))
        return 0
    for line in lines(facts, rules, language):
        print(line)
    return 0


def _latest(database: Store, as_json: bool) -> int:
    contacts = latest_contacts(database, LATEST)
    if as_json:
        print(json.dumps([{"time": clock(one.first_at, full=True), **dataclasses.asdict(one)} for one in contacts]))
    elif contacts:
        print("The latest contacts, the newest first; `show CONTACT` tells all of one.")
        print(f"  {'contact':<20} {'first seen':<19} {'lang':<4} {'topic':<12} {'outcome':<22} {'agent':<6} waited")
        for one in contacts:
            outcome = one.state + (f" ({one.detail})" if one.detail else "")
            when = datetime.fromtimestamp(one.first_at, UTC).astimezone(SEOUL)
            print(
                f"  {one.contact_id:<20} {when:%Y-%m-%d %H:%M:%S} {one.language:<4} {one.topic:<12} {outcome:<22} "
                f"{one.agent_id or '-':<6} {one.waited_s:.1f} s"
            )
    else:
        print("No contact yet.")
    return 0


def _agents(state: Path, database: Store, as_json: bool) -> int:
    """Up to now while an engine runs, else up to when one was last seen alive."""
    known, now = ready.load(state), time.time()
    until = now if known is not None and ready.alive(known.pid) else min(now, last_seen_at(database) or now)
    begin = midnight(until)
    days = agents_day(database, begin, begin + DAY_S).figures(until)
    rules = rules_of(state)
    names = {agent.id: agent.name for agent in rules.agents.values()} if rules is not None else {}
    if as_json:
        listed = [{"agent": one, "name": names.get(one), **agentstoday.as_json(day)} for one, day in days.items()]
        whole = {"since": clock(begin, full=True), "until": clock(until, full=True), "agents": listed}
        print(json.dumps(whole, ensure_ascii=False, indent=1))
        return 0
    print(f"Since {clock(begin, full=True)[:16]}, up to {clock(until)[:8]}; times in h:mm:ss.")
    print(agentlines.HEAD)
    for agent_id, day in days.items():
        print(agentlines.line(agent_id, names.get(agent_id, ""), day))
    return 0


def _as_json(fact: Fact, rules: Ruleset | None) -> dict[str, object]:
    data: dict[str, object] = {"time": clock(fact.at, full=True), **to_dict(fact)}
    if isinstance(fact, Decision):
        data["ko"] = sentence(fact, rules, Language.KO)
        data["en"] = sentence(fact, rules, Language.EN)
    return data
