"""What was done in a talk and after it, in words for a contact's timeline: recording, abuse, opinions. Pure."""

from __future__ import annotations

from acd.core.facts import HandoverWritten, SurveyAnswered, TalkNoted
from dialplan.words import Words, same

_NOTED = {
    ("pbx", "died"): Words("교환기 장애: 콜백으로 남김", "its PBX died; kept for a call-back"),
    ("recording", "started"): Words("녹음 시작", "recording began"),
    ("recording", "paused"): Words("녹음 일시중지", "recording paused"),
    ("recording", "resumed"): Words("녹음 재개", "recording goes on"),
    ("recording", "not_resumed"): Words("녹음 재개 실패", "recording could not go on"),
    ("recording", "stopped"): Words("녹음 종료", "recording ended"),
    ("recording", "not_stopped"): Words("녹음 종료 실패", "recording could not be ended"),
    ("recording", "skipped"): Words("디스크 부족으로 녹음하지 않음", "not recorded: no room on the disk"),
    ("recording", "failed"): Words("녹음 실패", "recording failed"),
    ("recording", "deleted"): Words("보관 기간이 지나 녹음 삭제", "recording deleted, its days are over"),
    ("abuse", "warned"): Words("폭언 경고 안내", "abuse: the warning was said"),
    ("abuse", "ended"): Words("폭언으로 통화 종료", "abuse: the call was ended"),
}
_SCORES = {
    "very_satisfied": Words("매우 만족", "very satisfied"),
    "satisfied": Words("만족", "satisfied"),
    "neutral": Words("보통", "neutral"),
    "dissatisfied": Words("불만족", "dissatisfied"),
}


def of_talk(fact: TalkNoted | SurveyAnswered | HandoverWritten) -> Words:
    """The fact as a sentence."""
    match fact:
        case SurveyAnswered():
            return _surveyed(fact)
        case HandoverWritten(agent_id=agent, topic=topic, asked=asked, notes=notes):
            return Words(
                f"인계 내용 (상담사 {agent}): {topic} 업무, 문의: {asked}, 메모: {notes}",
                f"written for the next one by agent {agent}: topic {topic}, asked: {asked}, notes: {notes}",
            )
        case TalkNoted():
            return _noted(fact)


_KINDS = {"consult": Words("협의 후 연결", "consultation"), "blind": Words("바로 연결", "blind transfer")}
_RESULTS = {
    "answered": Words("받음", "answered"),
    "returned": Words("상담사에게 돌아옴", "back to the agent"),
    "requeued": Words("대기열에서 다른 상담사가 받음", "taken from the queue by another agent"),
    "abandoned": Words("민원인이 끊음", "the citizen hung up"),
}


def _transfer(fact: TalkNoted) -> Words:
    kind, _, result = fact.detail.partition(":")
    words = Words(f"{fact.by}에서 {fact.agent_id}(으)로 ", f"{fact.by} to {fact.agent_id}, ")
    return words + _KINDS.get(kind, same(kind)) + same(": ") + _RESULTS.get(result, same(result))


def _noted(fact: TalkNoted) -> Words:
    if fact.what == "transfer":
        return _transfer(fact)
    detail, _, more = fact.detail.partition(":")
    known = _NOTED.get((fact.what, detail))
    words = same(f"{fact.what} {fact.detail}") if known is None else known + same(f" ({more})" if more else "")
    words += Words(f", {fact.by}이(가) 함", f" by {fact.by}") if fact.by else same("")
    return words + (Words(f", 상담사 {fact.agent_id}", f", agent {fact.agent_id}") if fact.agent_id else same(""))


def _surveyed(fact: SurveyAnswered) -> Words:
    score = _SCORES.get(fact.score or "", Words("응답 없음", "no answer"))
    comment = Words(", 음성 의견 있음", ", and a spoken comment") if fact.comment else same("")
    return Words("만족도 조사: ", "asked for an opinion: ") + score + comment
