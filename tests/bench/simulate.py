"""How long a simulated day takes, as a person waits for it: `python -m tests.bench.simulate [--json]`.

The whole command as a process of its own: the city's day of 2,200 calls, and 540,000 calls of 8,600 agents.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from tests.bench.rows import Row, finish, most
from tests.pbx.centre import ringmaster

DAYS = (("a day of the city", 2_200, None, 1.0), ("540,000 calls", 540_000, 8_600, 60.0))
WITHIN_S = 300


def measure(title: str, calls: int, agents: int | None, bar_s: float) -> Row:
    """One day's row."""
    words = ["simulate", "--calls", str(calls), "--seed", "1", "--json"]
    words += [] if agents is None else ["--agents", str(agents)]
    begun = time.monotonic()
    done = ringmaster(*words, within_s=WITHIN_S)
    took_s = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    day = json.loads(done.stdout)
    detail = f"{day['offered']} calls, {day['agents']} agents, the day itself {day['elapsed_s']:.2f} s"
    return most(f"simulate: {title}", took_s, "s", bar_s, detail)


def main() -> int:
    """Exit 1 above a bar."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.simulate")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ringmaster("validate")  # the rules are read and checked once: whoever simulates has done so
    return finish([measure(*day) for day in DAYS], as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
