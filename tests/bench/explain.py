"""How long a past contact's way takes at ninety days of data: `explain --contact` and `--why-not`, beside the process.

Run it: `python -m tests.bench.explain [--json] [--days N]`. One day of 2,200 calls is lived by the real core and written
ninety times, a day apart (2.3 million facts, 1.1 GB in a folder of its own, deleted afterwards); then contacts drawn over
all days are read and told in words. Prints the list that `./ringmaster bench` promises; exit 1 below a bar.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dialplan.language import Language
from dialplan.loader import load
from engine import contactstory
from tests.bench.rows import Row, finish, most
from tests.unit.engine.pastday import past_day, write

BAR_MS = 100.0
BEGIN = 1_795_561_200.0  # 2026-11-25 08:00 in Seoul
CALLS, ASKED = 2200, 60
DAY_S, DAY_NS = 86_400, 86_400_000_000_000
RULES = Path(__file__).resolve().parents[2] / "dialplan" / "rules"
_COPY = """
insert into facts (run, seq, at, kind, contact_id, agent_id, queue, language, old, new, body)
select run - :ns, seq, at - :s, kind, replace(contact_id, :old, :new), agent_id, queue, language, old, new,
       replace(body, :old, :new) from facts where run = :run
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--days", type=int, default=90)
    options = parser.parse_args()
    rules = load(RULES)
    with tempfile.TemporaryDirectory(prefix="ringmaster-bench-") as folder:
        journal = Path(folder) / "journal.sqlite"
        facts = _days(journal, options.days)
        size_mb = journal.stat().st_size / 1e6
        draw = random.Random(7)
        contacts = [
            f"{BEGIN - DAY_S * draw.randrange(options.days):.0f}.{draw.randrange(1, CALLS)}" for _ in range(ASKED)
        ]
        stories = [story for one in contacts if (story := contactstory.read(journal, one)) is not None]

        def way(story: contactstory.Story) -> None:
            again = contactstory.read(journal, story.moves[0].contact_id)
            assert again is not None
            list(contactstory.as_text(again, rules, Language.KO))

        def why_not(story: contactstory.Story) -> None:
            list(
                contactstory.why_not_text(contactstory.read_why_not(journal, "1007", story, rules), rules, Language.KO)
            )

        what = f"{facts} facts of {options.days} days, {size_mb:.0f} MB, {len(stories)} contacts"
        rows = [_row("explain_contact", way, stories, what), _row("explain_why_not", why_not, stories, what)]
    return finish(rows, as_json=options.json)


def _days(journal: Path, days: int) -> int:
    """The same day, so many times; the number of facts."""
    day = past_day(load(RULES), begin=BEGIN, calls=CALLS)
    run = int(BEGIN) * 1_000_000_000
    write(journal, day.facts, run=run, began_at=BEGIN, seen_at=BEGIN + DAY_S / 2)
    connection = sqlite3.connect(journal, isolation_level=None)
    connection.execute("pragma synchronous=off")
    for back in range(1, days):
        moved = {"old": f"{BEGIN:.0f}.", "new": f"{BEGIN - back * DAY_S:.0f}.", "run": run}
        connection.execute("begin")
        connection.execute(_COPY, {**moved, "ns": back * DAY_NS, "s": back * DAY_S})
        connection.execute(
            "insert into runs values (?, ?, ?)",
            (run - back * DAY_NS, BEGIN - back * DAY_S, BEGIN - (back - 0.5) * DAY_S),
        )
        connection.execute("commit")
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    return len(day.facts) * days


def _row(name: str, ask: Callable[[contactstory.Story], None], stories: list[contactstory.Story], what: str) -> Row:
    times_ms = []
    for story in stories:
        begun = time.perf_counter()
        ask(story)
        times_ms.append((time.perf_counter() - begun) * 1000)
    return most(name, max(times_ms), "ms", BAR_MS, f"median {statistics.median(times_ms):.1f} ms; {what}")


if __name__ == "__main__":
    sys.exit(main())
