"""How long a killed engine's successor takes with a million facts in the journal: `python -m tests.bench.restart_million`.

A real centre whose journal has a busy centre's last month in it, today too. The engine is killed (-9), another one is
started on the same Asterisk: from that start until it takes calls, until an agent talks with the first citizen whom it
serves, and until today's figures have the morning. Each of `--kills` restarts, the worst counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.millionfacts import fill
from tests.bench.rows import Row, finish, most, told
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Ua
from tests.pbx.centre import NUMBER, Centre, wait_for

READY_BAR_S = SERVED_BAR_S = 5.0
MORNING_WITHIN_S = 30.0


def run(facts: int, kills: int, *, today_only: bool = False) -> list[Row]:
    """The rows, as `./ringmaster bench` prints them."""
    loop = Loop()
    loop.start()
    ready_s, served_s, morning_s = [], [], []
    with tempfile.TemporaryDirectory(prefix="bench-million-") as folder:
        state = Path(folder) / "state"
        state.mkdir(mode=0o700)
        written = fill(state / "journal.sqlite", facts, time.time(), today_only=today_only)
        words = ("--no-restart", "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0")
        with Centre.start(Path(folder), *words) as centre:
            agent = Ua(loop, "1001", centre.sip, centre.accounts["1001"]["sip_secret"]).register()
            assert agent.call("*11").ended.wait(8)
            for number in range(kills):
                centre.kill_engine()
                begun = time.monotonic()
                centre.engine_only("--no-restart")
                ready_s.append(time.monotonic() - begun)
                citizen = Ua(loop, f"0101111{number:04d}", centre.sip)
                call = citizen.call(NUMBER)
                assert call.answered.wait(8)
                time.sleep(0.3)  # nobody presses a key sooner, and Asterisk would drop it
                citizen.press(call, "10")
                wait_for(lambda: _talking(agent), 20)
                served_s.append(time.monotonic() - begun)
                wait_for(lambda: _offered(centre) > kills, MORNING_WITHIN_S)  # the journal's, and its own
                morning_s.append(time.monotonic() - begun)
                call.hang_up()
                wait_for(lambda: not centre.channels(), 8)
                citizen.close()
            agent.close()
    loop.stop()
    detail = f"{written} facts in the journal, {kills} kills"
    return [
        most("restart_million: ready", max(ready_s), "s", READY_BAR_S, detail),
        most("restart_million: first call served", max(served_s), "s", SERVED_BAR_S, detail),
        told("restart_million: today's figures read", max(morning_s), "s", "looked at after the first call"),
    ]


def _talking(agent: Ua) -> bool:
    return any(one.cseq >= 100 and one.answered.is_set() and not one.ended.is_set() for one in agent.dialogs.values())


def _offered(centre: Centre) -> int:
    return int(json.loads(centre.get("/snapshot.json"))["counts"]["offered"])


def main() -> int:
    """Exit 1 above a bar."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--today", action="store_true", help="as if all of them were today's")
    options = parser.parse_args()
    return finish(run(options.facts, options.kills, today_only=options.today), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
