"""Calls of one number: the window slides, nobody else suffers, a flood of other numbers fills no memory."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan.flood import WITHHELD, caller_of, reasons
from dialplan.limits import FLOOD_NUMBERS, FLOOD_WORDS_AT_ONCE
from dialplan.loader import RulesError
from dialplan.source import Source
from dialplan.trunkrules import FloodRule, Trunks
from ivr.flood import WORDS_S, Flood, Verdict
from ivr.flow import receive
from ivr.session import Outcome
from tests.unit.ivr.house import House, city, rules

NUMBER, OTHER = "01012345678", "01087654321"
RULE = FloodRule(3, 60.0, 2, 5, ("0212345*",), Source("trunks.yaml", 1), development=True)


def trunks(rule: FloodRule | None = RULE) -> Trunks:
    return replace(city().trunks, flood=rule)


def tried(flood: Flood, number: str, now: float, rule: FloodRule | None = RULE) -> Verdict:
    """A call that is over at once."""
    with flood.call(trunks(rule), number, now) as verdict:
        return verdict


def test_so_many_in_any_stretch_and_then_at_its_pace():
    flood = Flood()
    assert [tried(flood, NUMBER, now) for now in (0.0, 10.0, 20.0)] == [Verdict.ADMITTED] * 3
    assert tried(flood, NUMBER, 59.9) is Verdict.WORDS
    assert (
        tried(flood, NUMBER, 60.0) is Verdict.ADMITTED
    )  # the first of them is a minute ago; what was refused counts not
    assert tried(flood, NUMBER, 60.1) is Verdict.WORDS
    assert tried(flood, OTHER, 60.1) is Verdict.ADMITTED


def test_so_many_at_once_for_as_long_as_they_last():
    flood = Flood()
    with ExitStack() as calls:
        assert [calls.enter_context(flood.call(trunks(), NUMBER, 0.0)) for _ in range(2)] == [Verdict.ADMITTED] * 2
        assert tried(flood, NUMBER, 1.0) is Verdict.WORDS
    assert tried(flood, NUMBER, 2.0) is Verdict.ADMITTED
    assert not flood._here


@pytest.mark.parametrize("written", ["+82 10-1234-5678", "82-10-1234-5678", "010 1234 5678", "01012345678"])
def test_a_number_is_one_however_it_is_written(written: str):
    assert caller_of(written) == NUMBER


def test_foreign_numbers_are_counted_each_and_none_together():
    assert caller_of("+1 (212) 555-0100") == "+12125550100"
    assert {caller_of(one) for one in ("", "anonymous", "Restricted", "sipp", "12", "+", "x" * 500)} == {WITHHELD}
    flood = Flood()
    verdicts = [tried(flood, name, 0.0) for name in ("", "anonymous", "unknown", "", "", "sipp")]
    assert verdicts == [Verdict.ADMITTED] * 5 + [Verdict.WORDS]
    assert tried(Flood(), "", 0.0, replace(RULE, withheld=None)) is Verdict.ADMITTED


@pytest.mark.parametrize("number", ["0319099000", "+82319099000", "0212345678"])
def test_own_and_exempt_numbers_are_not_counted(number: str):
    flood = Flood()
    assert {tried(flood, number, 0.0) for _ in range(50)} == {Verdict.ADMITTED}
    assert not flood.remembered()


def test_without_a_rule_nobody_is_counted():
    assert {tried(Flood(), NUMBER, 0.0, None) for _ in range(50)} == {Verdict.ADMITTED}


def test_beyond_the_places_for_words_there_is_the_tone():
    flood = Flood()
    for _ in range(3):
        tried(flood, NUMBER, 0.0)
    verdicts = [tried(flood, NUMBER, 0.0) for _ in range(FLOOD_WORDS_AT_ONCE + 5)]
    assert verdicts == [Verdict.WORDS] * FLOOD_WORDS_AT_ONCE + [Verdict.BUSY] * 5
    assert tried(flood, NUMBER, WORDS_S + 0.1) is Verdict.WORDS


def test_a_new_number_each_time_fills_no_memory():
    flood = Flood()
    for number in range(FLOOD_NUMBERS + 500):
        assert tried(flood, f"010{number:08d}", 0.0) is Verdict.ADMITTED
    assert flood.remembered() == FLOOD_NUMBERS
    for number in range(FLOOD_NUMBERS):
        tried(flood, OTHER if number % 2 else NUMBER, 1000.0 + number)
    assert flood.remembered() <= 2  # all others are long past


@given(st.lists(st.tuples(st.floats(0, 50), st.sampled_from([NUMBER, OTHER, ""])), max_size=60))
def test_never_more_than_the_rule_in_any_window(calls: list[tuple[float, str]]):
    flood, now, let_in = Flood(), 0.0, []
    for later_s, number in calls:
        now += later_s
        if tried(flood, number, now) is Verdict.ADMITTED:
            let_in.append((now, number))
    for end, _ in let_in:
        for number, most in ((NUMBER, 3), (OTHER, 3), ("", 5)):
            assert sum(one == number and end - 60.0 < at <= end for at, one in let_in) <= most


def test_the_caller_is_handed_to_the_words_and_the_session_is_over():
    strict = rules("trunks.flood={calls_per_number: 1, at_once: 1, development: true}")
    house = House(rules=strict, agi_callerid=NUMBER)
    house.acd.free.append("1001")
    assert receive(house.call()) is Outcome.SERVED
    assert receive(house.call()) is Outcome.FLOOD
    assert house.channel.phases[-1] == "flooded"
    assert not house.acd.waiting


def test_explain_tells_the_bound():
    def told(number: str | None) -> list[str]:
        named = rules("trunks.carriers=[{name: one, addresses: [203.0.113.1]}]").trunks
        return [one.text() for one in reasons(named, number)]

    assert told(NUMBER) == ["up to 20 calls of this number in 60 s, 10 at once, are taken: more hear of it"]
    assert told("0319099000") == ["calls of this number are not counted"]
    assert told("anonymous") == ["up to 120 calls without a number in 60 s are taken: more hear of it"]
    assert told(None) == []
    assert reasons(city().trunks, NUMBER)[0].text() == "calls of one number are not counted until a carrier is named"


def test_it_holds_from_the_first_carrier_on():
    """Before, one number of this machine plays many callers."""
    trial = replace(RULE, development=False)
    assert {tried(Flood(), NUMBER, 0.0, trial) for _ in range(50)} == {Verdict.ADMITTED}
    named = rules("trunks.carriers=[{name: one, addresses: [203.0.113.1]}]").trunks
    flood, verdicts = Flood(), []
    for _ in range(4):
        with flood.call(replace(named, flood=trial), NUMBER, 0.0) as verdict:
            verdicts.append(verdict)
    assert verdicts == [Verdict.ADMITTED] * 3 + [Verdict.WORDS]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{calls_per_number: 0}", "calls_per_number"),
        ("{calls_per_number: 5000}", "1000"),
        ("{calls_per_number: 5, per_s: 0}", "per_s"),
        ("{calls_per_number: 5, exempt: [x]}", "exempt"),
        ("{calls_per_numbr: 5}", "did you mean `calls_per_number`"),
    ],
)
def test_what_is_wrong_is_told(written: str, said: str):
    with pytest.raises(RulesError) as refused:
        rules(f"trunks.flood={written}")
    assert said in str(refused.value)
