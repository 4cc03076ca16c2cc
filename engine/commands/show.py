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
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from acd.core.facts import AgentMoved, CallbackNoted, ContactMoved, Decision, Fact, ReservationEnded, TalkNoted
from acd.core.seoul import DAY_S, midnight
from acd.core.states import ContactState
from acd.explain import sentence
from acd.journal.agents import agents_day, last_seen_at
from acd.journal.codec import to_dict
from acd.journal.read import latest_contacts, timeline
from dialplan.loader import RulesError, load
from dialplan.ruleset import Language, Ruleset
from engine import agentlines, agentstoday, ready
from engine.commands.rules_folder import cache_folder
from engine.settings import RunSettings, default_state

LATEST = 20
_ZONE = ZoneInfo("Asia/Seoul")
_RESULTS = {
    "answered": "answered",
    "no_answer": "did not answer",
    "busy": "was busy",
    "declined": "declined",
    "unreachable": "could not be reached",
    "caller_gone": "was let go, because the caller had gone",
}
_CALLBACKS = {
    "kept": "kept: the citizen answered",
    "busy": "not reached: the citizen's phone was busy",
    "no_answer": "not reached: the citizen did not answer",
    "no_line": "not reached: no line to the outside took the call",
    "rang_in": "closed: the citizen rang in and was answered",
    "on_line": "closed: the caller never left the line",
}


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with the answer, 1 when there is no such contact or no journal."""
    parser = argparse.ArgumentParser(
        prog="./ringmaster show",
        description="One contact's timeline from the journal; the latest contacts without one.",
    )
    parser.add_argument("contact", nargs="?", help="the contact's id, as logs and the wallboard name it")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument("--agents", action="store_true", help="what each agent did today, since midnight in Seoul")
    parser.add_argument("--json", action="store_true", help="a list of facts, of contacts or of agents")
    options = parser.parse_args(arguments)
    state: Path = options.state.absolute()
    database = state / "journal.sqlite"
    if not database.exists():
        print(f"show: there is no journal at {database}", file=sys.stderr)
        return 1
    try:
        if options.agents:
            return _agents(state, options.json)
        if options.contact is None:
            return _latest(database, options.json)
        return _one(state, options.contact, options.json)
    except (SQLAlchemyError, KeyError, TypeError, ValueError) as error:
        print(f"show: {database} cannot be read: {error}", file=sys.stderr)
        return 1


def _one(state: Path, contact_id: str, as_json: bool) -> int:
    database = state / "journal.sqlite"
    facts = timeline(database, contact_id)
    if not facts:
        latest = ", ".join(one.contact_id for one in latest_contacts(database, 5)) or "none yet"
        print(f"show: no contact {contact_id}; the latest are: {latest}", file=sys.stderr)
        return 1
    rules = _rules(state)
    if as_json:
        print(json.dumps([_as_json(fact, rules) for fact in facts], ensure_ascii=False, indent=1))
        return 0
    for line in lines(facts, rules):
        print(line)
    return 0


def _latest(database: Path, as_json: bool) -> int:
    contacts = latest_contacts(database, LATEST)
    if as_json:
        print(json.dumps([{"time": _clock(one.first_at, full=True), **dataclasses.asdict(one)} for one in contacts]))
    elif contacts:
        print("The latest contacts, the newest first; `show CONTACT` tells all of one.")
        print(f"  {'contact':<20} {'first seen':<19} {'lang':<4} {'topic':<12} {'outcome':<22} {'agent':<6} waited")
        for one in contacts:
            outcome = one.state + (f" ({one.detail})" if one.detail else "")
            when = datetime.fromtimestamp(one.first_at, UTC).astimezone(_ZONE)
            print(
                f"  {one.contact_id:<20} {when:%Y-%m-%d %H:%M:%S} {one.language:<4} {one.topic:<12} {outcome:<22} "
                f"{one.agent_id or '-':<6} {one.waited_s:.1f} s"
            )
    else:
        print("No contact yet.")
    return 0


def _agents(state: Path, as_json: bool) -> int:
    """Up to now while an engine runs, else up to when one was last seen alive."""
    database = state / "journal.sqlite"
    known, now = ready.load(state), time.time()
    until = now if known is not None and ready.alive(known.pid) else min(now, last_seen_at(database) or now)
    begin = midnight(until)
    days = agents_day(database, begin, begin + DAY_S).figures(until)
    rules = _rules(state)
    names = {agent.id: agent.name for agent in rules.agents.values()} if rules is not None else {}
    if as_json:
        listed = [{"agent": one, "name": names.get(one), **agentstoday.as_json(day)} for one, day in days.items()]
        whole = {"since": _clock(begin, full=True), "until": _clock(until, full=True), "agents": listed}
        print(json.dumps(whole, ensure_ascii=False, indent=1))
        return 0
    print(f"Since {_clock(begin, full=True)[:16]}, up to {_clock(until)[:8]}; times in h:mm:ss.")
    print(agentlines.HEAD)
    for agent_id, day in days.items():
        print(agentlines.line(agent_id, names.get(agent_id, ""), day))
    return 0


def _rules(state: Path) -> Ruleset | None:
    """For names of agents and queues; their keys do when there are none."""
    try:
        settings = RunSettings.load(state)
        return load(settings.rules, settings.overrides, cache_folder())
    except (RulesError, OSError, ValueError):
        return None


def _as_json(fact: Fact, rules: Ruleset | None) -> dict[str, object]:
    data: dict[str, object] = {"time": _clock(fact.at, full=True), **to_dict(fact)}
    if isinstance(fact, Decision):
        data["ko"] = sentence(fact, rules, Language.KO)
        data["en"] = sentence(fact, rules, Language.EN)
    return data


def _clock(at: float, *, full: bool = False) -> str:
    moment = datetime.fromtimestamp(at, UTC).astimezone(_ZONE)
    return moment.isoformat(timespec="milliseconds") if full else moment.strftime("%H:%M:%S.%f")[:-3]


def lines(facts: Sequence[Fact], rules: Ruleset | None) -> Iterator[str]:
    """The timeline in words, a line for each thing that happened; the first line says whose it is."""
    first = next((fact for fact in facts if isinstance(fact, ContactMoved)), None)
    if first is not None:
        when = datetime.fromtimestamp(first.at, UTC).astimezone(_ZONE)
        yield f"{first.contact_id}  {when:%Y-%m-%d}  {first.language.value}, topic {first.topic}, queue {first.queue}"
    for fact in facts:
        for words in _words(fact, rules):
            yield f"  {_clock(fact.at)}  {words}"


def _words(fact: Fact, rules: Ruleset | None) -> Iterator[str]:
    match fact:
        case Decision():
            yield sentence(fact, rules, Language.KO)
            yield sentence(fact, rules, Language.EN)
        case ReservationEnded(agent_id=agent, result=result, rang_s=rang_s):
            yield f"agent {agent} {_RESULTS.get(result, result)} after ringing for {rang_s:.1f} s"
        case AgentMoved(agent_id=agent):
            reason = f" ({fact.reason})" if fact.reason else ""
            yield f"agent {agent}: {fact.presence.value}, {fact.work.value}{reason}"
        case TalkNoted(what=what, detail=detail, agent_id=agent, by=by):
            yield f"{what} {detail}" + (f" by {by}" if by else "") + f", agent {agent}"
        case CallbackNoted():
            due = f", next at {_clock(fact.due_at)}" if fact.due_at is not None and fact.what != "booked" else ""
            when = f" for {_clock(fact.due_at)}" if fact.due_at is not None and fact.what == "booked" else ""
            tries = f", attempt {fact.attempts}" if fact.agent_id is not None else ""
            yield f"call-back {_CALLBACKS.get(fact.what, fact.what)}{when}{tries}{due}"
        case ContactMoved():
            yield _moved(fact)


def _moved(fact: ContactMoved) -> str:
    match fact.new:
        case ContactState.QUEUED if fact.old is None:
            return f"waits in {fact.queue}"
        case ContactState.QUEUED:
            return f"waits again in {fact.queue}, at its old place; {fact.waited_s:.1f} s so far"
        case ContactState.CONNECTED:
            within = {True: ", within the threshold", False: ", beyond the threshold", None: ""}[fact.within_threshold]
            return f"talks with agent {fact.agent_id} after {fact.waited_s:.1f} s of waiting{within}"
        case ContactState.WRAPUP:
            return f"talk over: {fact.talk_s:.1f} s, {fact.hold_s:.1f} s on hold; agent {fact.agent_id} wraps up"
        case ContactState.ABANDONED:
            return f"hung up after {fact.waited_s:.1f} s of waiting ({fact.detail})"
    return f"{fact.new.value}" + (f" ({fact.detail})" if fact.detail else "")
