"""Five hundred callers in real sessions of a real PBX: `python -m tests.bench.waiting_500 [--callers N] [--json]`.

They come, press their keys, and wait under music with their places and estimates told. What the engine's memory has grown
by is divided among them. Then a few agents come on duty, who answer, talk a little and hang up until everybody is
served: were they matched in the order of their arrival (the journal says it), and how long after its match did each
session have it? That is read off the wire: from the match to the session's next word to the PBX.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.house import at_once, call_in, on_duty, wait_waiting, waiting
from tests.bench.journalmoves import Move, moves_since, out_of_order, ring_delays_s
from tests.bench.rows import Row, finish, most, percentile, row, told
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua
from tests.bench.wire import Wire
from tests.pbx.centre import Centre, wait_for

CALLERS, AGENTS = 500, 6
TALK_S = 0.4
MEMORY_BAR_KB, WAKE_BAR_MS = 50.0, 25.0
SETTLE_S = 4.0
SERVED_WITHIN_S = 240.0
_UNIQUEID = re.compile(rb"^agi_uniqueid: (\S+)$", re.MULTILINE)
RINGING = b"EXEC Dial"  # what a session says when it has taken its assignment


def run(callers: int) -> list[Row]:
    """The rows."""
    sys.setswitchinterval(0.0005)
    loop = Loop()
    loop.start()
    words = ["--no-restart", "--at", "2026-11-24T10:00"]
    for one in ("queues.defaults.wrapup_s=0", f"queues.defaults.max_waiting={callers + 100}"):
        words += ["--set", one]
    words += ["--set", f"trunks.max_calls={callers + 100}"]
    with tempfile.TemporaryDirectory(prefix="bench-waiting-") as folder, Centre.start(Path(folder), *words) as centre:
        wire = Wire.open(int(centre.ready["agi"]["port"]))
        first = call_in(loop, centre, "01099999999")  # what the first call of all makes stays, and is no caller's
        wait_waiting(centre, 1)
        first.hang_up()
        wait_waiting(centre, 0)
        time.sleep(SETTLE_S)
        before_kb = resident_kb(centre)
        at_once(lambda at: call_in(loop, centre, f"0102222{at:04d}"), callers, together=25)
        wait_waiting(centre, callers, 120)
        time.sleep(SETTLE_S)
        each_kb = (resident_kb(centre) - before_kb) / callers
        rung = _serve(loop, centre, callers)
        if wire is not None:
            wire.stop()
        moves = _moves(centre.state / "journal.sqlite", callers)
    loop.stop()
    matches = [move for move in moves if move.new == "reserved"]
    took_ms = [] if wire is None else _took_ms(wire, matches)
    rang_ms = [1000 * one for one in ring_delays_s(moves, rung)]
    wrong = out_of_order(moves)
    many = f"{callers} callers, {AGENTS} agents"
    rows = [
        most("waiting_500: memory of each", each_kb, "kB", MEMORY_BAR_KB, f"{before_kb / 1024:.0f} MB without them"),
        row("waiting_500: out of order", wrong, "matches", 0, not wrong, f"of {len(matches)}; {many}"),
    ]  # fmt: skip
    if took_ms:
        rows.append(
            most("waiting_500: match to session p99", percentile(took_ms, 0.99), "ms", WAKE_BAR_MS,
                 f"{len(took_ms)} matches; p50 {percentile(took_ms, 0.5):.1f} ms, worst {max(took_ms):.1f} ms")
        )  # fmt: skip
    rows.append(
        told("waiting_500: match to INVITE p99", percentile(rang_ms, 0.99), "ms",
             f"{len(rang_ms)} rings; p50 {percentile(rang_ms, 0.5):.1f} ms; Asterisk's own part included")
    )  # fmt: skip
    return rows


def resident_kb(centre: Centre) -> float:
    """The engine's."""
    status = Path(f"/proc/{centre.engine_pid}/status").read_text()
    return float(status.split("VmRSS:")[1].split()[0])


def _serve(loop: Loop, centre: Centre, callers: int) -> dict[str, list[float]]:
    """Until all are served. When each agent was rung, in epoch seconds."""
    from_epoch_s = time.time() - time.perf_counter()
    rung: dict[str, list[float]] = {}

    def invited(dialog: Dialog, text: str, now: float) -> None:
        rung.setdefault(dialog.ua.user, []).append(from_epoch_s + now)

    def answered(dialog: Dialog, now: float) -> None:
        if dialog.cseq >= 100:  # theirs, not a code of ours
            loop.later(TALK_S, lambda: None if dialog.ended.is_set() else dialog.hang_up())

    phones: list[Ua] = on_duty(loop, centre, sorted(centre.accounts)[:AGENTS], on_invite=invited, on_answer=answered)
    wait_for(
        lambda: sum(map(len, rung.values())) >= callers and not waiting(centre),
        SERVED_WITHIN_S,
        lambda: f"{sum(map(len, rung.values()))} were rung for, {waiting(centre)} wait",
    )
    wait_for(lambda: all(one.ended.is_set() for phone in phones for one in phone.dialogs.values()), 20)
    return rung


def _moves(journal: Path, callers: int) -> list[Move]:
    """Once the journal has a match of each."""

    def read() -> list[Move] | None:
        found = moves_since(journal, 0.0)
        return found if len({move.contact_id for move in found if move.new == "reserved"}) >= callers else None

    found: list[Move] = wait_for(read, 10, "the journal has not all of the matches")
    return found


def _took_ms(wire: Wire, matches: list[Move]) -> list[float]:
    """From each match to its session's first word after it."""
    from_epoch_s = time.perf_counter() - time.time()
    contact_of: dict[int, str] = {}
    words: dict[str, list[float]] = {}
    for segment in wire.segments:
        if (found := _UNIQUEID.search(segment.data)) is not None:
            contact_of[segment.source] = found[1].decode()
        elif RINGING in segment.data and segment.destination in contact_of:
            words.setdefault(contact_of[segment.destination], []).append(segment.at)
    took = []
    for match in matches:
        at = match.at + from_epoch_s
        after = [word for word in words.get(match.contact_id, ()) if word > at - 0.001]
        if after:
            took.append(1000 * (min(after) - at))
    return took


def main() -> int:
    """Exit 1 when a bar is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.waiting_500")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--callers", type=int, default=CALLERS)
    options = parser.parse_args()
    return finish(run(options.callers), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
