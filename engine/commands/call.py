"""`./ringmaster call`: places one real SIP call to a running centre and tells step by step what comes of it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from acd.core.facts import Decision
from acd.explain import sentence
from acd.journal.codec import from_row
from dialplan.language import Language
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine import ears, fetch, placecall, ready
from engine.commands.rules_folder import cache_folder
from engine.demo.phones import Account, PhoneError
from engine.demo.run import read_accounts
from engine.settings import RunSettings, default_state
from ivr.catalogue import MULTI, Catalogue


class CallError(Exception):
    """The call cannot be made as asked; the message says why."""


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when an agent answered, 1 when none did (the last line says why), 2 when the call could not be made."""
    options = _parser().parse_args(arguments)
    try:
        story = _place(options)
    except (CallError, PhoneError, fetch.FetchError) as error:
        print(f"call: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(dataclasses.asdict(story), ensure_ascii=False))
    else:
        print(
            f"\n{story.outcome}. Heard {story.sound_s:.1f} s of sound; longest silence {story.longest_silence_s:.1f} s."
        )
        if story.contact_id:
            print(f"./ringmaster show {story.contact_id}  tells the rest.")
    return 0 if story.answered else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./ringmaster call", description="One real SIP call to a running centre.")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument("--press", type=_keys, default=(), metavar="1,2", help="keys, each after a question has begun")
    parser.add_argument("--from", dest="number", type=_number, metavar="NUMBER", help="the citizen's number")
    parser.add_argument("--at-agent", metavar="ID", help="start this agent's phone too, log it in and answer")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="give up after (default %(default)s)")
    parser.add_argument("--talk", type=float, default=5.0, metavar="S", help="length of the talk (default %(default)s)")
    parser.add_argument("--language", choices=["ko", "en"], default="ko", help="of decisions (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="the whole story as one JSON object, at the end")
    return parser


def _place(options: argparse.Namespace) -> placecall.Story:
    state = options.state.absolute()
    known = ready.load(state)
    if known is None or not ready.alive(known.asterisk_pid or known.pid):
        raise CallError(f"no centre takes calls on {state}; start it with ./ringmaster up")
    settings = RunSettings.load(state)
    ruleset = load(settings.rules, settings.overrides, cache_folder())
    if not ruleset.trunks.lets_in(known.sip.host):
        raise CallError(_only_carriers(ruleset))
    accounts = read_accounts(state / "agents.csv")
    agent = None
    if options.at_agent:
        if options.at_agent not in accounts:
            raise CallError(f"there is no agent {options.at_agent}; {state}/agents.csv has {_span(list(accounts))}")
        agent = Account(options.at_agent, accounts[options.at_agent])
    # 010-0 is not assigned to any subscriber. Another one each time: the PBX is asked for the call by it.
    number = options.number or f"0100{random.SystemRandom().randrange(10_000_000):07d}"
    if number in accounts:
        raise CallError(f"{number} is an agent; a citizen's number is expected")
    plan = placecall.Plan(
        number=number,
        representative=ruleset.trunks.numbers[0],
        keys=options.press,
        agent=agent,
        timeout_s=options.timeout,
        talk_s=options.talk,
    )
    text_of = _texts(settings.rules)
    recordings = {name: samples for name, samples in ears.prompts_in(settings.sounds).items() if text_of(name)}
    centre = placecall.Centre(
        state, known, ears.known(recordings), text_of, _sentences(ruleset, Language(options.language))
    )
    with tempfile.TemporaryDirectory(prefix="ringmaster-call-") as folder:
        return placecall.place(centre, plan, Path(folder), _quiet if options.json else _tell)


def _only_carriers(ruleset: Ruleset) -> str:
    names = ", ".join(carrier.name for carrier in ruleset.trunks.carriers)
    return (
        f"citizens' calls come from the carriers of trunks.yaml alone ({names}); a phone of this machine is refused. "
        "Try the rules on a second centre, without carriers: ./ringmaster up --state DIR --sip-port 0 --http-port 0 "
        "--ami-port 0 --agi-port 0 --set 'trunks.carriers=[]'"
    )


def _texts(rules: Path) -> placecall.TextOf:
    """What a sentence of the rules says in writing, by its name in the sounds folder; empty for anything else there."""
    catalogue = Catalogue.load(rules)
    sentences = set(catalogue.prompt_keys())

    def text_of(name: str) -> str:
        language, _, key = name.rpartition("/")
        return catalogue.text(language or MULTI, key) if key in sentences else ""

    return text_of


def _sentences(ruleset: Ruleset, language: Language) -> Callable[[dict[str, object]], Sequence[str]]:
    """A Decision, as it comes over /events, as a sentence."""

    def sentences_of(fact: dict[str, object]) -> Sequence[str]:
        decision = from_row("Decision", json.dumps(fact))
        if not isinstance(decision, Decision):
            return ()
        return [sentence(decision, ruleset, language)]

    return sentences_of


def _tell(step: placecall.Step) -> None:
    print(f"{step.at_s:7.2f} s  {step.what:<9} {step.text}", flush=True)


def _quiet(_: placecall.Step) -> None:
    """With --json the whole story comes at the end."""


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in text.split(",") if part.strip())
    if wrong := [key for key in keys if not re.fullmatch(r"[0-9*#]", key)]:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r} is no key; keys are 0-9, * and #, with commas between them")
    return keys


def _number(text: str) -> str:
    if not re.fullmatch(r"\+?[0-9]{3,15}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no telephone number: 3 to 15 digits")
    return text


def _span(names: list[str]) -> str:
    return f"{names[0]} to {names[-1]}" if names else "none"
