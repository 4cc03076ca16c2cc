"""How soon a second engine serves when the first is killed with its parent: `python -m tests.bench.takeover [--json]`.

A real centre with its journal in a real PostgreSQL, a second engine that stands by, a citizen who waits and an agent.
The `up` whose engine serves is killed (-9): from then until the other engine takes calls, and until it has the citizen
who waited in its own queue again. Each time another one stands by. The worst counts.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.rows import Row, finish, most
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Ua
from tests.pbx.centre import NUMBER, Centre, wait_for
from tests.postgres import PostgresServer

BAR_S = 5.0
WITHIN_S = 40.0


def run(kills: int) -> list[Row]:
    """The rows, as `./ringmaster bench` prints them."""
    ready_s, waits_s = [], []
    loop = Loop()
    loop.start()
    with tempfile.TemporaryDirectory(prefix="bench-takeover-") as folder, PostgresServer() as server:
        os.environ["RINGMASTER_DATABASE"] = server.store.url
        with Centre.start(Path(folder), "--at", "2026-11-24T10:00") as centre:
            centre.stand_by()
            citizen = Ua(loop, "01011110001", centre.sip)
            call = citizen.call(NUMBER)
            assert call.answered.wait(8)
            time.sleep(0.5)  # Answer() waits this long for sound
            citizen.press(call, "10")
            wait_for(lambda: _waiting(centre) == 1, WITHIN_S)
            for _ in range(kills):
                gone = centre.kill_with_parent()
                begun = time.monotonic()
                centre.wait_ready(WITHIN_S, not_pid=gone)
                ready_s.append(time.monotonic() - begun)
                wait_for(lambda: _waiting(centre) == 1, WITHIN_S)
                waits_s.append(time.monotonic() - begun)
                assert not call.ended.is_set()
                centre.stand_by()
            citizen.close()
    loop.stop()
    told = f"{kills} kills of an engine and its parent, {min(ready_s):.2f} s at best"
    return [
        most("takeover: calls are taken", max(ready_s), "s", BAR_S, told),
        most("takeover: who waited has their place", max(waits_s), "s", BAR_S, told),
    ]


def _waiting(centre: Centre) -> int:
    return sum(line["count"] for line in json.loads(centre.get("/snapshot.json"))["waiting"].values())


def main() -> int:
    """Exit 1 above a bar."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--kills", type=int, default=5)
    options = parser.parse_args()
    return finish(run(options.kills), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
