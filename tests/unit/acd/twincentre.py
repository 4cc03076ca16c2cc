"""A dispatcher on the twin of a PBX, with its callers, their sessions, and a book of call-backs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from acd.callbacks.book import CallbackBook
from acd.callbacks.store import CallbackStore
from acd.core.facts import ContactMoved, Fact
from acd.core.model import Limits
from acd.dispatcher import Dispatcher
from acd.lastagents import LastAgents
from dialplan.ruleset import Ruleset
from tests.unit.acd.sessions import CallOut, Line
from tests.unit.acd.twin import Twin


class Centre:
    """A dispatcher on the twin."""

    def __init__(self, rules: Ruleset, limits: Limits | None = None, room: Callable[[], int] = lambda: 1000) -> None:
        self.rules = rules
        self.twin = Twin()
        self.facts: list[Fact] = []
        self.failures: list[str] = []
        self.also: Callable[[Fact], None] = lambda fact: None
        self.closed_until: float | None = None
        self.dispatcher = Dispatcher(
            rules,
            self.twin,
            publish=self._publish,
            clock=time.time,
            limits=limits,
            room=room,
            count_failure=self.failures.append,
            closed_until=lambda _: self.closed_until,
        )
        self.twin.to = self.dispatcher.packet
        self.book: CallbackBook | None = None
        self.citizen = "ANSWER"
        self.dialled: list[str] = []
        self.call_outs: list[CallOut] = []
        self.twin.call_out = self._call_out
        self.lines: list[Line] = []

    def _call_out(self, contact: str, reservation: int) -> None:
        self.call_outs.append(CallOut(self, contact, reservation))
        self.call_outs[-1].start()

    def keep_callbacks(self, path: Path, *, restored: bool = False) -> CallbackBook:
        """With a book of call-backs in this file; `restored`: as an engine begins."""
        last_agents = LastAgents("secret")
        self.book = CallbackBook(
            CallbackStore(path), self.dispatcher, rules=lambda: self.rules, clock=time.time, identify=last_agents.caller
        )
        if restored:
            self.book.restore()
        self.book.start()
        return self.book

    def start(self) -> Centre:
        self.dispatcher.start()
        return self

    def stop(self) -> None:
        for line in self.lines:
            line.gone.set()
            line.woken.release()
        for phone in self.twin.phones.values():
            phone.stopped.set()
        for line in self.lines:
            if line.ident is not None:
                line.join(20)
        for call_out in self.call_outs:
            call_out.citizen_gone.set()
            call_out.join(20)
        self.dispatcher.stop()
        if self.book is not None:
            self.book.stop()

    def _publish(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.also(fact)
        if self.book is not None:
            self.book.receive([fact])

    def call(self, contact: str, **words: object) -> Line:
        line = self.line(contact, **words)
        line.start()
        return line

    def line(self, contact: str, **words: object) -> Line:
        line = Line(self, contact, **words)  # type: ignore[arg-type]
        self.lines.append(line)
        return line

    def agent(self, agent: str) -> str:
        """presence/work of an agent."""
        seen = self.dispatcher.snapshot()
        assert seen is not None
        one = next(view for view in seen.agents if view.agent_id == agent)
        return f"{one.presence.value}/{one.work.value}"

    def moves(self, contact: str) -> Sequence[str]:
        """The states that the contact went through."""
        return [fact.new.value for fact in self.facts if isinstance(fact, ContactMoved) and fact.contact_id == contact]
