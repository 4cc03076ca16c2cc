"""A stretch of a busy day over a PBX whose events come late, twice, or never, and a clock that jumps.

`World` is the truth: who is on the line, which phone rings, who talks. The core hears of it through a `Wire` that
spoils events by the seed; what the sessions tell it in the same process (offers, agents' words) arrives. As live, the
PBX is read again now and then, which tells every talk and every caller who is gone. The core's invariants are held
all the time, and at the end nobody may be stuck and no contact lost. What breaks is told with its seed: the same seed
breaks it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from random import Random

from acd.core.commands import Assign, Command, HandOver, Note, Unassign
from acd.core.events.agents import DeviceChanged, PresenceAsked
from acd.core.events.callbacks import (
    CallbackBooked,
    CallbackClosed,
    CallbackEnd,
    CallOutEnded,
    CitizenAnswered,
    CitizenDialled,
    CitizenFailed,
    CitizenResult,
    HoursChanged,
)
from acd.core.events.contacts import Channel, ContactHungUp, ContactOffered, HandOnAsked, SentOut
from acd.core.events.event import Event, TimePassed
from acd.core.events.found import TalkAdopted
from acd.core.events.legs import LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded
from acd.core.facts import AgentMoved, ContactMoved
from acd.core.invariants import Broken
from acd.core.states import FINAL_CONTACT_STATES, ContactState, Presence, Work
from acd.core.step import new_state
from dialplan.decision import route
from dialplan.queuerules import CallbackRule
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from engine.simulation.faultkinds import FaultFoundError, Faults, Outcome
from engine.simulation.faultplan import REREAD, Agenda, Leg, Planned, Word, result_of
from engine.simulation.faultwire import Wire
from engine.simulation.plan import Caller, Plan, callers, topic_mix
from engine.simulation.staff import on_duty

_REREAD_S = 20.0
_BACK_S = 30.0  # an agent who did not respond dials *11 after so long
_LEAVES_AFTER_S, _GIVES_UP_S = 15.0, 3600.0
_CALLBACK = CallbackRule(0.0, 3, 60.0, 30.0, 3, 500, 30, 7, Source("queues.yaml", 1))
_OFFICIAL = "7901"
_QUIET_S = 300.0  # after the last event: every deadline of the core is over


def run(
    ruleset: Ruleset,
    seed: int,
    *,
    calls: int = 500,
    agents: int = 10,
    faults: Faults | None = None,
    check_every: int = 20,
) -> Outcome:
    """`calls` callers in three hours for `agents` agents. Raises FaultFoundError."""
    plan = Plan(1_800_000_000.0, 9, (1.0, 1.0, 1.0), topic_mix(ruleset), calls)
    world = World(ruleset, plan, agents, seed, faults=faults or Faults(), check_every=check_every)
    world.run()
    return world.outcome


class World:
    """The truth, and the core that is told of it."""

    def __init__(
        self, ruleset: Ruleset, plan: Plan, agents: int, seed: int, *, faults: Faults, check_every: int
    ) -> None:
        rules = {duty.rule.id: duty.rule for duty in on_duty(ruleset.agents, agents)}
        self._rules, self._plan, self._faults = ruleset, plan, faults
        self._rng = Random(f"faults {seed}")  # noqa: S311 - a simulation
        self._agents: Sequence[str] = tuple(rules)
        self._agenda = Agenda(plan.midnight + plan.begins_s)
        self.outcome = Outcome(seed)
        state = new_state(rules, ruleset.queues, self._agenda.now, callback=_CALLBACK)
        self._wire = Wire(
            state,
            self._agenda,
            self._rng,
            faults,
            outcome=self.outcome,
            obey=self._carry_out,
            check_every=check_every,
        )
        self._callers = callers(plan, seed)
        self._serial = count(1)
        self._lines: dict[str, tuple[Caller, ContactOffered]] = {}  # callers on the line
        self._talks: dict[str, tuple[str, float]] = {}  # caller: agent, since when
        self._called: dict[str, int] = {}  # of the callers, those who left the line: the session that calls them
        self._rings: dict[int, str] = {}  # reservations that a session works on, and whose
        self._known: dict[str, ContactState] = {}  # contacts as the facts tell them

    def run(self) -> None:
        """Until the last caller is gone and every deadline is over. Raises FaultFoundError."""
        for agent_id in self._agents:
            self._wire.tell(PresenceAsked(agent_id, Presence.AVAILABLE))
        self._next_caller()
        self._agenda.plan(self._agenda.now + _REREAD_S, REREAD)
        closing = self._agenda.now + 5400.0
        self._agenda.plan(closing, HoursChanged(closing + 900.0))
        self._agenda.plan(closing + 900.0, HoursChanged(None))
        while (moment := self._agenda.next_at()) is not None:
            due = self._wire.next_deadline()
            if due is not None and due <= moment:
                self._agenda.now = max(self._agenda.now, due)
                self._wire.tell(TimePassed())
            else:
                self._happens(self._agenda.take())
        self._come_to_rest()

    # --- what happens in the world

    def _next_caller(self) -> None:
        caller = next(self._callers, None)
        if caller is not None:
            self._agenda.plan(self._plan.midnight + caller.at_s, caller)

    def _happens(self, what: Planned) -> None:
        match what:
            case Caller():
                self._calls(what)
                self._next_caller()
            case Leg():
                self._leg(what)
            case Word():
                self._word(what)
            case _:
                self._wire.tell(what)

    def _word(self, word: Word) -> None:
        who = word.who
        if word.kind == "reread":
            self._reread()
            if self._lines or self._agenda.next_at() is not None:
                self._agenda.plan(self._agenda.now + _REREAD_S, REREAD)
        elif (
            word.kind in ("gone", "book") and who in self._lines and who not in self._talks and who not in self._called
        ):
            if word.kind == "gone":
                self._hang_up(who)
            else:
                self._book(who)
        elif word.kind == "over" and who in self._talks:
            if not self._handed_on(who):
                del self._talks[who], self._lines[who]
                self._wire.send(TalkEnded(who))
                self._wire.send(CallOutEnded(who, self._called[who]) if who in self._called else ContactHungUp(who))
        elif word.kind == "official" and who in self._lines and who not in (*self._talks, *self._rings.values()):
            self._official(who, word.by)
        elif word.kind == "back":
            self._wire.tell(PresenceAsked(who, Presence.AVAILABLE))

    def _handed_on(self, who: str) -> bool:
        """Whether the agent hands the citizen on instead: half of them after a word with the official."""
        agent_id, drawn = self._talks[who][0], self._rng.random()
        if agent_id == _OFFICIAL or who in self._called or drawn >= self._faults.handed_on:
            return False
        self.outcome.handed_on += 1
        if drawn < self._faults.handed_on / 2:
            self._with_official(who, self._adopted(who, _OFFICIAL, self._agenda.now))
        else:
            del self._talks[who]
            self._wire.tell(SentOut(who))
            self._agenda.plan(self._agenda.now + 5.0, Word("official", who, agent_id))
        return True

    def _official(self, who: str, by: str) -> None:
        """Rung without a word before: answers, or the citizen goes back, to the agent or into the queue."""
        if self._rng.random() < 0.5:
            self._with_official(who, LegAnswered(who, _OFFICIAL))
            return
        self._wire.tell(HandOnAsked(who, by))
        if who not in self._rings.values():
            self._wire.tell(replace(self._lines[who][1], resumed=True))

    def _with_official(self, who: str, news: Event) -> None:
        self._talks[who] = (_OFFICIAL, self._agenda.now)
        self._wire.send(news)
        self._agenda.plan(self._agenda.now + self._rng.expovariate(1 / 60.0), Word("over", who))

    def _adopted(self, who: str, agent_id: str, since: float) -> TalkAdopted:
        offer, official = self._lines[who][1], agent_id == _OFFICIAL
        return TalkAdopted(who, agent_id, offer.language, offer.topic, offer.queue, since, official=official)

    def _calls(self, caller: Caller) -> None:
        found = route(self._rules, caller.language, caller.topic)
        if found.queue is None:
            return
        contact_id = f"f{next(self._serial):07d}"
        offer = ContactOffered(contact_id, Channel.VOICE, caller.language, caller.topic, found.queue, found.requirement)
        self._lines[contact_id] = (caller, offer)
        self.outcome.offered += 1
        self._agenda.plan(self._agenda.now + caller.patience_s, Word("gone", contact_id))
        if self._faults.leaves and self._rng.random() < self._faults.leaves:
            self._agenda.plan(self._agenda.now + _LEAVES_AFTER_S, Word("book", contact_id))
        self._wire.tell(offer)

    def _book(self, contact_id: str) -> None:
        """The caller leaves the line. On the disk, the core would learn of it in the same process: it does."""
        offer = self._lines[contact_id][1]
        self._called[contact_id] = 0
        self._let_go(contact_id)
        since = self._wire.now()
        self._wire.tell(
            CallbackBooked(
                contact_id, offer.language, offer.topic, offer.queue, offer.requirement, since, since, counted=True
            )
        )  # fmt: skip
        self._wire.send(ContactHungUp(contact_id))
        # Nobody may know the topic: on the line they would give up.
        self._agenda.plan(self._agenda.now + _GIVES_UP_S, CallbackClosed(contact_id, CallbackEnd.WITHDRAWN))

    def _hang_up(self, contact_id: str) -> None:
        del self._lines[contact_id]
        self._let_go(contact_id)
        self._wire.send(ContactHungUp(contact_id))

    def _let_go(self, contact_id: str) -> None:
        for number in [number for number, who in self._rings.items() if who == contact_id]:
            del self._rings[number]

    def _leg(self, leg: Leg) -> None:
        """One moment of an agent's leg; nothing, when the session has been told to let go."""
        contact_id, agent_id, number = leg.contact_id, leg.agent_id, leg.number
        if self._rings.get(number) != contact_id:
            return
        pair = (contact_id, agent_id)
        if leg.stage == "dial":
            self._wire.send(LegDialled(*pair, number))
            if leg.fate == "dead":
                self._agenda.plan(self._agenda.now + 5.0, leg.at("failed"))
            elif leg.fate == "busy" or agent_id in {talker for talker, _ in self._talks.values()}:
                self._agenda.plan(self._agenda.now + 0.1, leg.at("failed", "busy"))
            else:
                self._agenda.plan(self._agenda.now + 0.15, leg.at("ring"))
        elif leg.stage == "ring":
            self._wire.send(LegRang(*pair, number))
            after_s = {"answered": self._rng.expovariate(1 / 3.0), "declined": 2.0}.get(leg.fate, leg.timeout_s)
            stage = "answered" if leg.fate == "answered" and after_s < leg.timeout_s else "failed"
            self._agenda.plan(self._agenda.now + min(after_s, leg.timeout_s), leg.at(stage))
        elif leg.call_back and leg.stage in ("answered", "citizen", "failing"):
            self._to_the_citizen(leg)
        elif result_of(leg) is None:
            del self._rings[number]
            self._talks[contact_id] = (agent_id, self._agenda.now)
            self._wire.send(LegAnswered(*pair))
            self._agenda.plan(self._agenda.now + self._lines[contact_id][0].talk_s, Word("over", contact_id))
        else:
            del self._rings[number]
            self._wire.send(LegFailed(*pair, result_of(leg) or LegResult.NO_ANSWER, None, number))

    def _to_the_citizen(self, leg: Leg) -> None:
        """The agent of a call-back is there: the session asks, rings the citizen, and says what came of it."""
        contact_id, number = leg.contact_id, leg.number
        if leg.stage == "answered":
            self._wire.send(LegAnswered(contact_id, leg.agent_id))
            self._agenda.plan(self._agenda.now + 2.0, leg.at("citizen"))
            return
        if leg.stage == "failing" or not self._may_dial(contact_id, number):
            del self._rings[number]
            self._wire.send(TalkEnded(contact_id))
            self._wire.send(CallOutEnded(contact_id, number))
            return
        self._wire.tell(CitizenDialled(contact_id))
        drawn = self._rng.random() - self._faults.citizen_busy
        if drawn < self._faults.citizen_silent:
            result = CitizenResult.BUSY if drawn < 0 else CitizenResult.NO_ANSWER
            self._wire.send(CitizenFailed(contact_id, result))
            self._agenda.plan(self._agenda.now + 4.0, leg.at("failing"))
            return
        del self._rings[number]
        self._talks[contact_id] = (leg.agent_id, self._agenda.now)
        self.outcome.called_back += 1
        self._wire.send(CitizenAnswered(contact_id))
        self._agenda.plan(self._agenda.now + self._lines[contact_id][0].talk_s, Word("over", contact_id))

    def _may_dial(self, contact_id: str, number: int) -> bool:
        contact = self._wire.state.contacts.get(contact_id)
        reservation = contact.reservation if contact is not None and contact.is_called() else None
        return reservation is not None and reservation.id == number and not reservation.citizen_dialled

    # --- what the core asks for

    def _carry_out(self, command: Command) -> None:
        match command:
            case Assign():
                if command.contact_id in self._lines and command.contact_id not in self._talks:
                    if command.contact_id in self._rings.values():
                        raise Broken(f"{command.contact_id} is to ring twice at once")
                    self._rings[command.reservation_id] = command.contact_id
                    leg = Leg(command.contact_id, command.agent_id, command.reservation_id, command.ring_timeout_s)
                    if command.call_back:
                        self._called[command.contact_id] = command.reservation_id
                        leg = replace(leg, call_back=True)
                    self._agenda.plan(self._agenda.now + 0.02, leg.at("dial", self._fate()))
            case Unassign():
                self._rings.pop(command.reservation_id, None)
            case HandOver():
                if command.contact_id in self._lines and command.contact_id not in self._talks:
                    del self._lines[command.contact_id]  # the safety net's
            case Note(ContactMoved() as fact):
                self._moved(fact)
            case Note(AgentMoved(presence=Presence.NOT_RESPONDING) as fact):
                self._agenda.plan(self._agenda.now + _BACK_S, Word("back", fact.agent_id))
            case _:
                pass

    def _moved(self, fact: ContactMoved) -> None:
        known = self._known.get(fact.contact_id)
        if known is not fact.old and known not in FINAL_CONTACT_STATES:
            raise Broken(f"contact {fact.contact_id} was {known}, and comes from {fact.old}")
        self._known[fact.contact_id] = fact.new
        if fact.new in FINAL_CONTACT_STATES and fact.contact_id in self._called:
            self._lines.pop(fact.contact_id, None)
            self._talks.pop(fact.contact_id, None)

    def _fate(self) -> str:
        faults, drawn = self._faults, self._rng.random()
        for chance, fate in (
            (faults.silent_phone, "silent"),
            (faults.busy_phone, "busy"),
            (faults.declined, "declined"),
            (faults.dead_phone, "dead"),
        ):
            if drawn < chance:
                return fate
            drawn -= chance
        return "answered"

    def _reread(self) -> None:
        """What the PBX says when it is asked for all there is."""
        for contact_id, contact in list(self._wire.state.contacts.items()):
            if contact_id not in self._lines:
                self._wire.tell(
                    TalkEnded(contact_id) if contact.state is ContactState.CONNECTED else ContactHungUp(contact_id)
                )
        for contact_id, (agent_id, since) in list(self._talks.items()):
            if contact_id in self._talks:  # what was told of another one may have ended it
                self._wire.tell(self._adopted(contact_id, agent_id, since))
        talking = {agent_id for agent_id, _ in self._talks.values()}
        for agent_id in self._agents:
            if agent_id not in talking and self._wire.state.agents[agent_id].work is not Work.RESERVED:
                self._wire.tell(DeviceChanged(agent_id, reachable=True, busy=False))

    def _come_to_rest(self) -> None:
        """Nothing happens any more: everything that waits for a time gets it, and all must be well."""
        self._reread()
        for contact_id in self._called:
            self._wire.tell(CallbackClosed(contact_id, CallbackEnd.WITHDRAWN))
        for agent_id in self._agents:
            self._wire.tell(PresenceAsked(agent_id, Presence.AVAILABLE))
        self._wire.run_out(self._wire.state.now + _QUIET_S)
        stuck = [one.id for one in self._wire.state.agents.values() if not one.offerable()]
        lost = [one for one, state in self._known.items() if state not in FINAL_CONTACT_STATES]
        story = f"stuck agents {stuck}, contacts that never ended {lost}, still known {list(self._wire.state.contacts)}"
        if stuck or lost or self._wire.state.contacts or len(self._known) != self.outcome.offered:
            raise FaultFoundError(self.outcome.seed, self.outcome.steps, self._agenda.now, TimePassed(), story)
        for state in self._known.values():
            self.outcome.ended[state] = self.outcome.ended.get(state, 0) + 1
