"""A hundred viewers of the wallboard: what they cost the pages' process, and how soon an event is on their lines.

The pages as `up` starts them, the engine's own HTTP server with 43 agents behind, events at twice the rate of the
city's busiest hour. What the engine pays is the snapshots that it is asked for. From the line to the screen is the
browser's part, which tests/browser measures.

Run it: `python -m tests.bench.wallboard [--json]`; exit 1 below the bar.
"""

from __future__ import annotations

import argparse
import os
import random
import selectors
import socket
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.rows import Row, finish, most, percentile
from tests.wire.web_peer import Engine, Site, snapshot

VIEWERS = 100
SECONDS = 20.0
# 264 calls an hour, at most a dozen events each, twice.
EVENTS_A_SECOND = 2 * 264 * 12 / 3600
BAR_CPU, BAR_LATE_MS = 5.0, 250.0


def main() -> int:
    """0 when both bars hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.wallboard")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Site(Path(folder)) as site:
        engine = site.start_engine()
        agents = [
            {"id": str(n), "name": "", "team": f"team{n % 3}", "presence": "available", "work": "idle"}
            for n in range(43)
        ]
        engine.figures = lambda: snapshot(agents=agents)
        rows = measure(site, engine)
    return finish(rows, as_json=options.json)


def measure(site: Site, engine: Engine) -> list[Row]:
    """The two rows."""
    viewers = Viewers(site.port)
    viewers.listen(2.0)  # all of them have their first screen
    rng = random.Random(1)
    cpu_before, asked_before, began = cpu_s(site.pid), engine.asked, time.monotonic()
    while (now := time.monotonic()) < began + SECONDS:
        at = engine.happen()
        viewers.listen(rng.expovariate(EVENTS_A_SECOND), at)
    lasted = now - began
    cpu = 100 * (cpu_s(site.pid) - cpu_before) / lasted
    resident_mb = int(Path(f"/proc/{site.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    asked = (engine.asked - asked_before) / lasted
    viewers.close()
    return [
        most("wallboard_100_viewers_cpu", cpu, "% of a core", BAR_CPU,
             f"{VIEWERS} viewers, {EVENTS_A_SECOND:.1f} events/s, {asked:.1f} snapshots/s, {resident_mb:.0f} MB resident"),
        most("wallboard_event_to_viewer_p99", percentile(viewers.late_ms, 0.99), "ms", BAR_LATE_MS,
             f"p50 {percentile(viewers.late_ms, 0.5):.1f} ms over {len(viewers.late_ms)} screens"),
    ]  # fmt: skip


class Viewers:
    """A hundred lines, read by one loop that does as little as it can."""

    def __init__(self, port: int) -> None:
        self.late_ms: list[float] = []
        self._lines = selectors.DefaultSelector()
        for _ in range(VIEWERS):
            line = socket.create_connection(("127.0.0.1", port), timeout=10)
            line.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            line.setblocking(False)
            self._lines.register(line, selectors.EVENT_READ, [0.0])

    def listen(self, for_s: float, at: float | None = None) -> None:
        """Read for so long; how late the event of `at` is on each line is noted once a line."""
        until = time.monotonic() + for_s
        mark = b"" if at is None else f'"fact_at":{at!r}'.encode()
        while (left := until - time.monotonic()) > 0:
            for key, _ in self._lines.select(left):
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not data:
                    raise RuntimeError("a viewer was let go")
                if mark and mark in data and key.data[0] != at:
                    key.data[0] = at
                    self.late_ms.append(1000 * (time.time() - (at or 0.0)))

    def close(self) -> None:
        """Everyone goes."""
        for key in list(self._lines.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._lines.close()


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
