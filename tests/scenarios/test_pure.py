"""Every scenario of this folder on the pure engine, in virtual time."""

from __future__ import annotations

import pytest

from tests.scenarios.judge import judge
from tests.scenarios.model import Call, Record, Scenario, scenarios
from tests.scenarios.pure import Play

ALL = scenarios()


@pytest.mark.parametrize("scenario", [one for _, one in ALL], ids=[name for name, _ in ALL])
def test_scenario(scenario: Scenario) -> None:
    play = Play(scenario)
    play.run()
    assert judge(play) == []


def test_there_are_enough_and_each_has_its_name() -> None:
    names = [name for name, _ in ALL]
    assert len(names) >= 80
    assert len(set(names)) == len(names)


def test_each_says_what_must_be() -> None:
    """A scenario without a word about the outcome could not fail."""
    for name, one in ALL:
        told = [
            call
            for call in one.calls
            if call.hears or call.rings is not None or call.outcome or call.record != Record()
        ]
        assert told or one.states, name


def test_a_wrong_scenario_is_told() -> None:
    wrong = Scenario(
        name="wrong", agents=["1001"], calls=[Call(keys="13", rings=["1002"], record=Record(topic="tax", agent="1002"))]
    )
    play = Play(wrong)
    play.run()
    assert len(judge(play)) == 3
