"""Why something was decided: data while it is decided, a sentence in Korean or English when somebody reads it.

A Reason names the rule's place and its facts. Pure; knows no rules, only words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dialplan.language import Language
from dialplan.source import Source
from dialplan.words import LANGUAGES


class Why(StrEnum):
    """Every kind of reason that the rules can give."""

    LANGUAGE_KEY = "language_key"
    LANGUAGE_SILENCE = "language_silence"
    LANGUAGE_WRONG_KEY = "language_wrong_key"
    LANGUAGE_TRIES = "language_tries"
    LANGUAGE_REPEAT = "language_repeat"
    LANGUAGE_GIVEN = "language_given"
    LANGUAGE_BACK = "language_back"
    HOLIDAY = "holiday"
    HOLIDAY_REMOVED = "holiday_removed"
    HOURS_WEEKDAY = "hours_weekday"
    HOURS_DAY_OFF = "hours_day_off"
    HOURS_SATURDAY = "hours_saturday"
    HOURS_SPECIAL = "hours_special"
    HOURS_CLOSURE = "hours_closure"
    OPEN = "open"
    CLOSED = "closed"
    CLOSED_LONG = "closed_long"
    MENU_KEY = "menu_key"
    MENU_MORE = "menu_more"
    MENU_SILENCE = "menu_silence"
    MENU_WRONG_KEY = "menu_wrong_key"
    MENU_TRIES = "menu_tries"
    MENU_REPEAT = "menu_repeat"
    MENU_BACK = "menu_back"
    TOPIC_QUEUE = "topic_queue"
    TOPIC_NOT_SERVED = "topic_not_served"
    REQUIREMENT = "requirement"
    STEP = "step"
    CLOSED_BOOKING = "closed_booking"
    QUEUE_FULL = "queue_full"
    CLOSING_SOON = "closing_soon"
    POINTS_QUEUE = "points_queue"
    POINTS_TOPIC = "points_topic"
    POINTS_NUMBER = "points_number"
    FLOOD = "flood"
    FLOOD_EXEMPT = "flood_exempt"
    FLOOD_DEVELOPMENT = "flood_development"
    FLOOD_WITHHELD = "flood_withheld"


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of a decision: the rule's place, its kind, and the facts that the sentence is made of."""

    source: Source
    why: Why
    facts: tuple[tuple[str, str], ...] = ()

    def text(self, language: Language = Language.EN) -> str:
        """The sentence in Korean, or in English for every other language."""
        known = dict(self.facts)
        sentences = _KOREAN if language is Language.KO else _ENGLISH
        if "language" in known:
            known["language"] = LANGUAGES[known["language"]][0 if language is Language.KO else 1]
        return sentences[self.why].format_map(known)


def reason(source: Source, why: Why, **facts: object) -> Reason:
    """A Reason; facts are kept as text, in the order given."""
    return Reason(source, why, tuple((name, str(value)) for name, value in facts.items()))


_ENGLISH = {
    Why.LANGUAGE_KEY: "key {key} chooses {language}",
    Why.LANGUAGE_SILENCE: "no key after the greeting: {language}",
    Why.LANGUAGE_WRONG_KEY: "key {key} chooses no language: asked again",
    Why.LANGUAGE_TRIES: "wrong key {key} on try {tries}, the last one: {language}",
    Why.LANGUAGE_REPEAT: "key # repeats the greeting",
    Why.LANGUAGE_GIVEN: "the language is given: {language}",
    Why.LANGUAGE_BACK: "key * goes back to the choice of language",
    Why.HOLIDAY: "{day} is a public holiday: {name}",
    Why.HOLIDAY_REMOVED: "{day} is taken out of the public holidays",
    Why.HOURS_WEEKDAY: "weekday hours apply: {hours}",
    Why.HOURS_DAY_OFF: "day-off hours apply: {hours}",
    Why.HOURS_SATURDAY: "Saturday's own hours apply: {hours}",
    Why.HOURS_SPECIAL: "{day} has hours of its own: {hours}",
    Why.HOURS_CLOSURE: "temporarily closed on {day} from {start} to {end}: {name}",
    Why.OPEN: "open at {at} until {change}",
    Why.CLOSED: "closed at {at}, opens {change}",
    Why.CLOSED_LONG: "closed at {at}, and no opening is planned",
    Why.MENU_KEY: "key {key} of menu {menu} chooses topic {topic}",
    Why.MENU_MORE: "key {key} of menu {menu} goes on to menu {next}",
    Why.MENU_SILENCE: "no key in menu {menu}: topic {topic}",
    Why.MENU_WRONG_KEY: "key {key} is no choice of menu {menu}: asked again",
    Why.MENU_TRIES: "wrong key {key} in menu {menu} on try {tries}, the last one: topic {topic}",
    Why.MENU_REPEAT: "key # repeats menu {menu}",
    Why.MENU_BACK: "key * goes back to menu {menu}",
    Why.TOPIC_QUEUE: "topic {topic} in {language} waits in queue {queue}",
    Why.TOPIC_NOT_SERVED: "topic {topic} is not served in {language}",
    Why.REQUIREMENT: "queue {queue} asks for {requirement}: {able} of {agents} agents",
    Why.STEP: "after {after_s} s of waiting {requirement} is enough: {able} agents",
    Why.CLOSED_BOOKING: "key 1 books a call for a time when the centre is open",
    Why.QUEUE_FULL: "{most} callers wait in queue {queue}: {instead}",
    Why.CLOSING_SOON: "within {before_s} s of closing, who finds nobody free does not wait in queue {queue}: {instead}",
    Why.POINTS_QUEUE: "queue {queue} gives a head start of {points} min",
    Why.POINTS_TOPIC: "topic {topic} gives a head start of {points} min",
    Why.POINTS_NUMBER: "the caller's number gives a head start of {points} min, in class {order_class}",
    Why.FLOOD: "up to {calls} calls of this number in {per_s} s, {at_once} at once, are taken: more hear of it",
    Why.FLOOD_EXEMPT: "calls of this number are not counted",
    Why.FLOOD_DEVELOPMENT: "calls of one number are not counted until a carrier is named",
    Why.FLOOD_WITHHELD: "up to {calls} calls without a number in {per_s} s are taken: more hear of it",
}

_KOREAN = {
    Why.LANGUAGE_KEY: "{key}번은 {language}입니다",
    Why.LANGUAGE_SILENCE: "인사말 뒤에 누른 번호가 없어 {language}로 안내합니다",
    Why.LANGUAGE_WRONG_KEY: "{key}번에 해당하는 언어가 없어 다시 묻습니다",
    Why.LANGUAGE_TRIES: "{tries}번째도 없는 번호({key})여서 {language}로 안내합니다",
    Why.LANGUAGE_REPEAT: "우물정자로 인사말을 다시 듣습니다",
    Why.LANGUAGE_GIVEN: "언어가 정해져 있습니다: {language}",
    Why.LANGUAGE_BACK: "별표로 언어 선택으로 돌아갑니다",
    Why.HOLIDAY: "{day} 공휴일: {name}",
    Why.HOLIDAY_REMOVED: "{day} 공휴일에서 제외됨",
    Why.HOURS_WEEKDAY: "평일 상담 시간: {hours}",
    Why.HOURS_DAY_OFF: "휴일 상담 시간: {hours}",
    Why.HOURS_SATURDAY: "토요일 상담 시간: {hours}",
    Why.HOURS_SPECIAL: "{day}의 별도 상담 시간: {hours}",
    Why.HOURS_CLOSURE: "{day} {start}~{end} 임시 휴무: {name}",
    Why.OPEN: "{at} 상담 중, {change}까지",
    Why.CLOSED: "{at} 상담 시간 아님, {change}에 시작",
    Why.CLOSED_LONG: "{at} 상담 시간 아님, 예정된 상담 시간이 없습니다",
    Why.MENU_KEY: "{menu} 메뉴 {key}번은 {topic} 업무입니다",
    Why.MENU_MORE: "{menu} 메뉴 {key}번은 {next} 메뉴로 갑니다",
    Why.MENU_SILENCE: "{menu} 메뉴에서 누른 번호가 없어 {topic} 업무로 안내합니다",
    Why.MENU_WRONG_KEY: "{menu} 메뉴에 {key}번이 없어 다시 묻습니다",
    Why.MENU_TRIES: "{menu} 메뉴에서 {tries}번째도 없는 번호({key})여서 {topic} 업무로 안내합니다",
    Why.MENU_REPEAT: "우물정자로 {menu} 메뉴를 다시 듣습니다",
    Why.MENU_BACK: "별표로 {menu} 메뉴로 돌아갑니다",
    Why.TOPIC_QUEUE: "{topic} 업무의 {language} 상담은 {queue} 대기열로 갑니다",
    Why.TOPIC_NOT_SERVED: "{topic} 업무는 {language}로 상담하지 않습니다",
    Why.REQUIREMENT: "{queue} 대기열의 조건은 {requirement}: 상담사 {agents}명 중 {able}명",
    Why.STEP: "{after_s}초를 기다리면 조건은 {requirement}: 상담사 {able}명",
    Why.CLOSED_BOOKING: "1번으로 상담 시간 중의 전화를 예약할 수 있습니다",
    Why.QUEUE_FULL: "{queue} 대기열에 {most}명이 기다리고 있습니다: {instead}",
    Why.CLOSING_SOON: "상담 종료 {before_s}초 전부터 바로 연결되지 않으면 {queue}에서 기다리지 않습니다: {instead}",
    Why.POINTS_QUEUE: "{queue} 대기열은 {points}분 먼저 온 것으로 봅니다",
    Why.POINTS_TOPIC: "{topic} 업무는 {points}분 먼저 온 것으로 봅니다",
    Why.POINTS_NUMBER: "전화번호 규칙으로 {points}분 먼저 온 것으로 보며 등급은 {order_class}입니다",
    Why.FLOOD: "이 번호의 전화는 {per_s}초에 {calls}건, 동시에 {at_once}건까지 받고 그 뒤에는 안내만 합니다",
    Why.FLOOD_EXEMPT: "이 번호의 전화는 세지 않습니다",
    Why.FLOOD_DEVELOPMENT: "통신사를 정하기 전에는 한 번호의 전화를 세지 않습니다",
    Why.FLOOD_WITHHELD: "번호를 감춘 전화는 모두 합해 {per_s}초에 {calls}건까지 받고 그 뒤에는 안내만 합니다",
}
