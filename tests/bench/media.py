"""What a call costs one Asterisk while it lasts: `python -m tests.bench.media [--json]`, half a minute.

60 citizens wait with music in the safety net, sound both ways; then 30 of them talk with agents. Processor time of
Asterisk alone, per call and second, and its memory per call: constants of engine/capacity.py. No bars: a figure of what
Asterisk does by itself.
"""

from __future__ import annotations

import argparse
import csv
import os
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dialplan.loader import load
from engine.settings import default_rules
from tests.bench.rows import Row, finish, told
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua
from tests.bench.wallboard import cpu_s
from tests.pbx.centre import NUMBER, wait_for
from tests.pbx.node import Node

CALLS, AGENTS = 60, 30
MEASURED_S = 8.0
PACKET_S = 0.02


def memory_kb(pid: int) -> float:
    """Resident."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000


def ms_per_s(node: Node) -> float:
    """Milliseconds of processor time in a second."""
    begun_s, begun = cpu_s(node.pbx.pid), time.monotonic()
    time.sleep(MEASURED_S)
    return 1000 * (cpu_s(node.pbx.pid) - begun_s) / (time.monotonic() - begun)


@contextmanager
def sound(legs: Sequence[tuple[Ua, Dialog]]) -> Iterator[None]:
    """Each leg sends a packet of A-law silence every 20 ms."""
    over = threading.Event()

    def send() -> None:
        number, due = 0, time.monotonic()
        while not over.is_set():
            number += 1
            for source, (phone, dialog) in enumerate(legs):
                header = struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, number * 160 & 0xFFFFFFFF, source)
                if dialog.rtp_peer is not None:
                    phone.rtp.sendto(header + b"\xd5" * 160, dialog.rtp_peer)
            due += PACKET_S
            over.wait(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=send, name="sound", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def answered(phone: Ua) -> list[Dialog]:
    """Calls that this phone was rung for and talks in."""
    own = [one for one in phone.dialogs.values() if one.cseq >= 100]
    return [one for one in own if one.answered.is_set() and not one.ended.is_set()]


def measure(folder: Path) -> list[Row]:
    """One Asterisk's costs."""
    with ExitStack() as stack:
        node = Node(folder / "node", load(default_rules()), set())
        stack.callback(node.pbx.stop)
        node.pbx.start()
        loop = Loop()
        loop.start()
        stack.callback(loop.stop)
        empty_kb = memory_kb(node.pbx.pid)
        citizens = [Ua(loop, f"010{number:08d}", node.sip) for number in range(CALLS)]
        calls = [(phone, phone.call(NUMBER)) for phone in citizens]
        for _, dialog in calls:
            assert dialog.answered.wait(20.0)
        time.sleep(6.0)  # the sentence before the music
        with sound(calls):
            waiting_ms = ms_per_s(node) / CALLS
            waiting_kb = (memory_kb(node.pbx.pid) - empty_kb) / CALLS
            talks = _talks(node, loop)
            with sound(talks):
                both_ms = ms_per_s(node)
        talk_ms = (both_ms - waiting_ms * (CALLS - len(talks))) / len(talks)
        talk_kb = (memory_kb(node.pbx.pid) - empty_kb - waiting_kb * (CALLS - len(talks))) / len(talks)
        detail = f"{CALLS} calls, {len(talks)} of them talks"
        return [
            told("media: a waiting caller", waiting_ms, "ms/s", detail),
            told("media: a talk", talk_ms, "ms/s", detail),
            told("media: memory of a waiting caller", waiting_kb, "kB", detail),
            told("media: memory of a talk", talk_kb, "kB", detail),
        ]


def _talks(node: Node, loop: Loop) -> list[tuple[Ua, Dialog]]:
    """Agents log in, and the queue gives each a caller; their legs."""
    with (node.settings.state / "agents.csv").open(encoding="utf-8") as file:
        accounts = sorted((line["extension"], line["sip_secret"]) for line in csv.DictReader(file))[:AGENTS]
    phones = [Ua(loop, user, node.sip, secret).register() for user, secret in accounts]
    for dialog in [phone.call("*11") for phone in phones]:
        assert dialog.ended.wait(10.0)
    wait_for(lambda: sum(len(answered(phone)) for phone in phones) == AGENTS, 60.0)
    return [(phone, dialog) for phone in phones for dialog in answered(phone)]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-media-") as name:
        made = measure(Path(name))
    return finish(made, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
