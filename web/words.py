"""What people read on wallboards and in reports, in Korean and English: languages, agents' states, labels.

Words only. What callers hear is in dialplan/rules/prompts.yaml; names of queues and teams are in the rules.
"""

from __future__ import annotations

from typing import NamedTuple

PAGE_LANGUAGES = ("ko", "en")


class Words(NamedTuple):
    """One thing in both languages."""

    ko: str
    en: str


LANGUAGES = {
    "ko": Words("한국어", "Korean"),
    "en": Words("영어", "English"),
    "ja": Words("일본어", "Japanese"),
    "zh": Words("중국어", "Chinese"),
}

# What an agent is doing (acd.core.states.agent_state), in the order in which people read it.
AGENT_STATES = {
    "available": Words("수신대기", "Ready"),
    "reserved": Words("호출중", "Ringing"),
    "connected": Words("통화중", "Talking"),
    "hold": Words("보류", "Hold"),
    "wrapup": Words("후처리", "Wrap-up"),
    "other": Words("타통화", "Other"),
    "away": Words("이석", "Away"),
    "not_responding": Words("무응답", "No answer"),
    "error": Words("단말이상", "Phone fault"),
    "offline": Words("로그아웃", "Off"),
}

AWAY_REASONS = {
    "": "사유 없음",
    "lunch": "식사",
    "break": "휴식",
    "training": "교육",
    "meeting": "회의",
    "other": "기타업무",
}

VARIANTS = {
    "strict": Words("전체 인입 기준", "of all offered"),
    "short_excluded": Words("단시간 포기 제외", "without short abandons"),
    "answered_only": Words("응대 기준", "of answered"),
}

WALLBOARD = {
    "title": Words("민원콜센터 전광판", "Call centre"),
    "handled": Words("오늘 응대", "Handled today"),
    "to_officials": Words("담당자 연결", "To officials"),
    "answer_rate": Words("응대율", "Answer rate"),
    "service_level": Words("서비스레벨", "Service level"),
    "waiting": Words("대기 고객", "Waiting"),
    "oldest": Words("최장 대기", "Longest"),
    "estimated": Words("예상 대기", "Estimate"),
    "language": Words("언어", "Language"),
    "agents": Words("상담사", "Agents"),
    "team": Words("팀", "Team"),
    "all": Words("전체", "All"),
    "talking": Words("통화중", "Talking"),
    "unavailable": Words("불가", "Blocked"),
    "hour": Words("최근 1시간 (5분 단위)", "Last hour, by 5 minutes"),
    "within": Words("기준 시간 내 응대", "Answered in time"),
    "late": Words("늦은 응대", "Answered late"),
    "lost": Words("미응대", "Not answered"),
    "good": Words("양호", "Good"),
    "warn": Words("주의", "Watch"),
    "bad": Words("위험", "Act"),
    "closed": Words("운영 시간 외", "Closed"),
    "seconds": Words("초", "s"),
    "old": Words("초 전 자료입니다", "s old: these figures are not live"),
    "not_running": Words("콜센터가 실행 중이 아닙니다", "The centre is not running"),
    "no_answer": Words("엔진이 응답하지 않습니다", "The engine does not answer"),
    "unreadable": Words("엔진의 자료를 읽을 수 없습니다", "The engine's figures cannot be read"),
    "reconnecting": Words("다시 연결하고 있습니다", "Connecting again"),
    "login": Words("전광판 로그인", "Log in to the wallboard"),
    "password": Words("비밀번호", "Password"),
    "enter": Words("확인", "Log in"),
    "wrong": Words("비밀번호가 맞지 않습니다", "That is not the password"),
    "locked": Words("여러 번 틀렸습니다. 잠시 후 다시 시도하십시오", "Too many wrong passwords; try again later"),
    "reports": Words("보고서", "Reports"),
}

REPORT = {
    "report": Words("민원콜센터 운영 보고서", "Call centre report"),
    "day": Words("일간", "Day"),
    "week": Words("주간", "Week"),
    "month": Words("월간", "Month"),
    "span": Words("기간", "Period"),
    "date": Words("날짜", "Date"),
    "by": Words("기준", "By"),
    "everything": Words("전체 항목", "Everything"),
    "show": Words("조회", "Show"),
    "unfinished": Words("아직 끝나지 않은 기간입니다.", "This period is not over."),
    "until": Words("기록 시점:", "Counted up to"),
    "made": Words("작성", "Made"),
    "counted": Words(
        "응대율과 서비스레벨은 결과가 정해진 민원을 기준으로 계산합니다.",
        "Answer rate and service level count contacts at their outcome.",
    ),
}


def of(table: dict[str, Words], language: str) -> dict[str, str]:
    """The table in one of PAGE_LANGUAGES."""
    return {key: words.en if language == "en" else words.ko for key, words in table.items()}
