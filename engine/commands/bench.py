"""`./ringmaster bench [NAME] [--json]`: measures what docs/performance.md promises; the benches are tests/bench/.

A row of JSON says besides its figure on which machine and when it was measured, so that it can be laid beside another.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine import fetch
from engine.commands import oneorall
from engine.programs import Row, rows_of

BENCHES = {
    "core": "events a second of the pure core",
    "journal": "facts a second that are on the disk",
    "restart_million": "a new engine's first call, with a million facts in the journal",
    "takeover": "a second engine's first call, when the first is killed with its parent",
    "order": "order over shared queues and starvation by priority, beside app_queue",
    "freed_to_invite": "from an agent's BYE to the next caller's INVITE, beside app_queue",
    "cpu_per_call": "the engine's processor time for a routed call, beside Asterisk's",
    "first_rtp": "from a citizen's INVITE to the greeting's first sound, beside Asterisk alone",
    "waiting_500": "five hundred callers in sessions: memory of each, their order, how soon each is woken",
    "sustained": "the highest rate of calls at which every target holds, and what ends it",
    "ami_intake": "AMI events a second, and that a flooded Asterisk never waits for the reader",
    "explain": "a past contact's way, and why it did not go to an agent, at ninety days of data",
    "core_scale": "the pure core at 10,000 to 100,000 calls",
    "media": "what a waiting caller and a talk cost one Asterisk",
    "simulate": "a simulated day of the city, and of 540,000 calls",
    "scrape": "a scrape of /metrics with every agent on duty and a hundred callers",
    "wallboard": "a hundred viewers of the wallboard: their cost, and how soon an event is on their lines",
}


def run(arguments: Sequence[str]) -> int:
    """Exit 1 when one falls short of its bar, or could not be run."""
    fields = "name, value, unit, bar, pass, detail, bench, date, machine"
    options = oneorall.parser(
        "bench", "Measure what docs/performance.md promises.", "bench", BENCHES, fields
    ).parse_args(arguments)
    on, begun = machine(), time.monotonic()
    print(on, file=sys.stderr, flush=True)
    rows = oneorall.rows_of_each(
        options.name, BENCHES, lambda name: labelled(_measure(name), name, on, datetime.now(UTC))
    )
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return oneorall.tell(rows, _line, as_json=options.json)


def _line(row: Row) -> str:
    bar = "" if row["bar"] is None else f"  bar {row['bar']:g}"
    return f"{row['name']:<36} {row['value']} {row['unit']}{bar}  {row['detail']}"


def labelled(rows: list[Row], name: str, on: str, at: datetime) -> list[Row]:
    """Each row with its bench, the moment in ISO 8601, and the machine."""
    return [{**row, "bench": name, "date": at.isoformat(timespec="seconds"), "machine": on} for row in rows]


def machine() -> str:
    """What was measured on, in a line: processors, kernel, Python, Asterisk."""
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text() if cpuinfo.exists() else "", re.MULTILINE)
    asterisk = fetch.found("asterisk")
    parts = [
        f"{os.cpu_count()} x {model[1] if model else platform.machine()}",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        "Asterisk not fetched yet"
        if asterisk is None
        else f"Asterisk {'.'.join(map(str, fetch.asterisk_version(asterisk)))}",
    ]
    return ", ".join(parts)


def _measure(name: str) -> list[Row]:
    """Its rows; one that failed has a row that says so."""
    found = rows_of(f"tests.bench.{name}")
    if not isinstance(found, int):
        return found
    failed = {"name": name, "value": None, "unit": "", "bar": None, "pass": False}
    return [{**failed, "detail": f"ended with {found} and no figures"}]
