"""A killed engine's successor with a million facts in the journal: `python -m tests.chaos.restart`. Promise 4."""

from __future__ import annotations

import sys

from tests.bench import restart_million
from tests.chaos.job import Finding, Job, main


def run(job: Job) -> list[Finding]:
    """Each restart is tried; the worst counts."""
    facts = job.times(suite=20_000, short=200_000, full=1_000_000)
    kills = job.times(suite=1, short=2, full=5)
    rows = restart_million.run(*job.follow([facts, kills]))
    late = sum(not row["pass"] for row in rows)
    figures = {row["name"].partition(": ")[2] + " (s)": row["value"] for row in rows}
    told = f"{kills} kills with {facts} facts in the journal, worst figures"
    return [Finding("first call served later than 5 s after a restart", 4, kills, 0, told, late, figures)]


if __name__ == "__main__":
    sys.exit(main("restart", run))
