"""A million simulated contacts over a PBX whose events are late, doubled or missing: `python -m tests.chaos.core`.

Promise 17. The pure core alone; every run of 500 contacts has a seed of its own, and what breaks it names that seed.
"""

from __future__ import annotations

import sys

from dialplan.loader import load
from engine.settings import default_rules
from engine.simulation.faultkinds import FaultFoundError
from engine.simulation.faults import run as run_day
from tests.chaos.job import Finding, Job, main

CONTACTS = 500


def run(job: Job) -> list[Finding]:
    """Runs until the count or the time is reached; each run with the same seed twice must be the same run."""
    rules = load(default_rules())
    draw = job.rng("core")
    seeds = [draw.randrange(1 << 31) for _ in range(job.times(suite=4, short=40, full=2000))]
    job.follow(seeds)
    contacts = steps = spoilt = 0
    broken: list[str] = []
    for number, seed in enumerate(job.within(seeds)):
        try:
            outcome = run_day(rules, seed, calls=CONTACTS, check_every=50)
        except FaultFoundError as error:
            broken.append(str(error))
            continue
        contacts += outcome.offered
        steps += outcome.steps
        spoilt += outcome.missing + outcome.late + outcome.doubled + outcome.jumps
        if number == 0 and run_day(rules, seed, calls=CONTACTS, check_every=50) != outcome:
            broken.append(f"seed {seed} is not reproduced by itself")
    told = f"{steps} events of which {spoilt} were spoilt" if not broken else "; ".join(broken)[:800]
    figures = {"steps": steps, "spoilt": spoilt}
    return [Finding("contacts that broke an invariant or never ended", 17, contacts, len(broken), told, 0, figures)]


if __name__ == "__main__":
    sys.exit(main("core", run))
