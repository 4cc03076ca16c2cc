"""An engine that hangs under a full house: `python -m tests.chaos.hang`. Promise 1, and 2 and 3 with it.

Stopped as a whole (SIGSTOP), its dispatcher stuck, its accept loop stuck: the kernel goes on accepting its connections.
"""

from __future__ import annotations

import sys

from tests.chaos.falls import house
from tests.chaos.job import Finding, Job, main

KINDS = ("SIGSTOP", "dispatcher", "acceptor")


def run(job: Job) -> list[Finding]:
    """The kinds in turn."""
    return house(
        job, KINDS, talks=job.times(suite=1, short=5, full=40), waiting=job.times(suite=3, short=10, full=40),
        failures=job.times(suite=3, short=3, full=12), fallers=job.times(suite=2, short=8, full=10),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main("hang", run))
