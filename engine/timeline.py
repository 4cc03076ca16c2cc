"""One contact's timeline in words, a line for each thing that happened, in Korean or English. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from acd import why
from acd.core.facts import (
    AgentMoved,
    CallbackNoted,
    ContactMoved,
    Decision,
    Fact,
    HandoverWritten,
    ReservationEnded,
    SurveyAnswered,
    TalkNoted,
)
from acd.core.states import ContactState
from acd.explain import sentence
from dialplan.calendar import SEOUL
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from dialplan.words import Words, same
from engine import talkwords

OUTCOMES = {
    ContactState.IVR: Words("메뉴에 있음", "in the menu"),
    ContactState.QUEUED: Words("대기 중", "waiting"),
    ContactState.RESERVED: Words("상담사 전화가 울리는 중", "an agent's phone rings"),
    ContactState.CONNECTED: Words("통화 중", "in a talk"),
    ContactState.WRAPUP: Words("통화 끝, 후처리 중", "talk over, the agent wraps up"),
    ContactState.COMPLETED: Words("상담 완료", "answered and completed"),
    ContactState.ABANDONED: Words("고객이 끊음", "the caller hung up"),
    ContactState.OVERFLOWED: Words("넘침", "flowed over"),
    ContactState.CLOSED: Words("상담 시간 끝남", "closed"),
    ContactState.CALLBACK_BOOKED: Words("콜백 예약", "a call-back was booked"),
    ContactState.FAILED: Words("실패", "failed"),
}
RESULTS = {
    "answered": Words("받음", "answered"),
    "no_answer": Words("받지 않음", "did not answer"),
    "busy": Words("통화 중", "was busy"),
    "declined": Words("거절함", "declined"),
    "unreachable": Words("연결 안 됨", "could not be reached"),
    "caller_gone": Words("고객이 먼저 끊음", "was let go, because the caller had gone"),
}
_CALLBACKS = {
    "booked": Words("예약", "booked"),
    "failed": Words("실패: 더 걸지 않음", "failed: no more attempts"),
    "withdrawn": Words("취소됨", "withdrawn"),
    "kept": Words("지킴: 시민이 받음", "kept: the citizen answered"),
    "busy": Words("연결 안 됨: 통화 중", "not reached: the citizen's phone was busy"),
    "no_answer": Words("연결 안 됨: 받지 않음", "not reached: the citizen did not answer"),
    "no_line": Words("연결 안 됨: 밖으로 나갈 회선이 없음", "not reached: no line to the outside took the call"),
    "rang_in": Words("끝남: 시민이 전화하여 상담함", "closed: the citizen rang in and was answered"),
    "on_line": Words("끝남: 전화를 끊지 않고 상담함", "closed: the caller never left the line"),
}


def clock(at: float, *, full: bool = False) -> str:
    """The time in Seoul: `09:00:00.000`, or whole as ISO 8601."""
    moment = datetime.fromtimestamp(at, UTC).astimezone(SEOUL)
    return moment.isoformat(timespec="milliseconds") if full else moment.strftime("%H:%M:%S.%f")[:-3]


def lines(facts: Sequence[Fact], rules: Ruleset | None, language: Language = Language.KO) -> Iterator[str]:
    """The timeline in words, a line for each thing that happened; the first line says whose it is."""
    first = next((fact for fact in facts if isinstance(fact, ContactMoved)), None)
    if first is not None:
        when = datetime.fromtimestamp(first.at, UTC).astimezone(SEOUL)
        wish = Words(f"{first.topic} 업무, {first.queue} 대기열", f"topic {first.topic}, queue {first.queue}")
        yield f"{first.contact_id}  {when:%Y-%m-%d}  {first.language.value}, {wish.text(language)}"
    for fact in facts:
        yield f"  {clock(fact.at)}  {_words(fact, rules).text(language)}"


def _words(fact: Fact, rules: Ruleset | None) -> Words:
    match fact:
        case Decision():
            return Words(sentence(fact, rules, Language.KO), sentence(fact, rules, Language.EN))
        case ReservationEnded(agent_id=agent, result=result, rang_s=rang_s):
            ended = RESULTS.get(result, same(result))
            return Words(f"상담사 {agent} 벨 {rang_s:.1f}초: ", f"agent {agent} rang for {rang_s:.1f} s: ") + ended
        case AgentMoved(agent_id=agent):
            reason = f" ({fact.reason})" if fact.reason else ""
            state = why.PRESENCE[fact.presence] + same(", ") + why.WORK[fact.work] + same(reason)
            return Words(f"상담사 {agent}: ", f"agent {agent}: ") + state
        case TalkNoted() | SurveyAnswered() | HandoverWritten():
            return talkwords.of_talk(fact)
        case CallbackNoted():
            return _callback(fact)
        case ContactMoved():
            return _moved(fact, rules)


def _callback(fact: CallbackNoted) -> Words:
    words = Words("콜백 ", "call-back ") + _CALLBACKS.get(fact.what, same(fact.what))
    due = clock(fact.due_at) if fact.due_at is not None else None
    if due is not None and fact.what == "booked":
        words += Words(f" {due} 예정", f" for {due}")
    if fact.agent_id is not None:
        words += Words(f", {fact.attempts}번째", f", attempt {fact.attempts}")
    if due is not None and fact.what != "booked":
        words += Words(f", 다음은 {due}", f", next at {due}")
    return words


def _who(agent_id: str | None, rules: Ruleset | None) -> Words:
    """Who talked: an agent, or an official of the directory."""
    official = rules.directory.officials.get(agent_id or "") if rules is not None else None
    if official is None:
        return Words(f"상담사 {agent_id}", f"agent {agent_id}")
    return Words(f"담당자 {agent_id}({official.department})", f"official {agent_id} ({official.department})")


def _moved(fact: ContactMoved, rules: Ruleset | None) -> Words:
    who, waited = _who(fact.agent_id, rules), f"{fact.waited_s:.1f}"
    match fact.new:
        case ContactState.QUEUED if fact.old is None:
            return Words(f"{fact.queue} 대기열에서 기다림", f"waits in {fact.queue}")
        case ContactState.QUEUED:
            return Words(
                f"{fact.queue} 대기열의 제자리로 돌아감, 지금까지 {waited}초",
                f"waits again in {fact.queue}, at its old place; {waited} s so far",
            )
        case ContactState.CONNECTED:
            within = _WITHIN[fact.within_threshold]
            return (
                Words(f"{waited}초 기다려 ", "talks with ")
                + who
                + Words("에게 연결", f" after {waited} s of waiting")
                + within
            )
        case ContactState.WRAPUP:
            talk, hold = f"{fact.talk_s:.1f}", f"{fact.hold_s:.1f}"
            return (
                Words(
                    f"통화 끝: {talk}초, 보류 {hold}초, ",
                    f"talk over: {talk} s, {hold} s on hold; ",
                )
                + who
                + Words(" 후처리", " wraps up")
            )
        case ContactState.ABANDONED:
            return Words(f"{waited}초 기다리다 끊음", f"hung up after {waited} s of waiting") + same(
                f" ({fact.detail})"
            )
    return OUTCOMES[fact.new] + (same(f" ({fact.detail})") if fact.detail else same(""))


_WITHIN = {
    True: Words(", 기준 시간 안", ", within the threshold"),
    False: Words(", 기준 시간 지남", ", beyond the threshold"),
    None: same(""),
}
