"""Chaos programs in their shortest form on a real PBX; `./ringmaster chaos` has the promises' own counts.

Only what was lost is judged here: how soon it came right depends on the machine, and the command judges that.
"""

from __future__ import annotations

import pytest

from tests.chaos import ami, clock, descriptors, falls, flood, hang, kill, load, pbx, restart, soak, storage
from tests.chaos.job import Finding, Job, Size
from tests.chaos.town import town

pytestmark = pytest.mark.timeout(300)
SEED = 1


def nothing_lost(findings: list[Finding]) -> None:
    """Every promise was tried, and held."""
    for one in findings:
        print(one)
    assert all(one.tried for one in findings)
    assert not [one for one in findings if one.lost]


def test_an_engine_that_is_killed_and_one_that_hangs() -> None:
    """Talks, waiting callers, callers in the menus, and ringing, hold and wrap-up around them: promises 1, 2 and 3."""
    kinds = ("kill -9", "dispatcher")
    nothing_lost(falls.house(Job(SEED, Size.SUITE), kinds, talks=2, waiting=3, failures=2, fallers=3))


def test_ami_that_is_slow_doubled_reordered_and_a_flood() -> None:
    """Promises 9 and 10; AMI that is cut or half-open: test_ami_cut.py."""
    job = Job(SEED, Size.SUITE)
    with ami.behind_a_line(job) as (one, line):
        nothing_lost(ami.spells(job, one, line))
        nothing_lost(flood.flooded(job, one, line))


def test_an_engine_without_descriptors_and_nothing_that_leaks() -> None:
    """Promises 1 and 6: who cannot be served falls into the net; afterwards every descriptor is given back."""
    job = Job(SEED, Size.SUITE)
    with town(job, sets=descriptors.SETS) as one:
        nothing_lost(descriptors.starved(job, one))
        nothing_lost(soak.weighed(job, one))


def test_clocks_that_are_wrong() -> None:
    """Promise 16."""
    nothing_lost(clock.run(Job(SEED, Size.SUITE)))


# Promises 4, 11 and 14 and the death of Asterisk every day: test_up.py, test_disk_full.py, test_postgres.py,
# test_call_overflow.py, test_pbx_restart.py.
@pytest.mark.long
@pytest.mark.parametrize("program", [kill, hang, pbx, storage, load, restart], ids=lambda program: program.__name__)
def test_the_other_programs(program) -> None:
    nothing_lost(program.run(Job(SEED, Size.SUITE)))
