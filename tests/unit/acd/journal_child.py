"""A writer of the journal in a process of its own, to be killed and starved: `python -m … PATH RATE`.

Puts RATE facts a second and prints a line of JSON every 20 ms: how many it has put, how many are on the disk
(acknowledged), how many wait, for how long the disk has been away. The parent may limit the size of its files.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import structlog

from acd.core.facts import ReservationEnded
from acd.journal.writer import JournalWriter


def main(path: Path, rate: int) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    writer = JournalWriter(path)
    writer.start()
    put, begun = 0, time.monotonic()
    while True:
        while put < (time.monotonic() - begun) * rate:
            put += 1
            writer.put(ReservationEnded(time.time(), put, f"{writer.run}.{put}", "1001", "general", "answered", 1.0))
        said = {
            "put": put, "acknowledged": writer.written, "backlog": writer.backlog(), "dropped": writer.dropped,
            "away_s": writer.away_s(),
        }  # fmt: skip
        print(json.dumps(said), flush=True)
        time.sleep(0.02)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
