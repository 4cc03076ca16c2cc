"""`./ringmaster show CONTACT [--json] [--state DIR]`: what happened to one contact, from the journal.

Works without a running centre. Without a contact it names the latest ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from acd.core.facts import AgentMoved, ContactMoved, Decision, Fact, ReservationEnded, TalkNoted
from acd.core.states import ContactState
from acd.explain import sentence
from acd.journal.codec import to_dict
from acd.journal.read import latest_contacts, timeline
from dialplan.loader import RulesError, load
from dialplan.ruleset import Language, Ruleset
from engine.commands.rules_folder import cache_folder
from engine.settings import RunSettings, default_state

_ZONE = ZoneInfo("Asia/Seoul")
_RESULTS = {
    "answered": "answered",
    "no_answer": "did not answer",
    "busy": "was busy",
    "declined": "declined",
    "unreachable": "could not be reached",
    "caller_gone": "was let go, because the caller had gone",
}


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with the timeline, 1 when there is no such contact or no journal."""
    parser = argparse.ArgumentParser(prog="./ringmaster show", description="One contact's timeline from the journal.")
    parser.add_argument("contact", nargs="?", help="the contact's id, as logs and the wallboard name it")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument("--json", action="store_true", help="a list of facts")
    options = parser.parse_args(arguments)
    database = options.state.absolute() / "journal.sqlite"
    if not database.exists():
        print(f"show: there is no journal at {database}", file=sys.stderr)
        return 1
    try:
        if options.contact is None:
            return _latest(database, options.json)
        facts = timeline(database, options.contact)
    except (SQLAlchemyError, KeyError, TypeError, ValueError) as error:
        print(f"show: {database} cannot be read: {error}", file=sys.stderr)
        return 1
    if not facts:
        latest = ", ".join(latest_contacts(database, 5)) or "none yet"
        print(f"show: no contact {options.contact}; the latest are: {latest}", file=sys.stderr)
        return 1
    rules = _rules(options.state.absolute())
    if options.json:
        print(json.dumps([_as_json(fact, rules) for fact in facts], ensure_ascii=False, indent=1))
        return 0
    for line in lines(facts, rules):
        print(line)
    return 0


def _latest(database: Path, as_json: bool) -> int:
    contacts = latest_contacts(database, 20)
    if as_json:
        print(json.dumps(contacts))
    elif contacts:
        print("The latest contacts, the newest first:", *contacts, sep="\n  ")
    else:
        print("No contact yet.")
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
