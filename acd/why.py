"""Why did this call not come to me? What kept an agent from a contact, moment by moment, and in the end.

From the contact's own Decisions, the agent's states at those moments, and the rules (for who may answer what). Pure:
facts and rules in, sentences out; reads nothing. The rules are those of now: they may have changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from acd.core.facts import AgentMoved, ContactMoved, Decision
from acd.core.states import ContactState, Presence, Work
from acd.explain import agent_code
from dialplan.agentrules import AgentRule
from dialplan.eligibility import Unfit, unfit
from dialplan.language import Language
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset
from dialplan.words import Words, joined, language_words, languages_words, same

PRESENCE = {
    Presence.OFFLINE: Words("로그아웃", "logged out"),
    Presence.AVAILABLE: Words("수신대기", "available"),
    Presence.AWAY: Words("이석", "away"),
    Presence.NOT_RESPONDING: Words("미응답(수신대기 필요)", "not responding (had not pressed *11 since)"),
    Presence.ERROR: Words("전화기 연결 안 됨", "the phone could not be reached"),
}
WORK = {
    Work.IDLE: Words("대기", "idle"),
    Work.RESERVED: Words("다른 전화를 연결 중", "another call was ringing"),
    Work.CONNECTED: Words("통화 중", "in a talk"),
    Work.HOLD: Words("통화 중(보류)", "in a talk, on hold"),
    Work.WRAPUP: Words("후처리 중", "in wrap-up"),
    Work.OTHER: Words("다른 통화 중(전화기)", "the phone was in another call"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """What kept the agent from the contact when something was decided. `code` as in PassedOver, or `chosen`."""

    at: float
    code: str
    words: Words
    rule: str | None = None  # file:line


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The last moment counts: that is when somebody else took it, or nobody any more."""

    agent_id: str
    contact_id: str
    moments: tuple[Moment, ...]

    @property
    def verdict(self) -> Moment | None:
        """What decided it; None when the contact was never waiting."""
        return self.moments[-1] if self.moments else None


def matches(agent_id: str, decisions: Iterable[Decision]) -> list[Decision]:
    """The Decisions by which the contact went to this agent."""
    return [one for one in decisions if one.outcome == "match" and one.agent_id == agent_id]


def ended_waiting_at(moves: Iterable[ContactMoved]) -> float | None:
    """When the contact's last wait ended, in epoch seconds; None: it never waited, or still does."""
    left = [move.at for move in moves if move.old in {ContactState.QUEUED, ContactState.RESERVED}]
    return left[-1] if left else None


def why_not(
    agent_id: str,
    contact: Sequence[Decision],
    around: Sequence[Decision],
    states: Sequence[AgentMoved | None],
    rules: Ruleset | None,
) -> WhyNot:
    """Moment by moment, in order of time.

    `contact` has its Decisions in order, `around` the agent's own of that time about other contacts, `states` the
    agent's last word before each of `contact`.
    """
    found: list[Moment] = []
    for decision, moved in zip(contact, states, strict=True):
        found.append(_moment(agent_id, decision, moved, rules))
    contact_id = next((one.contact_id for one in contact if one.contact_id), "")
    for other in around:
        if (passed := next((one for one in other.passed_over if one.contact_id == contact_id), None)) is not None:
            went = Words(f"통화 {other.contact_id}번을 받음: ", f"took call {other.contact_id}: ")
            if other.contact_id is None:
                went = Words("비었지만 이 전화는 받지 않음: ", "became free, not for this call: ")
            found.append(Moment(other.at, passed.code, went + agent_code(passed.code, of_contact=True), other.rule))
    return WhyNot(agent_id, contact_id, tuple(sorted(found, key=lambda one: one.at)))


def _moment(  # noqa: PLR0911 - one for each thing that can keep an agent from a contact, the firmest first
    agent_id: str, decision: Decision, moved: AgentMoved | None, rules: Ruleset | None
) -> Moment:
    at = decision.at
    if decision.agent_id == agent_id and decision.outcome == "match":
        return Moment(at, "chosen", Words("이 상담사에게 연결함", "went to this agent"), decision.rule)
    rule = rules.agents.get(agent_id) if rules is not None else None
    if rules is not None and rule is None:
        words = Words("지금의 규칙에 없는 상담사", "an agent whom the present rules do not know")
        return Moment(at, "unknown_agent", words)
    if rule is not None and (kept := _by_rules(rule, decision)) is not None:
        return kept
    there = _by_state(at, moved, rules)
    if there is not None:
        return there
    named = next((one.code for one in decision.passed_over if one.agent_id == agent_id), None)
    if named is not None and decision.trigger != "freed":
        return Moment(at, named, agent_code(named), decision.rule)
    if rule is None:
        return Moment(at, "unknown", Words("규칙을 읽을 수 없어 알 수 없음", "unknown: the rules cannot be read"))
    if decision.trigger == "freed" and decision.agent_id is not None:
        words = Words(
            "받을 수 있었으나 그 순간 비운 다른 상담사가 받음",
            "could have, but another agent became free at that moment",
        )
        return Moment(at, "other_freed", words, decision.rule)
    words = Words("받을 수 있었으나 선택 방식에서 뒤처짐", "could have, but came later by the queue's strategy")
    return Moment(at, "later_in_order", words, decision.rule)


def _by_rules(rule: AgentRule, decision: Decision) -> Moment | None:
    """Language, skill, profile, and the delay of the profile's row: what no presence changes."""
    needed = decision.requirement
    if needed is None:
        return None
    place = str(rule.source)
    match unfit(rule, decision.queue, needed):
        case Unfit.LANGUAGE:
            words = Words("언어가 맞지 않음: 필요 ", "does not speak the language: needed ")
            words += language_words(needed.language) + Words(", 상담사 ", ", speaks ")
            return Moment(decision.at, Unfit.LANGUAGE, words + languages_words(rule.languages), place)
        case Unfit.SKILL:
            return Moment(decision.at, Unfit.SKILL, _lacks(rule, needed), place)
        case Unfit.NOT_SERVED:
            words = Words("담당하지 않는 대기열: ", "does not serve the queue: ") + same(decision.queue)
            return Moment(decision.at, Unfit.NOT_SERVED, words, str(rule.profile.source))
    row = rule.profile.row(decision.queue)
    if row is not None and row.delay_s > decision.waited_s:
        words = Words(
            f"{row.delay_s:g}초를 기다린 뒤에야 보이는 전화, 그때 {decision.waited_s:.0f}초",
            f"sees it only after {row.delay_s:g} s; it had waited {decision.waited_s:.0f} s",
        )
        return Moment(decision.at, "delayed", words, str(row.source))
    return None


def _lacks(rule: AgentRule, needed: Requirement) -> Words:
    parts = []
    for skill, level in needed.skills:
        has = rule.skills.get(skill, 0)
        if has < level:
            korean = f"{skill} {level}레벨 이상 필요, 상담사 {has}"
            parts.append(Words(korean, f"needs {skill} {level} or above, has {has}"))
    return Words("업무 숙련도가 모자람: ", "lacks a skill: ") + joined(parts)


def _by_state(at: float, moved: AgentMoved | None, rules: Ruleset | None) -> Moment | None:
    if moved is None:
        words = Words("그때까지 로그인한 적 없음", "had not logged in by then")
        return Moment(at, "not_available", words)
    since = Words(f" {at - moved.at:.0f}초째", f" for {at - moved.at:.0f} s")
    if moved.presence is not Presence.AVAILABLE:
        words = PRESENCE[moved.presence]
        if moved.reason:
            words += same("(") + reason_words(moved.reason, rules) + same(")")
        return Moment(at, "not_available", words + since)
    if moved.work is not Work.IDLE:
        words = WORK[moved.work] + (same(f" {moved.contact_id}") if moved.contact_id else same(""))
        return Moment(at, "busy", words + since)
    return None


def reason_words(reason: str, rules: Ruleset | None) -> Words:
    """Why an agent is away, as the rules call it."""
    labels = rules.presence_reasons.get(reason, {}) if rules is not None else {}
    return Words(labels.get(Language.KO, reason), labels.get(Language.EN, reason))


def sentence(found: WhyNot, name: str, language: Language) -> str:
    """The verdict in one sentence."""
    last = found.verdict
    if last is None:
        never = Words(f"전화 {found.contact_id}번은 기다린 적이 없습니다.", f"Call {found.contact_id} never waited.")
        return never.text(language)
    if last.code == "chosen":
        words = Words(f"전화 {found.contact_id}번은 {name}에게 갔습니다.", f"Call {found.contact_id} did go to {name}.")
        return words.text(language)
    words = Words(
        f"전화 {found.contact_id}번이 {name}에게 가지 않은 까닭: {last.words.ko}.",
        f"Why call {found.contact_id} did not go to {name}: {last.words.en}.",
    )
    return words.text(language)
