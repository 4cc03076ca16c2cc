"""`python -m engine.demo --state DIR`: the demo's own process, started by `./ringmaster up --demo`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.demo.options import CALLS_PER_MINUTE, SPEED, DemoOptions
from engine.demo.run import run


def main() -> int:
    """Exit code of `run`."""
    parser = argparse.ArgumentParser(prog="engine.demo", description="Simulated citizens and agents with real phones.")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=CALLS_PER_MINUTE, help="calls per minute (%(default)s)")
    parser.add_argument("--speed", type=float, default=SPEED, help="how much faster people talk and rest (%(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.rate <= 0 or given.speed <= 0:
        parser.error("--rate and --speed must be more than 0")
    return run(given.state, DemoOptions(given.rate, given.speed, given.seed))


if __name__ == "__main__":
    sys.exit(main())
