"""Starts the simulated people beside a running centre, and ends them; the wallboard is drawn meanwhile.

A process of its own (`python -m engine.demo`), started by `up --demo` once calls are taken. When it ends, `up` ends.
"""

from __future__ import annotations

import csv
import queue
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine import certificate, ready
from engine.commands import watch
from engine.demo.options import DemoOptions
from engine.demo.people import People
from engine.demo.phones import Account, PhoneBank, PhoneError, PhoneEvent
from engine.demo.stage import Stage, Tally
from engine.feed import Feed
from engine.settings import RunSettings

REGISTER_WITHIN_S = 15.0
MOST_CITIZENS = 150


def run(state: Path, options: DemoOptions) -> int:
    """Play until SIGINT or SIGTERM. Exit code 1 with a sentence on stderr when the phones cannot play."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # The parent waits for its signals with all of them blocked, and a child inherits that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD})
    known = ready.load(state)
    if known is None:
        print(f"no centre takes calls on {state}", file=sys.stderr)
        return 1
    settings = RunSettings.load(state)
    ruleset = load(settings.rules, settings.overrides)
    try:
        tally = _play(settings, ruleset, known, options, stop)
    except PhoneError as error:
        print(error, file=sys.stderr)
        return 1
    print(summary(tally), file=sys.stderr)
    return 0


def _play(
    settings: RunSettings, ruleset: Ruleset, known: ready.Ready, options: DemoOptions, stop: threading.Event
) -> Tally:
    server = (known.sip.host, known.sip.port)
    people = People(ruleset, options.seed, options.speed)
    secrets = read_accounts(settings.state / "agents.csv")
    numbers = sorted({people.number() for _ in range(MOST_CITIZENS)})
    events: queue.SimpleQueue[PhoneEvent] = queue.SimpleQueue()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ringmaster-demo-")))
        door, trusts = certificate.door(settings, known.sip.host)
        accounts = [Account(*each) for each in secrets.items()]
        agents = PhoneBank(folder / "agents", accounts, door, events.put, trusts=trusts)
        citizens = PhoneBank(folder / "citizens", [Account(number) for number in numbers], server, events.put)
        for bank in (agents, citizens):
            stack.enter_context(bank)
        accepted = agents.wait_registered(REGISTER_WITHIN_S)
        if not accepted:
            raise PhoneError(f"no agent's phone could register at {door[0]}:{door[1]}:\n{agents.last_words()}")
        stage = Stage(
            people,
            agents,
            citizens,
            events,
            agent_ids=sorted(accepted),
            numbers=numbers,
            representative=ruleset.trunks.numbers[0],
            calls_per_minute=options.calls_per_minute,
        )
        _play_and_show(stage, Feed(settings.state), stop)
    return stage.tally


def _play_and_show(stage: Stage, feed: Feed, stop: threading.Event) -> None:
    """The play in a thread, the wallboard in this one. What breaks the play ends the show and is raised."""
    broken: list[BaseException] = []

    def play() -> None:
        try:
            stage.run(stop)
        except BaseException as error:  # noqa: BLE001 - carried over to the main thread
            broken.append(error)
        finally:
            stop.set()

    playing = threading.Thread(target=play, name="stage")
    playing.start()
    try:
        watch.live(feed, stop, title=lambda: f"demo: {stage.tally.placed} calls placed, Ctrl-C ends it")
    finally:
        stop.set()
        playing.join()
    if broken:
        raise broken[0]


def read_accounts(path: Path) -> dict[str, str]:
    """SIP users and their secrets, from `STATE/agents.csv`."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["sip_user"]: row["sip_secret"] for row in csv.DictReader(file)}


def summary(tally: Tally) -> str:
    """What became of the calls, for the person at the terminal."""
    lines = [
        f"{tally.placed} calls placed: {tally.answered} answered, {tally.gave_up} gave up waiting, {tally.lost} lost"
    ]
    if tally.no_line:
        lines.append(f"{tally.no_line} more could not be placed: all {MOST_CITIZENS} citizens' phones were in use")
    return "\n".join([*lines, *(f"  lost: {reason}" for reason in tally.reasons)])
