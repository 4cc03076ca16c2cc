"""Chaos programs in their shortest form on a real PBX; `./ringmaster chaos` has the promises' own counts.

Only what was lost is judged here: how soon it came right depends on the machine, and the command judges that.
"""

from __future__ import annotations

import pytest

from tests.chaos import falls
from tests.chaos.job import Finding, Job, Size

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
