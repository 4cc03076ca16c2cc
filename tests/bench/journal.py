"""How many facts a second the journal takes, each on the disk when it counts: `python -m tests.bench.journal [--json]`.

The facts of real contacts, put as the dispatcher puts them, written by the engine's own writer; counted when the commit
has returned (synchronous=FULL: after fsync). The disk is the one that the temporary folder is on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from acd.core.facts import Fact
from acd.journal.migrate import migrate
from acd.journal.writer import BACKLOG_MOST, JournalWriter
from tests.bench.millionfacts import FACTS_A_CONTACT, contact_facts
from tests.bench.rows import finish, row

BAR_PER_S = 5_000
FACTS = 60_000
WITHIN_S = 120.0


def measure(count: int) -> tuple[float, int, int]:
    """Facts a second, how many were lost, bytes of file and log for each."""
    with tempfile.TemporaryDirectory(prefix="bench-journal-") as folder:
        path = Path(folder) / "journal.sqlite"
        migrate(path)
        facts: list[Fact] = [
            fact
            for number in range(-(-count // FACTS_A_CONTACT))
            for fact in contact_facts("1001", 1_800_000_000.0 + number, f"1800000000.{number}", f"{number:024x}")
        ][:count]
        writer = JournalWriter(path)
        writer.start()
        begun = time.monotonic()
        for fact in facts:
            while writer.backlog() >= BACKLOG_MOST:
                time.sleep(0.001)
            writer.put(fact)
        while writer.written < count and time.monotonic() - begun < WITHIN_S:
            time.sleep(0.002)
        took_s = time.monotonic() - begun
        size = sum(one.stat().st_size for one in Path(folder).glob("journal.sqlite*"))
        writer.stop()
        return writer.written / took_s, writer.dropped, size // count


def main() -> int:
    """Exit 1 below the bar."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--facts", type=int, default=FACTS)
    arguments = parser.parse_args()
    rate, lost, size = measure(arguments.facts)
    detail = f"{arguments.facts} facts, {lost} lost, {size} bytes each on the disk"
    passed = rate >= BAR_PER_S and not lost
    return finish(
        [row("journal: durable facts", round(rate), "facts/s", BAR_PER_S, passed, detail)], as_json=arguments.json
    )


if __name__ == "__main__":
    sys.exit(main())
