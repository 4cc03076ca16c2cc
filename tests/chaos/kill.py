"""kill -9 of the engine under a full house: `python -m tests.chaos.kill`. Promises 1, 2 and 3.

Talks that last, callers who wait, callers who are in the menus when it happens, and a churn of ringing, holding and
writing-up. At the end those who waited are served, in their order.
"""

from __future__ import annotations

import sys

from tests.chaos.falls import house
from tests.chaos.job import Finding, Job, main

KINDS = ("kill -9",)


def run(job: Job) -> list[Finding]:
    """A hundred talks under fifty kills which catch ten callers each; then a house of five hundred who wait (music to a
    thousand is more than two cores can play), which keep their places over five.
    """
    found = house(
        job, KINDS, talks=job.times(suite=2, short=10, full=100), waiting=job.times(suite=3, short=20, full=50),
        failures=job.times(suite=2, short=4, full=50), fallers=job.times(suite=3, short=8, full=10),
    )  # fmt: skip
    job.keep(found)
    if job.times(suite=0, short=0, full=1) and not job.over():
        found += house(job, KINDS, talks=8, waiting=500, failures=5, fallers=4, max_calls=700)
    return found


if __name__ == "__main__":
    sys.exit(main("kill", run))
