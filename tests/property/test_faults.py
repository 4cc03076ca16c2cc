"""Late, doubled and missing events, clock jumps, phones that fail: no invariant breaks, nobody is stuck, none is lost.

Fifty thousand contacts every day, a million with --long. A failure names its seed:
`from engine.simulation.faults import run; run(load(rules), SEED)` shows it again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from acd.core import talks
from acd.core.states import ContactState
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine.simulation.faultkinds import NO_FAULTS, FaultFoundError, Faults
from engine.simulation.faults import run

CALLS = 500


@pytest.fixture(scope="module")
def city() -> Ruleset:
    return load(Path(__file__).resolve().parents[2] / "dialplan" / "rules")


def contacts(city: Ruleset, seeds: range, **more: int) -> int:
    """Runs these seeds; how many contacts that were."""
    return sum(run(city, seed, calls=CALLS, **more).offered for seed in seeds)


@pytest.mark.timeout(300)
def test_fifty_thousand_contacts(city: Ruleset) -> None:
    assert contacts(city, range(100), check_every=50) == 50_000


def test_every_step_of_some(city: Ruleset) -> None:
    assert contacts(city, range(1000, 1003), check_every=1) == 3 * CALLS


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_million_contacts(city: Ruleset) -> None:
    assert contacts(city, range(10_000, 12_000), check_every=50) == 1_000_000


def test_it_does_spoil_what_it_says(city: Ruleset) -> None:
    spoilt = run(city, 1)
    assert min(spoilt.missing, spoilt.late, spoilt.doubled, spoilt.jumps, spoilt.handed_on) > 0
    assert spoilt.called_back > 10
    clean = run(city, 1, faults=NO_FAULTS)
    assert (clean.missing, clean.late, clean.doubled, clean.jumps) == (0, 0, 0, 0)
    assert set(clean.ended) == {ContactState.COMPLETED, ContactState.ABANDONED}


def test_far_worse_than_life(city: Ruleset) -> None:
    awful = Faults(missing=0.3, late=0.3, doubled=0.3, jumps=0.05, silent_phone=0.2, busy_phone=0.2, dead_phone=0.2)
    for seed in range(5):
        assert sum(run(city, seed, calls=200, faults=awful).ended.values()) == 200


def test_a_seed_is_a_run(city: Ruleset) -> None:
    assert run(city, 7, calls=100) == run(city, 7, calls=100)
    assert run(city, 7, calls=100) != run(city, 8, calls=100)


def test_a_bug_is_found_and_its_seed_shows_it_again(city: Ruleset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A core whose wrap-up forgets the contact: what the simulation is for."""
    right = talks.move_contact

    def forgets(state, contact, new, out, **more):
        if new is not ContactState.COMPLETED or contact.id[-1] != "7":
            right(state, contact, new, out, **more)

    monkeypatch.setattr(talks, "move_contact", forgets)
    with pytest.raises(FaultFoundError, match="seed 3, step") as first:
        run(city, 3)
    with pytest.raises(FaultFoundError) as again:
        run(city, 3)
    assert str(again.value) == str(first.value)
