"""Why did this call go to me? A Decision as a sentence in Korean and English, made when it is read.

Decisions are stored as data; the words are not. Pure text work: reads nothing, decides nothing.
"""

from __future__ import annotations

from acd.core.facts import Decision
from dialplan.language import Language
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset
from dialplan.words import Words, language_words

_STRATEGY_KO = {
    "longest_idle": "가장 오래 대기한",
    "best_skill": "숙련도가 가장 높은",
    "least_occupied": "오늘 상담 비율이 가장 낮은",
}
_STRATEGY_EN = {
    "longest_idle": "had been idle longest",
    "best_skill": "has the highest skill for it",
    "least_occupied": "has spent the least share of today in contacts",
}
_AGENT_KO = {
    "excluded": "방금 이 전화를 받지 않음",
    "longer_idle": "대기 시간이 더 짧음",
    "better_skill": "숙련도가 더 낮거나 대기 시간이 더 짧음",
    "less_occupied": "상담 비율이 더 높거나 대기 시간이 더 짧음",
    "busy": "통화 또는 후처리 중",
    "not_available": "수신대기 상태가 아님",
    "reserved": "다른 대기열을 위해 남겨 둠",
    "kept": "지정상담원을 기다리는 전화",
    "language": "언어가 맞지 않음",
    "skill": "업무 숙련도가 모자람",
    "not_served": "담당하지 않는 대기열",
    "delayed": "조금 더 기다려야 차례가 됨",
}
_AGENT_EN = {
    "excluded": "did not answer this call a moment ago",
    "longer_idle": "was idle for less long",
    "better_skill": "has a lower skill or was idle for less long",
    "less_occupied": "has had more contacts today or was idle for less long",
    "busy": "in a call or wrap-up",
    "not_available": "not available",
    "reserved": "is kept idle for other queues",
    "kept": "it waits for its agent of last time",
    "language": "does not speak the language",
    "skill": "lacks a skill",
    "not_served": "does not serve this queue",
    "delayed": "sees this queue only after a longer wait",
}
_CONTACT_KO = {
    "excluded": "상담사가 방금 받지 않은 전화",
    "language": "상담사가 하지 못하는 언어",
    "skill": "상담사에게 없는 업무 숙련도",
    "earlier": "더 늦게 온 전화",
    "not_served": "상담사가 담당하지 않는 대기열",
    "delayed": "상담사에게는 더 기다린 뒤에 보이는 전화",
    "reserved": "상담사를 다른 대기열을 위해 남겨 둠",
    "kept": "지정상담원을 기다리는 전화",
    "rank": "이 상담사에게는 순위가 낮은 대기열",
}
_CONTACT_EN = {
    "excluded": "this agent did not answer it a moment ago",
    "language": "in a language the agent does not speak",
    "skill": "needs a skill the agent lacks",
    "earlier": "came later",
    "not_served": "in a queue the agent does not serve",
    "delayed": "the agent sees it only after a longer wait",
    "reserved": "the agent is kept idle for other queues",
    "kept": "waits for its agent of last time",
    "rank": "in a queue that comes later for this agent",
}
_TRIGGER_KO = {
    "arrival": "전화가 들어왔을 때",
    "returned": "앞선 상담사가 받지 않아 되돌아왔을 때",
    "exclusion_ended": "다시 연결할 수 있게 되었을 때",
    "step": "기다린 시간에 따라 조건이 완화되었을 때",
    "delay_ended": "다른 조의 상담사도 받을 수 있게 되었을 때",
    "callback": "콜백할 시각이 되었을 때",
    "sticky_ended": "지정상담원을 더 기다리지 않게 되었을 때",
}
_TRIGGER_EN = {
    "arrival": "When it came in",
    "returned": "When it came back because nobody had answered",
    "exclusion_ended": "When it could be tried again",
    "step": "When its wait relaxed what it asks for",
    "delay_ended": "When its wait opened it to another group",
    "callback": "When it was due to be called back",
    "sticky_ended": "When it waited no longer for its agent of last time",
}


def sentence(decision: Decision, rules: Ruleset | None, language: Language) -> str:
    """The whole Decision in words: Korean, or English for every other language. `rules` name agents and queues."""
    korean = language is Language.KO
    about = []
    if decision.requirement is not None:
        queue = _queue(decision, rules, language)
        if korean:
            about = [f"대기열: {queue}. 조건: {_requirement_ko(decision.requirement)}{_step(decision, korean)}."]
        else:
            about = [f"Queue: {queue}. Required: {_requirement_en(decision.requirement)}{_step(decision, korean)}."]
    words = (_AGENT_KO, _CONTACT_KO) if korean else (_AGENT_EN, _CONTACT_EN)
    passed, label = ("선택되지 않음", "규칙") if korean else ("Passed over", "Rule")
    told = _passed_over(decision, rules, *words)
    parts = [headline(decision, rules, language), *about, f"{label}: {decision.rule}."]
    return " ".join([*parts, f"{passed}: {told}."] if told else parts)


def agent_code(code: str, *, of_contact: bool = False) -> Words:
    """What a PassedOver's code says of an agent, or (`of_contact`) of another contact for a freed agent."""
    korean, english = (_CONTACT_KO, _CONTACT_EN) if of_contact else (_AGENT_KO, _AGENT_EN)
    return Words(korean.get(code, code), english.get(code, code))


def headline(decision: Decision, rules: Ruleset | None, language: Language) -> str:
    """The first sentence alone, for a line on a wallboard."""
    agent = _agent(decision.agent_id or "", rules)
    if decision.outcome == "match":
        return _korean(decision, agent) if language is Language.KO else _english(decision, agent)
    if decision.contact_id is None:
        if language is Language.KO:
            return f"{agent}{_subject(decision.agent_id or '')} 비었지만 받을 수 있는 전화가 없습니다."
        return f"{agent} became free, and none of the waiting calls is for them."
    waited, call = int(decision.waited_s), decision.contact_id
    if language is Language.KO:
        when = _TRIGGER_KO.get(decision.trigger, decision.trigger)
        return f"{when}, {waited}초 기다린 전화 {call}번을 받을 상담사가 없습니다."
    when = _TRIGGER_EN.get(decision.trigger, decision.trigger)
    return f"{when}, nobody could take call {call}, which had waited {waited} s."


def _step(decision: Decision, korean: bool) -> str:
    if not decision.step:
        return ""
    return f" ({decision.step}단계 완화)" if korean else f" (after step {decision.step})"


def _korean(one: Decision, agent: str) -> str:
    waited = f"{int(one.waited_s)}초 기다린 전화 {one.contact_id}"
    if one.trigger == "handed_on":
        return f"다른 상담사가 {waited}번을 {agent}에게 돌려주었습니다."
    if one.trigger == "freed":
        among = "받을 수 있는 유일한"
        if one.candidates > 1:
            among = f"받을 수 있는 {one.candidates}건 중 순서가 가장 빠른,"
        return f"{agent}{_subject(one.agent_id or '')} 비어서 {among} {waited}번을 연결했습니다."
    when = _TRIGGER_KO.get(one.trigger, one.trigger)
    how = _STRATEGY_KO.get(one.strategy, one.strategy)
    among = "받을 수 있는 유일한" if one.candidates == 1 else f"받을 수 있는 {one.candidates}명 중 {how}"
    return f"{when}, {waited}번을 {among} {agent}에게 연결했습니다."


def _english(one: Decision, agent: str) -> str:
    call = f"call {one.contact_id}, which had waited {int(one.waited_s)} s"
    if one.trigger == "handed_on":
        return f"Another agent handed {call}, on to {agent}."
    if one.trigger == "freed":
        among = "the only one" if one.candidates == 1 else f"the first in order of {one.candidates}"
        return f"{agent} became free and got {call}, {among} they could take."
    when = _TRIGGER_EN.get(one.trigger, one.trigger)
    how = _STRATEGY_EN.get(one.strategy, one.strategy)
    among = "the only one" if one.candidates == 1 else f"who {how} of {one.candidates}"
    return f"{when}, {call}, went to {agent}, {among} who could take it."


def _subject(agent_id: str) -> str:
    """이 or 가 after a number, by how its last digit is read: 영, 일, 삼, 육, 칠, 팔 end in a consonant."""
    return "이" if agent_id[-1:] in tuple("013678") else "가"


def _agent(agent_id: str, rules: Ruleset | None) -> str:
    rule = rules.agents.get(agent_id) if rules is not None else None
    return f"{rule.name} ({agent_id})" if rule is not None else agent_id


def _queue(decision: Decision, rules: Ruleset | None, language: Language) -> str:
    rule = rules.queues.get(decision.queue) if rules is not None else None
    return rule.labels.get(language, decision.queue) if rule is not None else decision.queue


def _passed_over(one: Decision, rules: Ruleset | None, agents: dict[str, str], contacts: dict[str, str]) -> str:
    if one.trigger == "freed":
        told = [(passed.contact_id, contacts.get(passed.code, passed.code)) for passed in one.passed_over]
    else:
        told = [(_agent(passed.agent_id, rules), agents.get(passed.code, passed.code)) for passed in one.passed_over]
    return ", ".join(f"{who} ({why})" for who, why in told)


def _requirement_ko(requirement: Requirement) -> str:
    skills = "".join(f", {name} {level}단계 이상" for name, level in requirement.skills)
    return language_words(requirement.language).ko + skills


def _requirement_en(requirement: Requirement) -> str:
    skills = "".join(f", {name} at level {level} or above" for name, level in requirement.skills)
    return language_words(requirement.language).en + skills
