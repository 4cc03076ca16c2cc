"""A small call centre around the pure core, so that a test reads like what happens there. Checks every invariant
after every step."""

from __future__ import annotations

from acd.core.commands import Assign, Command, Mirror, Note, Tell, Unassign
from acd.core.events.agents import PresenceAsked
from acd.core.events.contacts import Channel, ContactHungUp, ContactOffered
from acd.core.events.event import Event, TimePassed
from acd.core.events.legs import LegAnswered, LegDialled, LegRang, TalkEnded
from acd.core.facts import AgentMoved, ContactMoved, Decision, Fact, ReservationEnded
from acd.core.invariants import check
from acd.core.model import Agent, Contact
from acd.core.states import Presence, Work
from acd.core.step import new_state, next_deadline, step
from dialplan.agentrules import EVERY_QUEUE, AgentRule, Profile, ProfileRow
from dialplan.language import Language
from dialplan.queuerules import Queue, Relaxation, Requirement, Strategy
from dialplan.source import Source

KO, EN, JA = Language.KO, Language.EN, Language.JA
START = 1_800_000_000.0  # 2027-01-15 17:00 in Seoul


def make_queue(key: str = "general", skills: dict[str, int] | None = None, **changes: object) -> Queue:
    """A queue with the city's values, unless told otherwise."""
    values: dict[str, object] = {
        "strategy": Strategy.LONGEST_IDLE,
        "service_level_s": 20.0,
        "short_abandon_s": 5.0,
        "ring_timeout_s": 10.0,
        "wrapup_s": 30.0,
        "wrapup_extend_s": 60.0,
        "rona_exclude_s": 60.0,
        "announce_every_s": 30.0,
        "max_waiting": 100,
        "music": "default",
        "source": Source("queues.yaml", 20),
    }
    return Queue(key=key, labels={}, skills=tuple(sorted((skills or {}).items())), **(values | changes))  # type: ignore[arg-type]


def make_agent(
    agent_id: str, *languages: Language, team: str = "team1", profile: Profile = EVERY_QUEUE, **skills: int
) -> AgentRule:
    """An agent; speaks Korean unless told otherwise."""
    spoken = frozenset(languages or (KO,))
    return AgentRule(agent_id, f"상담사 {agent_id}", team, spoken, skills, False, Source("agents.yaml", 3), profile)


def make_steps(
    *steps: tuple[float, dict[str, int]], interpreter_after_s: float | None = None
) -> tuple[Relaxation, ...]:
    """Relaxation steps, on lines 31 and on; the last one with an interpreter when told so."""
    made = [Relaxation(after_s, tuple(sorted(skills.items())), False, Source("queues.yaml", 31 + number))
            for number, (after_s, skills) in enumerate(steps)]  # fmt: skip
    if interpreter_after_s is not None:
        made.append(Relaxation(interpreter_after_s, (), True, Source("queues.yaml", 31 + len(steps))))
    return tuple(made)


def make_profile(name: str, *rows: ProfileRow) -> Profile:
    """A routing profile."""
    return Profile(name, rows)


class Centre:
    """The core, a clock, and short words for what happens. Each word returns the commands of its step."""

    def __init__(self, *agents: AgentRule | str, queues: tuple[Queue, ...] = (), at: float = START) -> None:
        rules = [make_agent(one) if isinstance(one, str) else one for one in agents]
        made = queues or (make_queue(),)
        self.now = at
        self.state = new_state({one.id: one for one in rules}, {one.key: one for one in made}, at)
        self.out: list[Command] = []

    def feed(self, event: Event, after: float = 0.0) -> list[Command]:
        self.now += after
        self.out = step(self.state, event, self.now)
        check(self.state)
        return self.out

    def wait(self, for_s: float) -> list[Command]:
        """Let time pass; each deadline on the way is a step of its own, as in the dispatcher."""
        until, out = self.now + for_s, []
        while (due := next_deadline(self.state)) is not None and due <= until:
            self.now = max(self.now, due)
            out += self.feed(TimePassed())
        self.now = until
        self.out = out + self.feed(TimePassed())
        return self.out

    def available(self, *agent_ids: str) -> None:
        """They log in, one a second."""
        for agent_id in agent_ids:
            self.feed(PresenceAsked(agent_id, Presence.AVAILABLE), after=1.0)

    def offer(
        self,
        contact_id: str,
        queue: str = "general",
        language: Language = KO,
        *,
        after: float = 0.0,
        requirement: Requirement | None = None,
        first_queued_at: float | None = None,
        waited_s: float = 0.0,
        points: float = 0.0,
        resumed: bool = False,
        order_class: int = 1,
        sticky: str | None = None,
    ) -> list[Command]:
        rule = self.state.queues.get(queue) or make_queue(queue)
        return self.feed(
            ContactOffered(
                contact_id,
                Channel.VOICE,
                language,
                "any",
                queue,
                requirement or rule.requirement(language),
                first_queued_at,
                waited_s,
                points,
                resumed,
                order_class,
                sticky,
            ),
            after,
        )

    def ring(self, contact_id: str, agent_id: str, after: float = 0.1) -> None:
        self.feed(LegDialled(contact_id, agent_id), after)
        self.feed(LegRang(contact_id, agent_id), 0.05)

    def answer(self, contact_id: str, agent_id: str, after: float = 2.0) -> list[Command]:
        return self.feed(LegAnswered(contact_id, agent_id), after)

    def talk(self, contact_id: str, agent_id: str) -> list[Command]:
        """Ring and answer."""
        self.ring(contact_id, agent_id)
        return self.answer(contact_id, agent_id)

    def end(self, contact_id: str, after: float = 60.0) -> list[Command]:
        return self.feed(TalkEnded(contact_id), after)

    def hang_up(self, contact_id: str, after: float = 0.0) -> list[Command]:
        return self.feed(ContactHungUp(contact_id), after)

    # -- what came of it ----------------------------------------------------------------------------------------------

    def agent(self, agent_id: str) -> tuple[Presence, Work]:
        one = self.state.agents[agent_id]
        return one.presence, one.work

    def rule_of(self, agent_id: str) -> Agent:
        return self.state.agents[agent_id]

    def contact(self, contact_id: str) -> Contact:
        return self.state.contacts[contact_id]

    def facts(self, out: list[Command] | None = None) -> list[Fact]:
        return [command.fact for command in (self.out if out is None else out) if isinstance(command, Note)]

    def moved(self, contact_id: str) -> list[ContactMoved]:
        return [fact for fact in self.facts() if isinstance(fact, ContactMoved) and fact.contact_id == contact_id]

    def agent_moved(self, agent_id: str) -> list[AgentMoved]:
        return [fact for fact in self.facts() if isinstance(fact, AgentMoved) and fact.agent_id == agent_id]

    def decisions(self) -> list[Decision]:
        """The matches."""
        return [fact for fact in self.facts() if isinstance(fact, Decision) and fact.outcome == "match"]

    def refusals(self) -> list[Decision]:
        """What was decided and led to no match: refusals and steps."""
        return [fact for fact in self.facts() if isinstance(fact, Decision) and fact.outcome != "match"]

    def ended(self) -> list[str]:
        return [str(fact.result) for fact in self.facts() if isinstance(fact, ReservationEnded)]

    def rung(self) -> list[tuple[str, str]]:
        """Who is to ring whom: (contact, agent)."""
        return [(command.contact_id, command.agent_id) for command in self.out if isinstance(command, Assign)]

    def stopped(self) -> list[tuple[str, str]]:
        """Whose ringing is void: (contact, agent)."""
        return [(command.contact_id, command.agent_id) for command in self.out if isinstance(command, Unassign)]

    def mirrored(self) -> list[tuple[Presence, str | None]]:
        return [(command.presence, command.reason) for command in self.out if isinstance(command, Mirror)]

    def told(self) -> list[str]:
        return [command.notice for command in self.out if isinstance(command, Tell)]
