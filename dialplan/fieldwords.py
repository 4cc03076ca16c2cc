"""What each key of the rules is called in words, for `diff` and for the JSON Schema that editors read.

A key that is not here is told by its own name, so that a new key is never silent. Names are those of the YAML;
`parent.key` wins over `key`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dialplan.words import Words, same

_FIELDS: Mapping[str, tuple[str, str]] = {
    # hours.yaml
    "zone": ("시간대", "time zone"),
    "weekday": ("평일 상담 시간", "weekday hours"),
    "day_off": ("휴일 상담 시간", "hours on days off"),
    "saturday": ("토요일 상담 시간", "Saturday hours"),
    "holidays": ("공휴일 보정", "corrections of the holidays"),
    "holidays.add": ("추가한 공휴일", "added holidays"),
    "holidays.remove": ("제외한 공휴일", "removed holidays"),
    "special_days": ("별도 상담 시간을 둔 날", "days with hours of their own"),
    "special_days.hours": ("상담 시간", "hours"),
    "special_days.name": ("공휴일 이름", "the holiday's name"),
    "closures": ("임시 휴무", "temporary closures"),
    "closures.day": ("날짜", "day"),
    "from": ("부터", "from"),
    "closures.to": ("까지", "until"),
    "reason": ("사유", "reason"),
    # menus.yaml
    "greeting": ("인사말", "greeting"),
    "languages": ("언어", "languages"),
    "languages.keys": ("언어 선택 번호", "language keys"),
    "tries": ("입력 기회", "tries"),
    "grace_s": ("인사말 뒤 번호를 기다리는 시간", "time for a key after the greeting"),
    "said": ("상황별 안내", "prompts of the flow"),
    "language_again": ("언어를 다시 묻는 안내", "prompt that asks the language again"),
    "wrong_key": ("없는 번호 안내", "prompt after a wrong key"),
    "closed": ("상담 시간 외 안내", "prompt when closed"),
    "goodbye": ("마침 안내", "prompt before hanging up"),
    "not_served": ("상담하지 않는 언어 안내", "prompt for a language that is not served"),
    "root": ("언어별 첫 메뉴", "first menu of each language"),
    "menus": ("메뉴", "menus"),
    "prompt": ("안내", "prompt"),
    "silence": ("누르지 않으면", "on silence"),
    "wait_s": ("번호를 기다리는 시간", "time to wait for a key"),
    "keys": ("번호", "keys"),
    "topic": ("업무", "topic"),
    "menu": ("메뉴", "menu"),
    "any_topic": ("업무를 고르지 않은 전화", "topic of callers who choose none"),
    "topics": ("업무", "topics"),
    "label": ("이름", "label"),
    "share": ("전화 비율", "share of the calls"),
    "queue": ("대기열", "queue"),
    "points": ("우선 점수(1점 = 1분 먼저 온 것)", "priority points (each a head start of a minute)"),
    # queues.yaml
    "defaults": ("기본값", "defaults"),
    "queues": ("대기열", "queues"),
    "strategy": ("상담사 선택 방식", "choice among free agents"),
    "service_level_s": ("서비스레벨 기준", "service level threshold"),
    "short_abandon_s": ("짧은 포기 기준", "short abandon threshold"),
    "ring_timeout_s": ("상담사 벨 울림", "ringing of an agent's phone"),
    "wrapup_s": ("후처리", "wrap-up"),
    "wrapup_extend_s": ("후처리 연장", "extension of the wrap-up"),
    "rona_exclude_s": ("미응답 상담사 제외", "exclusion of an agent who did not answer"),
    "announce_every_s": ("순서 안내 간격", "interval of position announcements"),
    "entry": ("대기 시작 안내", "prompt on entering the queue"),
    "max_waiting": ("최대 대기 인원", "most callers waiting"),
    "when_closed": ("상담 시간 외 예약", "booking while closed"),
    "when_full": ("대기열이 차면", "when the queue is full"),
    "stop_queueing_before_close_s": ("상담 종료 전 대기 마감", "no new waiting before closing"),
    "near_closing": ("대기 마감 뒤 온 전화", "callers in that time"),
    "music": ("대기 음악", "music on hold"),
    "steps": ("대기 시간에 따른 완화", "relaxation steps"),
    "after_s": ("기다린 시간", "after waiting"),
    "allow_interpreter": ("통역 허용(언어 조건 해제)", "interpreter allowed (drops the language)"),
    "class": ("등급(낮을수록 먼저)", "class (lower ones first)"),
    "sticky": ("지정상담원", "agent of last time"),
    "sticky.days": ("기억하는 날", "days remembered"),
    "sticky.wait_s": ("지정상담원을 기다리는 시간", "wait for the agent of last time"),
    "whisper": ("상담사 귀띔", "whisper to the agent"),
    "moved_to": ("없앤 대기열을 이어받는 곳", "heirs of queues that are gone"),
    "callers": ("전화번호 우선 규칙", "priority by number"),
    "numbers": ("전화번호", "numbers"),
    "why": ("까닭", "why"),
    "skills": ("업무 숙련도", "skills"),
    "callback": ("콜백(예약전화)", "call-backs"),
    "offer_after_s": ("제안하기까지 기다린 시간", "offered after"),
    "attempts": ("거는 횟수", "attempts"),
    "retry_every_s": ("다시 걸기까지", "interval of attempts"),
    "callback.ring_timeout_s": ("시민 전화 벨 울림", "ringing of the citizen's phone"),
    "per_number_per_day": ("한 번호의 하루 한도", "bookings of one number a day"),
    "per_day": ("하루 전체 한도", "bookings a day"),
    "slot_minutes": ("예약 시간 단위(분)", "minutes of a slot"),
    "days_ahead": ("며칠 뒤까지", "days ahead"),
    "recording": ("녹음", "recording"),
    "recordings": ("녹음 보관", "keeping of recordings"),
    "keep_free_mb": ("남겨 둘 디스크(MB)", "disk to keep free (MB)"),
    "classes": ("종류", "classes"),
    "retention_days": ("보관 일수", "days kept"),
    "classes.officials": ("담당자 통화도 녹음", "talks with officials too"),
    "survey": ("만족도 조사", "survey"),
    "survey.queues": ("묻는 대기열", "queues asked"),
    "survey.share": ("묻는 비율", "share asked"),
    "not_again_days": ("다시 묻지 않는 일수", "days before the same number is asked again"),
    "after_transfer": ("연결 뒤에도 물음", "after a transfer too"),
    "first_day": ("첫날", "first day"),
    "last_day": ("마지막 날", "last day"),
    "comment": ("말로 남기는 의견", "spoken comment"),
    "max_s": ("길어도", "at most"),
    # agents.yaml
    "teams": ("팀", "teams"),
    "away_reasons": ("이석 사유", "reasons for being away"),
    "away_reasons.key": ("*12 다음 번호", "key after *12"),
    "profiles": ("담당 묶음", "routing profiles"),
    "profiles.queues": ("담당 대기열", "queues served"),
    "rank": ("순위(낮을수록 먼저)", "rank (lower ones first)"),
    "delay_s": ("이 시간 뒤에 보임", "seen after"),
    "reserve_idle": ("남겨 두는 대기 상담사", "agents kept idle"),
    "agents": ("상담사", "agents"),
    "name": ("이름", "name"),
    "team": ("팀", "team"),
    "profile": ("담당 묶음", "routing profile"),
    "agents.languages": ("상담 언어", "languages"),
    "supervisor": ("슈퍼바이저", "supervisor"),
    # trunks.yaml
    "trunks.numbers": ("대표번호", "the centre's numbers"),
    "max_calls": ("동시 통화 한도", "most calls at once"),
    "carriers": ("통신사", "carriers"),
    "addresses": ("주소", "addresses"),
    "registration": ("등록", "registration"),
    "encrypted": ("암호화", "encrypted"),
    "flood": ("한 번호의 전화 한도", "bound of calls of one number"),
    "calls_per_number": ("한 번호의 전화", "calls of one number"),
    "per_s": ("이 시간 동안", "in any"),
    "at_once": ("동시에", "at once"),
    "withheld": ("번호를 감춘 전화", "calls without a number"),
    "development": ("통신사를 정하기 전에도", "before a carrier is named too"),
    "exempt": ("제외 번호", "numbers not counted"),
    "external_media_address": ("음성 주소", "address that media is offered at"),
    "emergency": ("긴급 번호", "emergency numbers"),
    # directory.yaml
    "directory.hours": ("담당자 근무 시간", "officials' hours"),
    "directory.queues": ("연결할 수 있는 대기열", "queues to hand over to"),
    "blind_to_agents": ("다른 상담사로 바로 연결", "blind transfers to agents"),
    "officials": ("담당자", "officials"),
    "department": ("부서", "department"),
    "work": ("업무", "work"),
    "number": ("외부 번호", "outside number"),
    "officials.hours": ("근무 시간", "hours"),
    "blind": ("바로 연결", "blind transfer"),
    # prompts.yaml
    "prompts": ("안내 말", "prompts"),
    "parts": ("여러 언어로 된 말", "parts in several languages"),
    "lang": ("언어", "language"),
    "text": ("말", "text"),
    "seconds": ("녹음 길이", "length of the recording"),
    "readings": ("읽는 법", "readings"),
    # wallboard.yaml
    "service_level_variant": ("서비스레벨 계산 방식", "variant of the service level"),
    "service_level": ("서비스레벨", "service level"),
    "answer_rate": ("응대율", "answer rate"),
    "waiting": ("대기 인원", "callers waiting"),
    "oldest_wait_s": ("가장 오래 기다린 시간", "oldest wait"),
    "estimated_wait_s": ("예상 대기", "estimated wait"),
    "good": ("좋음", "good"),
    "bad": ("나쁨", "bad"),
    "ko": ("한국어", "Korean"),
    "en": ("영어", "English"),
    "ja": ("일본어", "Japanese"),
    "zh": ("중국어", "Chinese"),
}
_VALUES: Mapping[str, tuple[str, str]] = {
    "longest_idle": ("가장 오래 대기한 상담사", "longest idle"),
    "best_skill": ("숙련도가 가장 높은 상담사", "best skill"),
    "callback": ("콜백 제안", "the offer of a call-back"),
    "message": ("안내 후 종료", "a message and goodbye"),
    "least_occupied": ("상담 비율이 가장 낮은 상담사", "least occupied"),
}
NOTHING = Words("없음", "none")


def field_words(key: str, parents: tuple[str, ...] = ()) -> Words:
    """The key in words; `parents` are the keys above it, nearest last (or the file's name, without `.yaml`)."""
    for parent in reversed(parents):
        if (found := _FIELDS.get(f"{parent}.{key}")) is not None:
            return Words(*found)
    found = _FIELDS.get(key)
    return Words(*found) if found is not None else same(f"`{key}`")


def value_words(key: str, value: object) -> Words:  # noqa: PLR0911 - a table of types
    """A value in words: seconds with their unit, yes and no, lists in a line."""
    if value is None or value in ([], {}):
        return NOTHING
    if isinstance(value, bool):
        return Words("예", "yes") if value else Words("아니요", "no")
    if isinstance(value, int | float):
        if key.endswith("_s"):
            return Words(f"{value:g}초", f"{value:g} s")
        return same(f"{value:.1%}" if key == "share" else f"{value:g}")
    if isinstance(value, list):
        parts = [value_words(key, item) for item in value]
        return Words(", ".join(part.ko for part in parts), ", ".join(part.en for part in parts))
    if isinstance(value, dict):
        told = [(field_words(str(name), (key,)), value_words(str(name), item)) for name, item in value.items()]
        told = [(name, item) for name, item in told if item != NOTHING]
        if not told:
            return NOTHING
        return Words(
            "(" + ", ".join(f"{name.ko} {item.ko}" for name, item in told) + ")",
            "(" + ", ".join(f"{name.en} {item.en}" for name, item in told) + ")",
        )
    return Words(*_VALUES[str(value)]) if str(value) in _VALUES else same(str(value))
