"""How many AMI events a second the engine takes, and that Asterisk never waits for it: `python -m tests.bench.ami_intake`.

First the rate: a peer in a process of its own sends the events of real calls as fast as they are read; they are framed,
parsed, translated and taken by the dispatcher with the city's rules; once by themselves, once with journal, metrics, event
stream and log behind, as in the engine. Each call is offered, matched and taken as its session would. Then the flood, on
a real Asterisk (`tests.bench.ami_flood`).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from acd.ami.client import AmiClient
from acd.ami.packets import Packet
from acd.ami.pbx import AmiPbx
from acd.core.events.contacts import Channel, ContactOffered
from acd.core.states import Presence
from acd.dispatcher import Dispatcher
from acd.journal.migrate import migrate
from acd.journal.writer import JournalWriter
from acd.metrics import Metrics
from acd.port import Assignment
from acd.subscribers import Fanout, Subscriber
from dialplan.language import Language
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine import logs
from engine.http import EventStream
from engine.live import Live
from engine.settings import default_rules
from engine.wiring import SWITCH_INTERVAL_S
from tests.bench.ami_flood import flood
from tests.bench.ami_replay import caller_of
from tests.bench.rows import Row, finish, row, told

RATE_BAR = 10_000
EVENTS_A_CALL = 20
TALK_WITHIN_S = 20.0


class Intake:
    """The engine's parts from the AMI socket to the facts' followers, without PBX and sessions."""

    def __init__(self, folder: Path, port: int, *, followed: bool) -> None:
        self.rules: Ruleset = load(default_rules(), ("queues.defaults.wrapup_s=0",))
        journal = folder / "journal.sqlite"
        migrate(journal)
        self.journal = JournalWriter(journal)
        metrics = Metrics(self.rules, version="bench")
        live = Subscriber("live", Live([metrics.receive], EventStream().publish).receive)
        self.fanout = Fanout([self.journal, live] if followed else [])
        self.taken = self.failed = 0
        self.client = AmiClient("127.0.0.1", port, "bench", "bench", on_packet=self._packet)
        self.dispatcher = Dispatcher(
            self.rules,
            AmiPbx(self.client),
            publish=self.fanout.publish,
            clock=time.time,
            observe_dispatch=self._took,
            count_failure=self._fail,
        )
        self.metrics = metrics

    def _packet(self, packet: Packet) -> None:
        self.dispatcher.packet(packet)

    def _took(self, seconds: float) -> None:
        """One event from its arrival to its end."""
        self.taken += 1
        self.metrics.dispatch.observe(seconds)

    def _fail(self, kind: str) -> None:
        self.failed += 1

    def agents(self) -> list[str]:
        """All of them available."""
        for agent in self.rules.agents:
            self.dispatcher.ask_presence(agent, Presence.AVAILABLE)
        return list(self.rules.agents)

    def matched(self, number: int) -> str:
        """One more caller waits, and their session takes the agent whom the dispatcher gave them."""
        contact, channel = caller_of(number)
        queue = self.rules.queues["general"]
        offer = ContactOffered(
            contact, Channel.VOICE, Language.KO, "general", "general", queue.requirement(Language.KO)
        )
        self.dispatcher.offer(offer, channel)
        assignment = self.dispatcher.take(contact)
        assert isinstance(assignment, Assignment), assignment
        return assignment.agent_id


@contextlib.contextmanager
def _peer() -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.ami_replay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def rate(calls: int, *, followed: bool) -> list[Row]:
    """The rows of the first part."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    with tempfile.TemporaryDirectory(prefix="bench-intake-") as folder, _peer() as (peer, port):
        intake = Intake(Path(folder), port, followed=followed)
        intake.fanout.start()
        intake.dispatcher.start()
        intake.client.start()
        assert intake.client.logged_in.wait(5)
        free = len(intake.agents())
        number, begun, cpu = 0, time.monotonic(), time.process_time()
        while number < calls:
            together = [[one, intake.matched(one)] for one in range(number, min(number + free, calls))]
            assert peer.stdin is not None
            peer.stdin.write(json.dumps(together) + "\n")
            peer.stdin.flush()
            number += len(together)
            _wait(intake, number)
        took_s, cpu = time.monotonic() - begun, time.process_time() - cpu
        facts = intake.journal.written + intake.journal.backlog()
        intake.client.stop()
        intake.dispatcher.stop()
        intake.fanout.stop()
    per_s, each = intake.taken / took_s, f"{1e6 * cpu / intake.taken:.0f} us of a processor each"
    detail = f"{intake.taken} events of {calls} calls, {each}; {intake.failed} failed"
    if followed:
        return [told("ami_intake: rate, with all who follow", per_s, "events/s", f"{facts} facts; {detail}")]
    return [row("ami_intake: rate", per_s, "events/s", RATE_BAR, per_s >= RATE_BAR and not intake.failed, detail)]


def _wait(intake: Intake, calls: int) -> None:
    """Until all their events are taken."""
    deadline = time.monotonic() + TALK_WITHIN_S
    while intake.taken < calls * EVENTS_A_CALL:
        if time.monotonic() > deadline:
            raise AssertionError(f"{intake.taken} of {calls * EVENTS_A_CALL} events came")
        time.sleep(0.0005)


def main() -> int:
    """Exit 1 when a bar is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ami_intake")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--flood", type=float, default=15.0, metavar="SECONDS", help="of each flood")
    options = parser.parse_args()
    with tempfile.TemporaryFile("w") as log:  # written as in the engine, and not read
        logs.configure(log)
        rows = [*rate(options.calls, followed=False), *rate(options.calls, followed=True), *flood(options.flood)]
    return finish(rows, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
