"""AMI away or spoilt while calls go on, again and again: `python -m tests.chaos.ami`. Promise 9.

While it is cut, half-open, slow, doubled or reordered, callers come, hang up and are served, agents go away and come back.
Afterwards the engine must know what the phones know, within two seconds.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.sip_ua import Dialog
from tests.chaos.amiline import AmiLine
from tests.chaos.job import Finding, Job, main, worst
from tests.chaos.town import PATIENCE_S, Town, town
from tests.pbx.centre import wait_for

KINDS = ("cut", "half-open", "slow", "doubled", "reordered")
DEEDS = ("a caller comes", "a caller hangs up", "an agent hangs up", "an agent goes", "an agent comes")
AGENTS = ("1001", "1002", "1003")
RIGHT_WITHIN_S = 2.0
AWAY = "AMI is away"
CALLERS = 4  # at least so many are there before each


@dataclass(frozen=True, slots=True)
class Spell:
    """AMI is so for so long, and this happens meanwhile."""

    kind: str
    lasts_s: float
    deeds: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} for {self.lasts_s:.2f} s: {', '.join(self.deeds) or 'nothing'}"


def planned(job: Job, kinds: Sequence[str], count: int) -> list[Spell]:
    """The seed's spells."""
    draw = job.rng("spells")
    return [
        Spell(
            kinds[n % len(kinds)], draw.uniform(0.1, 3.0), tuple(draw.choice(DEEDS) for _ in range(draw.randrange(4)))
        )
        for n in range(count)
    ]


class Cast:
    """Three agents and some callers, and who must be where by the phones alone."""

    def __init__(self, one: Town) -> None:
        self.town = one
        self._numbers = (f"0105{n:07d}" for n in itertools.count(1))
        self.on_duty: set[str] = set()
        self.live: list[str] = []
        self.let_go: set[str] = set()  # they, or their agent, hung up
        self.lost: list[str] = []
        for extension in AGENTS:
            one.agent(extension)
            self.on_duty.add(extension)

    def does(self, deed: str) -> None:
        """One of DEEDS, if there is anybody for it."""
        free = [one for one in AGENTS if one not in self.on_duty]
        talking = [one for one in AGENTS if self.town.talks_of(one)]
        self._count()
        if deed == "a caller comes" and len(self.live) < 4 * CALLERS:
            self.comes()
        elif deed == "a caller hangs up" and self.live:
            self.let_go.add(self.live[-1])
            self.town.hang_up([self.live[-1]])
        elif deed == "an agent hangs up" and talking:
            self._ends(self.town.talks_of(talking[0])[0])
        elif deed == "an agent goes" and len(self.on_duty) > 1:
            self.town.dial_code(min(self.on_duty), "*125")
            self.on_duty.remove(min(self.on_duty))
        elif deed == "an agent comes" and free:
            self.town.dial_code(free[0], "*11")
            self.on_duty.add(free[0])

    def comes(self) -> None:
        number = next(self._numbers)
        self.town.call(number)
        self.live.append(number)

    def goes_home(self) -> None:
        """Everybody hangs up, and the agents log out."""
        self._count()
        self.let_go |= set(self.live)
        self.town.hang_up(self.live)
        for extension in AGENTS:
            wait_for(lambda one=extension: not self.town.talks_of(one), PATIENCE_S, f"{extension} talks on")
            self.town.dial_code(extension, "*13")

    def _ends(self, talk: Dialog) -> None:
        self.let_go |= {number for number in self.live if number in talk.remote}
        talk.hang_up()

    def _count(self) -> None:
        """Who is gone, and whether somebody let them go."""
        for number in self.town.gone(self.live):
            self.live.remove(number)
            if number not in self.let_go:
                self.lost.append(number)

    def wrong(self) -> str:
        """What the engine knows otherwise than the phones; empty: nothing, and nobody waits for an idle agent."""
        self._count()
        try:
            board = self.town.board()
        except (OSError, ValueError) as error:
            return str(error)
        if not board["ami_connected"]:
            return AWAY
        states = {agent["id"]: agent for agent in board["agents"]}
        talking = {one for one in AGENTS if self.town.talks_of(one)}
        # Who was let go hears the last words until the centre hangs up.
        waiting = sum(number not in self.let_go for number in self.live) - len(talking)
        told = sum(line["count"] for line in board["waiting"].values())
        problems = [f"{told} wait, not {waiting}"] if told != waiting else []
        for one in AGENTS:
            # Who goes while they talk is gone when the talk ends.
            known = (states[one]["presence"] == "available" or one in talking, states[one]["work"])
            true = (one in self.on_duty or one in talking, "connected" if one in talking else "idle")
            if known != true:
                problems.append(f"{one} is {known}, not {true}")
        if waiting > 0 and self.on_duty - talking:
            problems.append("an agent is idle while callers wait")
        return "; ".join(problems)


def run(job: Job) -> list[Finding]:
    """Spell after spell on one centre."""
    with behind_a_line(job) as (one, line):
        return spells(job, one, line)


def spells(job: Job, one: Town, line: AmiLine) -> list[Finding]:
    """The suite leaves cut and half-open to tests/pbx/test_ami_cut.py."""
    kinds = KINDS[2:] if job.times(suite=1, short=0, full=0) else KINDS
    plan = job.follow(planned(job, kinds, job.times(suite=3, short=20, full=500)))
    right_s: list[float] = []
    wrong: list[str] = []
    late: list[str] = []
    cast, tried, told_of = Cast(one), 0, 0
    for spell in job.within(plan):
        while len(cast.live) < CALLERS:
            cast.comes()
        wait_for(lambda: not cast.wrong(), PATIENCE_S, cast.wrong)
        _begin(line, spell.kind)
        until = time.monotonic() + spell.lasts_s
        for deed in spell.deeds:
            cast.does(deed)
        time.sleep(max(0.0, until - time.monotonic()))
        _end(line, spell.kind)
        tried += 1
        problem, after_s = _until_right(cast)
        for number in cast.lost[told_of:]:
            job.say(f"spell {tried}, {spell}: {number} was hung up on; {_told_of(one, number)}")
        told_of = len(cast.lost)
        if problem:
            wrong.append(f"{spell}: {problem}")
            continue
        right_s.append(after_s)
        if after_s > RIGHT_WITHIN_S:
            late.append(f"{spell}: {after_s:.2f} s")
    cast.goes_home()
    told = "; ".join([f"{line.spoilt} events doubled or moved", *wrong[:3], *late[:3]])
    figures = {"slowest to be right (s)": worst(right_s)}
    came, lost = len(cast.let_go) + len(cast.lost), cast.lost
    return [
        Finding("spells of AMI after which the state was wrong", 9, tried, len(wrong), told, len(late), figures),
        Finding("callers lost in them", 9, came, len(lost), "; ".join(lost[:5])),
    ]


def _until_right(cast: Cast) -> tuple[str, float]:
    """What is still wrong, if it stays so; how long after AMI was last seen away, or the spell ended, it was right."""
    back_at = time.monotonic()
    deadline = back_at + PATIENCE_S
    while (problem := cast.wrong()) and time.monotonic() < deadline:
        if problem == AWAY:
            back_at = time.monotonic()
        time.sleep(0.02)
    return problem, time.monotonic() - back_at


def _told_of(one: Town, number: str) -> str:
    """What the engine's log has of this call."""
    contact = one.net.uniqueids.get(number, "unknown")
    text = one.centre.log.read_text(errors="replace")
    return "\n    ".join([contact, *(line for line in text.splitlines() if f'"{contact}"' in line)])


def _begin(line: AmiLine, kind: str) -> None:
    if kind == "cut":
        line.cut()
    elif kind == "half-open":
        line.hold()
    else:
        line.mode = kind


def _end(line: AmiLine, kind: str) -> None:
    line.mode = "plain"
    if kind in ("cut", "half-open"):
        line.mend()


@contextmanager
def behind_a_line(job: Job) -> Iterator[tuple[Town, AmiLine]]:
    """A centre whose engine reaches AMI through a line that can be spoilt."""
    sets = ("queues.defaults.wrapup_s=0", "queues.defaults.whisper=false", "trunks.max_calls=400")
    with town(job, "--no-restart", sets=sets) as one:
        line = AmiLine(("127.0.0.1", one.centre.settings.ami_port), job.rng("line"))
        noted = one.centre.state / "run.json"  # what an engine that is started anew reads
        noted.write_text(json.dumps({**json.loads(noted.read_text()), "ami_port": line.port}))
        one.centre.kill_engine()
        one.centre.engine_only()
        try:
            yield one, line
        finally:
            line.close()


if __name__ == "__main__":
    sys.exit(main("ami", run))
