"""The part of `./ringmaster explain` that looks back: `--contact`, `--why`, `--why-not`. No centre need run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable

from acd import why
from acd.journal.read import latest_contacts
from acd.journal.store import Store
from dialplan.language import Language
from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from engine import contactstory
from engine.commands.rules_folder import CITY_RULES, cache_folder
from engine.journalread import JournalError, journal_read
from engine.ranby import rules_of
from engine.settings import default_state


def explain_past(options: argparse.Namespace) -> int:
    """Exit 0 with the answer, 1 when there is no such contact or no journal, 2 for a wrong call."""
    language = Language(options.language or "ko")
    if language not in {Language.KO, Language.EN}:
        print("explain: of a past contact --language is that of the sentences: ko or en", file=sys.stderr)
        return 2
    try:
        with journal_read(options.state) as database:
            return _answer(options, database, language)
    except JournalError as error:
        print(f"explain: {error}", file=sys.stderr)
        return 1


def _answer(options: argparse.Namespace, database: Store, language: Language) -> int:
    agent, contact = options.why or options.why_not or ("", options.contact)
    rules = _rules(options)
    story = contactstory.read(database, contact)
    if story is None:
        latest = ", ".join(one.contact_id for one in latest_contacts(database, 5)) or "none yet"
        print(f"explain: no contact {contact}; the latest are: {latest}", file=sys.stderr)
        return 1
    if options.why_not:
        found = contactstory.read_why_not(database, agent, story, rules)
        _print(options.json, contactstory.why_not_json(found), contactstory.why_not_text(found, rules, language))
    elif options.why:
        if not (matches := why.matches(agent, story.decisions)):
            print(f"explain: {contact} never went to {agent}; --why-not {agent} {contact} tells more", file=sys.stderr)
            return 1
        told = [contactstory.decision_json(one, story, rules) for one in matches]
        whole = {"agent": agent, "contact": contact, "decisions": told}
        _print(options.json, whole, contactstory.why_text(agent, story, rules, language))
    else:
        _print(options.json, contactstory.as_json(story, rules), contactstory.as_text(story, rules, language))
    return 0


def _print(as_json: bool, whole: dict[str, object], lines: Iterable[str]) -> None:
    if as_json:
        print(json.dumps(whole, ensure_ascii=False, indent=2))
        return
    for line in lines:
        print(line)


def _rules(options: argparse.Namespace) -> Ruleset | None:
    """Those asked for, else those that the centre ran by; None when they are broken: then ids stand for names."""
    as_ran = options.rules == CITY_RULES and not options.overrides
    if as_ran and (ran_by := rules_of(options.state or default_state())) is not None:
        return ran_by
    try:
        return load(options.rules, options.overrides, cache_folder())
    except (RulesError, OSError):
        return None
