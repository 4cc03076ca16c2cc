"""What the rules say, step by step and strung together; each answer with the rule that gave it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan import decision, dialogue
from dialplan.calendar import SEOUL, OutsideCalendarError
from dialplan.decision import Outcome, Turn
from dialplan.dialogue import Asking, Call, RouteDecision, decide
from dialplan.hourrules import DayKind
from dialplan.language import Language
from dialplan.loader import load
from dialplan.menurules import Choice
from dialplan.queuerules import Requirement
from dialplan.reasons import Why
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from tests.unit.dialplan.conftest import CITY, Folder

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=SEOUL)
KEYS = "0123456789*#"


def call(ruleset: Ruleset, keys: str = "", at: datetime = TUESDAY, language: Language | None = None) -> RouteDecision:
    return decide(ruleset, Call(at, "01012345678", language, tuple(keys)))


def whys(answer: RouteDecision) -> list[Why]:
    return [reason.why for reason in answer.reasons]


def test_who_presses_nothing_hears_one_question_and_goes_to_any_agent(city: Ruleset) -> None:
    answer = call(city)
    assert answer.prompts == ("greeting", "topic_question", "connecting")
    assert (answer.outcome, answer.language, answer.topic, answer.queue) == (
        Outcome.QUEUE,
        Language.KO,
        "any",
        "general",
    )
    assert answer.requirement == Requirement(Language.KO)
    assert whys(answer)[:1] == [Why.LANGUAGE_SILENCE]


@pytest.mark.parametrize(
    ("keys", "language", "topic"),
    [
        ("11", Language.KO, "city"),
        ("12", Language.KO, "vehicle"),
        ("23", Language.EN, "passport"),
        ("34", Language.JA, "tax"),
        ("45", Language.ZH, "welfare"),
        ("10", Language.KO, "any"),
        ("192", Language.KO, "water"),
        ("199", Language.KO, "internet"),
        ("19*2", Language.KO, "vehicle"),
        ("1#2", Language.KO, "vehicle"),
        ("2*12", Language.KO, "vehicle"),
        ("12999", Language.KO, "vehicle"),
    ],
)
def test_keys_lead_to_topics(city: Ruleset, keys: str, language: Language, topic: str) -> None:
    answer = call(city, keys)
    assert (answer.outcome, answer.language, answer.topic) == (Outcome.QUEUE, language, topic)
    queue = city.topics[topic].queue_by_language[language]
    assert queue is not None
    assert answer.queue == queue
    assert answer.requirement == city.queues[queue].requirement(language)


def test_a_given_language_starts_at_the_topics(city: Ruleset) -> None:
    answer = call(city, "2", language=Language.JA)
    assert (answer.language, answer.topic) == (Language.JA, "vehicle")
    assert answer.prompts == ("greeting", "topic_question", "connecting")


def test_a_language_without_agents_for_a_topic_goes_where_the_rule_says(city: Ruleset) -> None:
    answer = call(city, "391")
    assert (answer.topic, answer.queue, answer.requirement) == ("environment", "general", Requirement(Language.JA))


def test_a_wrong_language_key_is_asked_again_twice_then_korean(city: Ruleset) -> None:
    assert call(city, "73").language is Language.JA
    assert call(city, "783").language is Language.JA
    answer = call(city, "7893")
    assert answer.language is Language.KO
    assert answer.prompts == ("greeting", "language_again", "language_again", "topic_question", "connecting")
    assert whys(answer)[:3] == [Why.LANGUAGE_WRONG_KEY, Why.LANGUAGE_WRONG_KEY, Why.LANGUAGE_TRIES]


def test_wrong_topic_keys_lead_to_any_agent_after_two_tries(city: Ruleset) -> None:
    answer = call(city, "162")
    assert answer.topic == "vehicle"
    answer = call(city, "1672")
    assert answer.topic == "any"
    assert answer.prompts == ("greeting", "topic_question", "wrong_key", "topic_question", "connecting")


def with_choices(ruleset: Ruleset, menu: str, **choices: Choice | None) -> Ruleset:
    """The rules with other choices in one menu; None takes a key (`key_9`) away."""
    changed = {**ruleset.menus[menu].choices, **{name.removeprefix("key_"): choice for name, choice in choices.items()}}
    kept = {key: choice for key, choice in changed.items() if choice is not None}
    return replace(ruleset, menus={**ruleset.menus, menu: replace(ruleset.menus[menu], choices=kept)})


def test_wrong_keys_are_counted_anew_in_each_menu(city: Ruleset) -> None:
    answer = call(with_choices(city, "more", key_1=None), "17912")  # 7 is wrong in the first menu, 1 in the second
    assert answer.topic == "water"
    assert whys(answer).count(Why.MENU_WRONG_KEY) == 2


@pytest.mark.parametrize(
    ("at", "is_open", "kind", "holiday", "change"),
    [
        ("2026-11-24T07:59:59", False, DayKind.WEEKDAY, None, "2026-11-24T08:00:00+09:00"),
        ("2026-11-24T08:00:00", True, DayKind.WEEKDAY, None, "2026-11-24T19:00:00+09:00"),
        ("2026-11-24T18:59:59", True, DayKind.WEEKDAY, None, "2026-11-24T19:00:00+09:00"),
        ("2026-11-24T19:00:00", False, DayKind.WEEKDAY, None, "2026-11-25T08:00:00+09:00"),
        ("2026-11-27T20:00:00", False, DayKind.WEEKDAY, None, "2026-11-28T09:00:00+09:00"),
        ("2026-11-28T08:30:00", False, DayKind.SATURDAY, None, "2026-11-28T09:00:00+09:00"),
        ("2026-11-29T17:59:00", True, DayKind.SUNDAY, None, "2026-11-29T18:00:00+09:00"),
        ("2026-12-25T08:30:00", False, DayKind.PUBLIC_HOLIDAY, "기독탄신일", "2026-12-25T09:00:00+09:00"),
        ("2026-10-03T12:00:00", True, DayKind.PUBLIC_HOLIDAY, "개천절", "2026-10-03T18:00:00+09:00"),
        ("2026-05-01T18:30:00", False, DayKind.PUBLIC_HOLIDAY, "노동절", "2026-05-02T09:00:00+09:00"),
        ("2026-07-17T18:30:00", False, DayKind.PUBLIC_HOLIDAY, "제헌절", "2026-07-18T09:00:00+09:00"),
        ("2026-06-03T18:30:00", False, DayKind.PUBLIC_HOLIDAY, "지방선거일", "2026-06-04T08:00:00+09:00"),
        ("2028-02-29T12:00:00", True, DayKind.WEEKDAY, None, "2028-02-29T19:00:00+09:00"),
        ("2026-12-31T19:30:00", False, DayKind.WEEKDAY, None, "2027-01-01T09:00:00+09:00"),
    ],
)
def test_hours(city: Ruleset, at: str, is_open: bool, kind: DayKind, holiday: str | None, change: str) -> None:
    answer = call(city, at=datetime.fromisoformat(at).replace(tzinfo=SEOUL))
    seen = answer.opening
    assert (seen.open, seen.day_kind, seen.holiday) == (is_open, kind, holiday)
    moment = seen.closes_at if is_open else seen.opens_at
    assert moment is not None
    assert moment.isoformat() == change
    assert answer.outcome is (Outcome.QUEUE if is_open else Outcome.CLOSED)


@pytest.mark.parametrize(
    ("day", "holiday", "hour", "is_open"),
    [
        ("2026-09-24", "추석 전날", 8, False),  # a weekday by the calendar, with the hours of a holiday
        ("2026-09-24", "추석 전날", 9, True),
        ("2026-09-23", None, 8, True),  # neither the day before
        ("2026-09-28", None, 8, True),  # nor the first weekday after: the feast ends on a Saturday
        ("2026-08-17", "광복절 대체 휴일", 8, False),  # 15 August is a Saturday: the Monday is the substitute
        ("2025-10-08", "추석 대체 휴일", 18, False),  # three days of a feast, of which one is a Sunday
        ("2025-10-09", "한글날", 8, False),
        ("2025-10-10", None, 18, True),
    ],
)
def test_holiday_calendars_that_misfire_freepbx_538_682_1060(
    city: Ruleset, day: str, holiday: str | None, hour: int, is_open: bool
) -> None:
    """A holiday is from midnight to midnight in Seoul, each year where it falls in that year, whatever zone asks."""
    moment = datetime.fromisoformat(f"{day}T{hour:02d}:30:00").replace(tzinfo=SEOUL)
    for asked in (moment, moment.astimezone(UTC)):
        seen = call(city, at=asked).opening
        assert (seen.open, seen.holiday) == (is_open, holiday)


def test_a_closed_call_hears_so_in_its_language_and_no_topic_is_asked(city: Ruleset) -> None:
    answer = call(city, "3", at=datetime(2026, 12, 25, 8, 30, tzinfo=SEOUL))
    assert answer.prompts == ("greeting", "closed", "goodbye")
    assert (answer.language, answer.topic, answer.queue) == (Language.JA, None, None)
    assert answer.requirement == Requirement(Language.JA)
    assert whys(answer) == [Why.LANGUAGE_KEY, Why.HOLIDAY, Why.HOURS_DAY_OFF, Why.CLOSED]
    lines = (CITY / "hours.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[answer.reasons[2].source.line - 1].startswith("day_off:")


def test_the_rule_that_decides_is_the_one_named(folder: Folder) -> None:
    folder.replace("hours.yaml", "  add: {}", "  add: {2027-01-29: 임시공휴일}")
    folder.replace("hours.yaml", "  remove: []", "  remove: [2026-12-25]")
    folder.replace("hours.yaml", "special_days: {}", "special_days: {2027-03-03: {hours: [], name: 선거일}}")
    folder.replace(
        "hours.yaml", "closures: []", 'closures: [{day: 2027-03-12, from: "13:00", to: "14:30", reason: 정전}]'
    )
    rules = load(folder.path)
    expected = [
        ("2027-01-29T18:30", False, [Why.HOLIDAY, Why.HOURS_DAY_OFF, Why.CLOSED], "2027-01-29:"),
        ("2026-12-25T18:30", True, [Why.HOLIDAY_REMOVED, Why.HOURS_WEEKDAY, Why.OPEN], "2026-12-25]"),
        ("2027-03-03T12:00", False, [Why.HOLIDAY, Why.HOURS_SPECIAL, Why.CLOSED], "2027-03-03:"),
        ("2027-03-12T13:10", False, [Why.HOURS_CLOSURE, Why.CLOSED], "{day: 2027-03-12"),
        ("2027-03-12T14:30", True, [Why.HOURS_WEEKDAY, Why.OPEN], "weekday:"),
    ]
    for at, is_open, reasons, place in expected:
        step = decision.check_hours(rules, datetime.fromisoformat(at))
        assert step.open is is_open
        assert [reason.why for reason in step.reasons] == reasons, at
        source = step.reasons[0].source
        assert f"{source}:{source.column}" == folder.place("hours.yaml", place)


def test_closed_without_an_end(folder: Folder) -> None:
    folder.replace("hours.yaml", 'weekday: ["08:00-19:00"]', "weekday: []")
    folder.replace("hours.yaml", 'day_off: ["09:00-18:00"]', "day_off: []")
    answer = call(load(folder.path))
    assert answer.opening.opens_at is None
    assert whys(answer)[-1] is Why.CLOSED_LONG


def test_open_without_an_end(folder: Folder) -> None:
    folder.replace("hours.yaml", '["08:00-19:00"]', '["00:00-24:00"]')
    folder.replace("hours.yaml", '["09:00-18:00"]', '["00:00-24:00"]')
    answer = call(load(folder.path))
    assert answer.opening.open
    assert answer.opening.closes_at is None
    assert answer.reasons[2].text() == "open at 2026-11-24 10:00 until further notice"


def test_none_means_a_sentence_and_good_bye(folder: Folder) -> None:
    folder.replace("menus.yaml", "ja: general, zh: environment", "ja: none, zh: environment")
    folder.replace("menus.yaml", "  goodbye: goodbye\n", "  goodbye: goodbye\n  not_served: sorry_fault\n")
    answer = call(load(folder.path), "391")
    assert (answer.outcome, answer.queue, answer.topic) == (Outcome.HANGUP, None, "environment")
    assert answer.prompts[-2:] == ("sorry_fault", "goodbye")
    assert whys(answer)[-1] is Why.TOPIC_NOT_SERVED


def test_a_menu_may_differ_by_language(folder: Folder) -> None:
    folder.replace("menus.yaml", "zh: topics}", "zh: more}")
    assert call(load(folder.path), "42").topic == "water"


def test_menus_in_a_circle_make_no_endless_way(city: Ruleset) -> None:
    rules = with_choices(city, "more", key_9=Choice("9", None, "topics", Source("menus.yaml", 1)))
    state = dialogue.begin_in(rules, Language.KO, TUESDAY)
    for _ in range(10):
        state = dialogue.press(rules, state, "9", TUESDAY)
    assert state.menus == ("topics",)
    assert call(rules, "1999*").prompts[-3:] == ("topic_more", "topic_question", "connecting")


def test_back_and_repeat_in_a_single_step(city: Ruleset) -> None:
    menu = city.menus["more"]
    assert decision.menu_step(city, menu, "*").turn is Turn.BACK
    assert decision.menu_step(city, menu, "#", wrong=1).wrong == 1
    assert decision.menu_step(city, city.menus["topics"], "9").menu == "more"
    assert decision.menu_step(city, city.menus["topics"], "7").turn is Turn.WRONG


def test_a_time_in_another_zone_is_the_same_moment(city: Ruleset) -> None:
    assert call(city, at=datetime(2026, 11, 24, 1, 0, tzinfo=UTC)) == call(city)


def test_years_without_a_calendar_are_refused(city: Ruleset) -> None:
    with pytest.raises(OutsideCalendarError, match="1999-12-31 lies outside the years 2000 to 2099"):
        call(city, at=datetime(1999, 12, 31, 12, 0, tzinfo=SEOUL))


def test_nothing_can_be_pressed_when_nothing_is_asked(city: Ruleset) -> None:
    state = dialogue.press(city, dialogue.begin_in(city, Language.EN, TUESDAY), None, TUESDAY)
    assert state.asking is Asking.DONE
    with pytest.raises(ValueError, match="nothing is being asked"):
        dialogue.press(city, state, "1", TUESDAY)


@given(st.text(alphabet=KEYS, max_size=40), st.integers(1_704_034_800, 1_830_265_199))
def test_every_call_ends_somewhere_with_reasons_in_two_languages(keys: str, second: int) -> None:
    ruleset = RULES
    answer = call(ruleset, keys, datetime.fromtimestamp(second, UTC))
    assert answer.outcome in {Outcome.QUEUE, Outcome.CLOSED}
    assert (answer.queue is not None) is answer.opening.open
    assert answer.prompts[0] == "greeting"
    assert set(answer.prompts) <= set(ruleset.prompts)
    for reason in answer.reasons:
        assert reason.text(Language.EN)
        assert reason.text(Language.KO)
        assert "{" not in reason.text(Language.EN) + reason.text(Language.KO)
        assert reason.source.line > 0


RULES = load(CITY)


def test_saturdays_with_hours_of_their_own(folder: Folder) -> None:
    folder.replace("hours.yaml", '# saturday: ["09:00-17:00"]', 'saturday: ["09:00-17:00"]')
    rules = load(folder.path)
    late = decide(rules, Call(datetime(2026, 11, 28, 17, 30, tzinfo=SEOUL)))
    assert not late.opening.open
    assert [reason.text(Language.KO) for reason in late.reasons][1] == "토요일 상담 시간: 09:00-17:00"
    assert str(late.reasons[1].source) in folder.place("hours.yaml", "saturday:")
    sunday = decide(rules, Call(datetime(2026, 11, 29, 17, 30, tzinfo=SEOUL)))
    assert sunday.opening.open
    holiday = decide(rules, Call(datetime(2027, 2, 6, 17, 30, tzinfo=SEOUL)))  # 설날 전날, a Saturday
    assert holiday.opening.open
