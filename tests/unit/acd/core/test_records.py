"""A quick record is the frozen dataclass it was, in every way but the time it takes to make one."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest

from acd.core.commands import Note
from acd.core.facts import AgentMoved, ContactMoved, Decision, PassedOver, ReservationEnded
from acd.core.records import quick


def test_it_is_frozen_and_slotted() -> None:
    one = PassedOver("1001", "busy", "c1")
    with pytest.raises(FrozenInstanceError):
        one.code = "skill"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del one.code
    assert type(one) is PassedOver
    assert not hasattr(one, "__dict__")


def test_it_compares_hashes_prints_copies_and_pickles_as_before() -> None:
    one, same = PassedOver("1001", "busy", "c1"), PassedOver(agent_id="1001", contact_id="c1", code="busy")
    assert one == same
    assert hash(one) == hash(same)
    assert repr(one) == "PassedOver(agent_id='1001', code='busy', contact_id='c1')"
    assert replace(one, code="skill") == PassedOver("1001", "skill", "c1")
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own bytes
    assert asdict(Note(one)) == {"fact": {"agent_id": "1001", "code": "busy", "contact_id": "c1"}}


def test_defaults_and_the_signature_are_kept() -> None:
    @quick
    @dataclass(frozen=True, slots=True)
    class One:
        a: int
        b: float = 2.5

    assert One(1) == One(1, 2.5)
    with pytest.raises(TypeError, match="required positional argument"):
        One()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword"):
        One(1, c=3)  # type: ignore[call-arg]


def test_a_default_factory_is_refused() -> None:
    with pytest.raises(TypeError, match="Two has a default factory"):

        @quick
        @dataclass(frozen=True, slots=True)
        class Two:
            a: list[int] = field(default_factory=list)


@pytest.mark.parametrize("kind", [ContactMoved, ReservationEnded, AgentMoved, Decision, PassedOver])
def test_every_field_of_every_fact_lands_where_it_belongs(kind: type) -> None:
    names = [one.name for one in fields(kind)]
    made = kind(*range(len(names)))
    assert [getattr(made, name) for name in names] == list(range(len(names)))
