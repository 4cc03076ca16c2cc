"""Why a replayed match differs from the recorded one, in words. Pure; judges by the present rules."""

from __future__ import annotations

from collections.abc import Iterator

from acd.core.facts import Decision
from acd.explain import headline
from acd.replay.run import Differs
from dialplan.eligibility import Unfit, unfit
from dialplan.labels import queue_name
from dialplan.language import Language
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset
from dialplan.words import Words, language_words, number, same, skills_words

_UNFIT = {
    Unfit.LANGUAGE: Words("언어가 맞지 않음", "does not speak the language"),
    Unfit.SKILL: Words("업무 숙련도가 모자람", "lacks a skill"),
    Unfit.NOT_SERVED: Words("담당하지 않는 대기열", "does not serve the queue"),
}


def reasons(differs: Differs, rules: Ruleset) -> list[Words]:
    """What is different, the likeliest cause first."""
    recorded, replayed = differs.recorded, differs.replayed
    if recorded is not None and replayed is not None and recorded.contact_id == replayed.contact_id:
        return list(_both(recorded, replayed, rules))
    found = []
    if recorded is not None:
        found += list(_agent(recorded, rules))
        if replayed is None:
            found.append(Words("지금은 이때까지 아무에게도 연결하지 않음", "is matched with nobody by now"))
    if replayed is not None and recorded is None:
        found.append(Words("기록에는 없는 연결", "the record has no such match"))
    elif replayed is not None:
        found.append(Words("다른 전화가 먼저 연결됨", "another contact is matched first"))
    return found


def _both(recorded: Decision, replayed: Decision, rules: Ruleset) -> Iterator[Words]:
    if recorded.queue != replayed.queue:
        was, now = queue_name(recorded.queue, rules), queue_name(replayed.queue, rules)
        yield Words("대기열 ", "queue ") + was + same(" → ") + now
    if recorded.requirement != replayed.requirement:
        was, now = (_asked(one.requirement, one.queue) for one in (recorded, replayed))
        yield Words("조건 ", "required ") + was + same(" → ") + now + same(f" [{replayed.rule}]")
    if recorded.step != replayed.step:
        yield Words(
            f"완화 {recorded.step}단계 → {replayed.step}단계", f"relaxation step {recorded.step} → {replayed.step}"
        )
    if recorded.agent_id != replayed.agent_id:
        yield from _agent(recorded, rules, replayed.requirement, replayed.queue)
        moved = f"{recorded.agent_id} → {replayed.agent_id}"
        yield Words(f"상담사 {moved}", f"agent {moved}")
    late_s = replayed.at - recorded.at
    if abs(late_s) >= 1:
        yield Words(
            f"연결이 {number(round(abs(late_s)))}초 {'늦음' if late_s > 0 else '빠름'}",
            f"matched {number(round(abs(late_s)))} s {'later' if late_s > 0 else 'earlier'}",
        )


def _agent(
    recorded: Decision, rules: Ruleset, needed: Requirement | None = None, queue: str | None = None
) -> Iterator[Words]:
    """What the present rules say against the agent of the record."""
    rule = rules.agents.get(recorded.agent_id or "")
    if rule is None:
        gone = recorded.agent_id
        yield Words(f"상담사 {gone}: 지금의 규칙에 없음", f"agent {gone} is not in the rules now")
        return
    asked = needed or recorded.requirement
    against = unfit(rule, queue or recorded.queue, asked) if asked is not None else None
    if against is not None:
        why = _UNFIT[against]
        yield Words(f"상담사 {rule.id}: {why.ko} [{rule.source}]", f"agent {rule.id} {why.en} [{rule.source}]")


def _asked(requirement: Requirement | None, queue: str) -> Words:
    if requirement is None:
        return same("-")
    return language_words(requirement.language) + same(" ") + skills_words(requirement.skills, known=queue, names={})


def told(decision: Decision | None, rules: Ruleset, language: Language) -> str:
    """One side in a sentence."""
    if decision is None:
        return Words("연결 없음", "no match").text(language)
    return headline(decision, rules, language)
