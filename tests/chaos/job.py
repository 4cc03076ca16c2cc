"""What a chaos program is given, what it gives back, and how one is run: `python -m tests.chaos.NAME --seed 7 --json`.

A program tries faults on the real centre or the core. Its faults are a plan, which is a pure function of the seed: it is
told before it is followed, so that a loss can be tried again. It gives findings: what was tried, what was lost (nothing),
what came right later than promised. It may not draw from anything but `Job.rng`, and may not wait without a deadline.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any, TypeVar

PLAN_TOLD = 12
T = TypeVar("T")


class Size(Enum):
    """How much is tried: seconds for the suite, a minute for the command, the promise's own counts."""

    SUITE = "suite"
    SHORT = "short"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise held against faults. `lost` and `late` count cases of `tried`; both are to be 0."""

    name: str
    promise: int
    tried: int
    lost: int
    detail: str
    late: int = 0  # right in the end, later than promised: a busy machine's fault too, so the suite forgives it
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.lost and not self.late and self.tried > 0


class Job:
    """Seed, size and the end of the time; a program asks it for everything that may differ between two runs."""

    def __init__(self, seed: int, size: Size = Size.SHORT, minutes: float | None = None) -> None:
        self.seed, self.size = seed, size
        self._began, self._lasts_s = time.monotonic(), math.inf if minutes is None else 60.0 * minutes
        self.plan: list[str] = []
        self.kept: list[Finding] = []

    def times(self, *, suite: int, short: int, full: int) -> int:
        """How often, or how many, for this size."""
        return {Size.SUITE: suite, Size.SHORT: short, Size.FULL: full}[self.size]

    def left_s(self, share: float = 1.0) -> float:
        """Of the minutes that were given, or of this share of them; without any, for ever. Never below 0."""
        return max(0.0, share * self._lasts_s - (time.monotonic() - self._began))

    def over(self, share: float = 1.0) -> bool:
        """Whether they are used up. A program of several parts gives each its share, so that all of them are tried."""
        return not self.left_s(share)

    def within(self, faults: Sequence[T], share: float = 1.0) -> Iterator[T]:
        """The faults until then; the first one in any case, for what was not tried is no promise kept."""
        for number, fault in enumerate(faults):
            if number and self.over(share):
                return
            yield fault

    def rng(self, name: str) -> Random:
        """The same draws for the same seed, whatever else is drawn."""
        return Random(f"{self.seed} {name}")

    def follow(self, faults: Sequence[T]) -> Sequence[T]:
        """The plan, after it has been told."""
        told = [str(fault) for fault in faults]
        self.plan += told
        more = f"; and {len(told) - PLAN_TOLD} more" if len(told) > PLAN_TOLD else ""
        self.say(f"plan of seed {self.seed}: {'; '.join(told[:PLAN_TOLD])}{more}")
        return faults

    def keep(self, findings: Sequence[Finding]) -> None:
        """What is found already, should the rest of the program break off."""
        self.kept += findings

    def say(self, text: str) -> None:
        """Progress, for who watches."""
        print(f"  {text}", file=sys.stderr, flush=True)

    def digest(self) -> str:
        """Of the whole plan: two runs that followed the same one say so."""
        return hashlib.sha256("\n".join(self.plan).encode()).hexdigest()[:12]


Program = Callable[[Job], list[Finding]]


def rows(name: str, job: Job, run: Program) -> list[dict[str, Any]]:
    """The program's findings as `./ringmaster chaos --json` prints them; one that breaks off has lost."""
    begun = time.monotonic()
    try:
        findings = run(job)
    except Exception as error:  # whatever it is, the report says so
        traceback.print_exc()
        findings = [*job.kept, Finding("broke off", 0, 1, 1, f"{type(error).__name__}: {str(error)[:600]}")]
    seconds = round(time.monotonic() - begun, 1)
    return [
        {
            "name": f"{name}: {one.name}", "value": one.lost + one.late, "unit": "lost", "bar": 0, "pass": one.passed,
            "detail": one.detail, "program": name, "promise": one.promise, "seed": job.seed, "plan": job.digest(),
            "tried": one.tried, "lost": one.lost, "late": one.late, "passed": one.passed, "seconds": seconds,
            "figures": {key: round(value, 4) for key, value in one.figures.items()},
        }
        for one in findings
    ]  # fmt: skip


def main(name: str, run: Program) -> int:
    """Exit 1 on any loss."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--size", type=Size, default=Size.SHORT)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = rows(name, Job(options.seed, options.size, options.minutes), run)
    for row in found:
        if not options.json:
            print(row)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    return 0 if all(row["pass"] for row in found) else 1


def worst(values: Sequence[float]) -> float:
    """The largest; 0 of none."""
    return max(values, default=0.0)


def p99(values: Sequence[float]) -> float:
    """The 99th percentile, nearest rank; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))] if ordered else 0.0
