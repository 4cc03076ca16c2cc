"""A past contact's way in words and as JSON, decision by decision, and what kept an agent from it.

Reads the journal and the rules that the state's centre runs by; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from acd import why
from acd.core.facts import AgentMoved, ContactMoved, Decision, ReservationEnded
from acd.core.states import ContactState
from acd.explain import agent_code, sentence
from acd.journal import history
from acd.journal.history import Kept
from acd.journal.store import Store
from dialplan.language import Language
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset
from dialplan.words import Words, language_words
from engine.timeline import OUTCOMES, RESULTS, clock


@dataclass(frozen=True, slots=True)
class Story:
    """All that the journal has of one contact."""

    kept: tuple[Kept, ...]

    @property
    def moves(self) -> list[ContactMoved]:
        """The contact's states, in order."""
        return [one.fact for one in self.kept if isinstance(one.fact, ContactMoved)]

    @property
    def decisions(self) -> list[Decision]:
        """What was decided about it, in order."""
        return [one.fact for one in self.kept if isinstance(one.fact, Decision)]

    def result_of(self, decision: Decision) -> ReservationEnded | None:
        """How the ring ended that a match led to; None: it was no match, or the end is not known."""
        ended = (one.fact for one in self.kept if isinstance(one.fact, ReservationEnded))
        near = (one for one in ended if one.reservation_id == decision.reservation_id and one.at >= decision.at)
        return next(near, None) if decision.reservation_id is not None else None


def read(database: Store, contact_id: str) -> Story | None:
    """The contact's story, None for an unknown one. Raises SQLAlchemyError."""
    kept = history.way(database, contact_id)
    return Story(tuple(kept)) if kept else None


def read_why_not(database: Store, agent_id: str, story: Story, rules: Ruleset | None) -> why.WhyNot:
    """What kept the agent from the contact, at each moment at which something was decided."""
    decided = [one for one in story.kept if isinstance(one.fact, Decision)]
    if not decided:
        return why.WhyNot(agent_id, story.moves[0].contact_id if story.moves else "", ())
    moves = history.agent_moves(database, agent_id, decided[0].place, decided[-1].place)
    states: list[AgentMoved | None] = []
    for one in decided:
        before = [moved.fact for moved in moves if moved.place < one.place and moved.place.run == one.place.run]
        states.append(before[-1] if before and isinstance(before[-1], AgentMoved) else None)
    ended = why.ended_waiting_at(story.moves)
    begun = story.moves[0].at if story.moves else decided[0].fact.at
    around = [
        one.fact
        for one in history.decisions_between(database, begun, ended if ended is not None else decided[-1].fact.at)
        if isinstance(one.fact, Decision) and one.fact.agent_id == agent_id
    ]
    contact = [one.fact for one in decided if isinstance(one.fact, Decision)]
    return why.why_not(agent_id, contact, [one for one in around if one not in contact], states, rules)


# --- in words


def as_text(story: Story, rules: Ruleset | None, language: Language) -> Iterator[str]:
    """The contact, then each decision with what came of it, then the outcome."""
    moves = story.moves
    if moves:
        first = moves[0]
        spoken = language_words(first.language).text(language)
        when = clock(first.at, full=True)[:19].replace("T", " ")
        yield f"{first.contact_id}  {when}  {spoken}, {first.topic}, {first.queue}"
    for number, decision in enumerate(story.decisions, 1):
        yield f"{number:>3}. {clock(decision.at)[:8]}  {sentence(decision, rules, language)}"
        if (ended := story.result_of(decision)) is not None:
            result = RESULTS.get(ended.result, Words(ended.result, ended.result)).text(language)
            rang = Words(f"벨 {ended.rang_s:.1f}초: {result}", f"rang for {ended.rang_s:.1f} s: {result}").text(
                language
            )
            yield f"      {clock(ended.at)[:8]}  {ended.agent_id} {rang}"
    if moves:
        yield _ending(moves, language)


def _ending(moves: Sequence[ContactMoved], language: Language) -> str:
    last = moves[-1]
    outcome = OUTCOMES[last.new].text(language) + (f" ({last.detail})" if last.detail else "")
    talks = [move for move in moves if move.new is ContactState.CONNECTED]
    whole = Words(f"{outcome}. 대기 {last.waited_s:.1f}초", f"{outcome}. Waited {last.waited_s:.1f} s")
    if talks:
        talk_s = sum(move.talk_s + move.hold_s for move in moves)
        agents = ", ".join(dict.fromkeys(str(move.agent_id) for move in talks))
        whole += Words(f", 상담사 {agents}, 통화 {talk_s:.1f}초", f", agent {agents}, talk {talk_s:.1f} s")
    return f"     {clock(last.at)[:8]}  {whole.text(language)}"


def why_text(agent_id: str, story: Story, rules: Ruleset | None, language: Language) -> Iterator[str]:
    """The decisions by which the contact went to the agent; nothing when it never did."""
    for decision in why.matches(agent_id, story.decisions):
        yield f"{clock(decision.at)[:8]}  {sentence(decision, rules, language)}"


def why_not_text(found: why.WhyNot, rules: Ruleset | None, language: Language) -> Iterator[str]:
    """The verdict, then what kept the agent from it at each moment; equal ones in a row once."""
    rule = rules.agents.get(found.agent_id) if rules is not None else None
    name = f"{rule.name} ({found.agent_id})" if rule is not None else found.agent_id
    yield why.sentence(found, name, language)
    shown = [one for before, one in pairwise([None, *found.moments]) if one and (before is None or _new(before, one))]
    for moment in shown:
        place = f"   [{moment.rule}]" if moment.rule else ""
        yield f"    {clock(moment.at)[:8]}  {moment.words.text(language)}{place}"


def _new(before: why.Moment, one: why.Moment) -> bool:
    return (before.code, before.rule) != (one.code, one.rule) or one.code in {"busy", "not_available"}


# --- as JSON


def as_json(story: Story, rules: Ruleset | None) -> dict[str, object]:
    """Times are ISO 8601 in Seoul, waits seconds."""
    moves = story.moves
    first, last = (moves[0], moves[-1]) if moves else (None, None)
    return {
        "contact": first.contact_id if first else None,
        "at": clock(first.at, full=True) if first else None,
        "language": first.language.value if first else None,
        "topic": first.topic if first else None,
        "queue": first.queue if first else None,
        "outcome": last.new.value if last else None,
        "detail": last.detail if last else None,
        "waited_s": round(last.waited_s, 3) if last else None,
        "decisions": [decision_json(one, story, rules) for one in story.decisions],
    }


def decision_json(decision: Decision, story: Story, rules: Ruleset | None) -> dict[str, object]:
    """One decision with its words and what came of it."""
    ended = story.result_of(decision)
    return {
        "at": clock(decision.at, full=True),
        "outcome": decision.outcome,
        "agent": decision.agent_id,
        "trigger": decision.trigger,
        "strategy": decision.strategy,
        "waited_s": round(decision.waited_s, 3),
        "candidates": decision.candidates,
        "requirement": _requirement(decision.requirement),
        "step": decision.step,
        "rule": decision.rule,
        "passed_over": [
            {"agent": one.agent_id, "contact": one.contact_id, "code": one.code, **_both(decision, one.code)}
            for one in decision.passed_over
        ],
        "result": ended.result if ended else None,
        "rang_s": round(ended.rang_s, 3) if ended else None,
        "ko": sentence(decision, rules, Language.KO),
        "en": sentence(decision, rules, Language.EN),
    }


def why_not_json(found: why.WhyNot) -> dict[str, object]:
    """The verdict is the last moment."""
    moments = [
        {"at": clock(one.at, full=True), "code": one.code, "rule": one.rule, "ko": one.words.ko, "en": one.words.en}
        for one in found.moments
    ]
    return {
        "agent": found.agent_id,
        "contact": found.contact_id,
        "verdict": moments[-1] if moments else None,
        "ko": why.sentence(found, found.agent_id, Language.KO),
        "en": why.sentence(found, found.agent_id, Language.EN),
        "moments": moments,
    }


def _both(decision: Decision, code: str) -> dict[str, str]:
    words = agent_code(code, of_contact=decision.trigger == "freed")
    return {"ko": words.ko, "en": words.en}


def _requirement(requirement: Requirement | None) -> dict[str, object] | None:
    if requirement is None:
        return None
    language = requirement.language
    return {"language": language.value if language else None, "skills": dict(requirement.skills)}
