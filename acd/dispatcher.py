"""The dispatcher, as every other thread sees it: sessions, agents' codes, the AMI reader, metrics, the wallboards.

Each method puts a task into the inbox of the one thread that may change the ACD, or asks it and waits a bounded time.
What is done there is `acd.writer`'s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from acd.ami.packets import Packet
from acd.core.events import (
    CallbackBooked,
    CallbackClosed,
    CallbackEnd,
    CitizenAnswered,
    CitizenDialled,
    CitizenFailed,
    CitizenResult,
    ContactDeparted,
    ContactHungUp,
    ContactOffered,
    Departure,
    HandOnAsked,
    HandoverNoted,
    PresenceAsked,
    SentOut,
    TalkEnded,
    WrapupEndAsked,
    WrapupExtendAsked,
)
from acd.core.facts import Fact, SurveyAnswered, TalkNoted
from acd.core.handover import Handover
from acd.core.memory import Memory
from acd.core.model import Limits
from acd.core.snapshot import Snapshot, estimated_arrival_s, estimated_wait_s, has_room, position, snapshot
from acd.core.states import Presence, Work
from acd.inbox import Inbox
from acd.pbx import Pbx
from acd.port import Answer, Assignment, Consultation, GoToSafetyNet, Talk
from acd.reconcile import PbxSnapshot
from acd.writer import Writer
from dialplan.ruleset import Language, Ruleset

OUT_OF_SIGHT_S = 2.0
TO_SAFETY_NET_S = 30.0
OWN_CALL_LOOKS, OWN_CALL_LOOK_S = 3, 0.01

_DAY_S = 86_400.0


class Dispatcher:
    """See `acd.port.Acd` for what sessions may call. `start` and `stop` are the composition root's."""

    def __init__(
        self,
        rules: Ruleset,
        pbx: Pbx,
        *,
        publish: Callable[[Fact], None],
        clock: Callable[[], float],
        heartbeat: Callable[[], None] = lambda: None,
        room: Callable[[], int] = lambda: 1_000_000,
        observe_dispatch: Callable[[float], None] = lambda _: None,
        count_failure: Callable[[str], None] = lambda _: None,
        limits: Limits | None = None,
        last_agent: Callable[[str | None, float], str | None] = lambda _, __: None,
        closed_until: Callable[[float], float | None] = lambda _: None,
    ) -> None:
        """`publish` gets every fact, `room` says how many more calls may come in, `clock` is epoch seconds.

        `closed_until(now)`: when the centre opens, None while it is open; both on that clock.
        """
        self._pbx = pbx
        self._agent_of_last_time = last_agent  # (caller's hash, not before) -> agent
        self.settled = threading.Event()  # set once the PBX has been read and its waiting callers are back
        self._writer = Writer(
            rules,
            pbx,
            publish=publish,
            now=clock(),
            room=room,
            count_failure=count_failure,
            settled=self.settled.set,
            limits=limits,
            closed_until=closed_until,
        )
        self._inbox = Inbox(
            self._writer, clock, heartbeat=heartbeat, observe=observe_dispatch, count_failure=count_failure
        )

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to dispatch."""
        self._inbox.start()

    def stop(self) -> None:
        """End the thread; the state stays readable."""
        self._inbox.stop()

    def packet(self, packet: Packet) -> None:
        """The AMI reader's: one event of the PBX."""
        self._inbox.packet(packet)

    def remember(self, memory: Memory) -> None:
        """What the journal knows of the engine before this one; before the PBX is read for the first time."""

        def remember(_: float) -> None:
            self._writer.remembering.memory = memory

        self._inbox.put(remember)

    def begin_reread(self) -> None:
        """To be called before the PBX is read: from now on, what events touch is newer than what is read."""
        self._inbox.put(lambda _: self._writer.view.begin_reread())

    def reread(self, seen: PbxSnapshot) -> None:
        """What the PBX said of itself."""
        self._inbox.put(lambda now: self._writer.adopt_reading(seen, now))

    def change_rules(self, rules: Ruleset) -> None:
        """New rules, checked already."""
        self._inbox.put(lambda now: self._writer.change_rules(rules, now))

    def unmatched_s(self) -> float:
        """For how long a pair that could be matched has not been, in seconds: an alarm above 1."""
        return self._inbox.ask(self._writer.unmatched_s, 0.0)

    def snapshot(self) -> Snapshot | None:
        """The state as frozen data; None when the dispatcher does not answer in time."""
        return self._inbox.ask(lambda now: snapshot(self._writer.state, now), None)

    def estimates(self, lines: Sequence[tuple[str, Language]]) -> Mapping[tuple[str, Language], float]:
        """The wait in seconds of a contact that comes now, for each queue and language where it is known."""

        def ask(_: float) -> Mapping[tuple[str, Language], float]:
            found = {line: estimated_arrival_s(self._writer.state, *line) for line in lines}
            return {line: wait_s for line, wait_s in found.items() if wait_s is not None}

        return self._inbox.ask(ask, {})

    # -- the sessions' door (acd.port.Acd) ----------------------------------------------------------------------------

    def offer(self, offer: ContactOffered, channel: str) -> bool:
        """Begin to wait; whether there was room."""

        def begin(now: float) -> bool:
            room = has_room(self._writer.state, offer.queue)
            self._writer.view.know_contact(offer.contact_id, channel)
            self._writer.returning.came_back(offer.contact_id)
            self._writer.alive.add(offer.contact_id)
            self._writer.on_line.add(offer.contact_id)
            self._writer.feed(self._with_last_agent(offer, now), now)
            return room

        return self._inbox.ask(begin, missing=True)

    def _with_last_agent(self, offer: ContactOffered, now: float) -> ContactOffered:
        queue = self._writer.rules.queues.get(offer.queue)
        if queue is None or queue.sticky is None or offer.caller is None:
            return offer
        since = now - queue.sticky.days * _DAY_S
        return replace(offer, sticky_agent=self._agent_of_last_time(offer.caller, since))

    def take(self, contact_id: str, reservation_id: int | None = None) -> Assignment | GoToSafetyNet | None:
        """The assignment that waits for this contact, once."""
        assignment = self._writer.board.take(contact_id, reservation_id)
        if assignment is not None:
            self._inbox.put(lambda now: self._writer.taken(assignment, now))
            return assignment
        if self._writer.board.taken_to_net(contact_id):
            return GoToSafetyNet()
        if self._pbx.silence_s() >= TO_SAFETY_NET_S:
            self.depart(contact_id, Departure.FALLBACK)
            return GoToSafetyNet()
        return None

    def position(self, contact_id: str) -> int | None:
        """The place in the order, from 1."""
        return self._inbox.ask(lambda _: position(self._writer.state, contact_id), None)

    def estimated_wait_s(self, contact_id: str) -> float | None:
        """How much longer, in seconds."""
        return self._inbox.ask(lambda _: estimated_wait_s(self._writer.state, contact_id), None)

    def announcement_due(self, contact_id: str) -> bool:
        """Whether something may be said."""
        return not self._writer.board.pending(contact_id)

    def dial_returned(self, contact_id: str, reservation_id: int, dialstatus: str) -> None:
        """The second witness of a leg's end."""

        def over(now: float) -> None:
            agent_id = self._writer.dialling.over(reservation_id)
            for event in self._writer.view.legs.dial_returned(contact_id, agent_id, reservation_id, dialstatus, now):
                self._writer.feed(event, now)

        self._inbox.put(over)

    def depart(self, contact_id: str, why: Departure) -> None:
        """Out of the queue."""
        self._inbox.put(lambda now: self._writer.feed(ContactDeparted(contact_id, why), now))

    def hung_up(self, contact_id: str) -> None:
        """The session's word; a caller who was transferred away lives on."""

        def gone(now: float) -> None:
            if contact_id not in self._writer.view.transferred:
                self._writer.feed(ContactHungUp(contact_id), now)

        self._inbox.put(gone)

    def pbx_in_sight(self) -> bool:
        """Whether AMI has been heard within two seconds."""
        return self._pbx.silence_s() < OUT_OF_SIGHT_S

    def ask_presence(self, agent_id: str, presence: Presence, reason: str | None = None) -> Answer:
        """An agent's own word."""
        if presence is Presence.AVAILABLE:
            self._let_own_call_be_seen(agent_id)

        def ask(now: float) -> Answer:
            if agent_id not in self._writer.state.agents:
                return Answer.NOT_APPLICABLE
            self._writer.forget_restoring(agent_id)
            self._writer.feed(PresenceAsked(agent_id, presence, reason), now)
            agent = self._writer.state.agents.get(agent_id)
            if agent is None or agent.leaving:
                return Answer.NOT_APPLICABLE
            if agent.asked is not None and agent.asked[0] is presence:
                return Answer.AFTER_CALL
            return Answer.DONE if agent.presence is presence else Answer.NOT_APPLICABLE

        return self._inbox.ask(ask, Answer.NOT_APPLICABLE)

    def end_wrapup(self, agent_id: str) -> Answer:
        """Early."""
        self._let_own_call_be_seen(agent_id)

        def ask(now: float) -> Answer:
            agent = self._writer.state.agents.get(agent_id)
            if agent is None or agent.work is not Work.WRAPUP:
                return Answer.NOT_APPLICABLE
            self._writer.feed(WrapupEndAsked(agent_id), now)
            return Answer.DONE

        return self._inbox.ask(ask, Answer.NOT_APPLICABLE)

    def extend_wrapup(self, agent_id: str) -> Answer:
        """Once."""

        def ask(now: float) -> Answer:
            agent = self._writer.state.agents.get(agent_id)
            if agent is None or agent.work is not Work.WRAPUP or agent.wrapup_extend_s <= 0:
                return Answer.NOT_APPLICABLE
            self._writer.feed(WrapupExtendAsked(agent_id), now)
            return Answer.DONE

        return self._inbox.ask(ask, Answer.NOT_APPLICABLE)

    # -- the book of call-backs (acd.callbacks.book) -------------------------------------------------------------------

    def callback_booked(self, booked: CallbackBooked) -> None:
        """It is on the disk: the contact has no caller on the line any more."""

        def begin(now: float) -> None:
            self._writer.view.detach_caller(booked.contact_id)
            self._writer.alive.add(booked.contact_id)
            self._writer.on_line.discard(booked.contact_id)
            self._writer.feed(booked, now)

        self._inbox.put(begin)

    def close_callback(self, contact_id: str, why: CallbackEnd) -> None:
        """It is not needed any more."""
        self._inbox.put(lambda now: self._writer.feed(CallbackClosed(contact_id, why), now))

    def citizen_dialled(self, contact_id: str) -> bool:
        """Whether the citizen may be rung now: an agent is reserved for it, and they were not rung for that agent yet.

        True once for each ring of an agent, and then it is an attempt.
        """

        def ask(now: float) -> bool:
            contact = self._writer.state.contacts.get(contact_id)
            reservation = contact.reservation if contact is not None and contact.is_called() else None
            if reservation is None or reservation.citizen_dialled:
                return False
            self._writer.feed(CitizenDialled(contact_id), now)
            return True

        return self._inbox.ask(ask, False)

    def citizen_over(self, contact_id: str, result: CitizenResult | None) -> None:
        """The session's word, the second witness: not reached, or (None) talked with, and that is over."""

        def over(now: float) -> None:
            if result is not None:
                self._writer.feed(CitizenFailed(contact_id, result), now)
                return
            contact = self._writer.state.contacts.get(contact_id)
            if contact is not None and contact.is_called():  # the talk came and went out of the PBX's sight
                agent_id = contact.reservation.agent.id if contact.reservation is not None else None
                self._writer.feed(CitizenAnswered(contact_id, agent_id), now)
            self._writer.feed(TalkEnded(contact_id), now)
            self._writer.feed(CallbackClosed(contact_id, CallbackEnd.KEPT), now)  # if nobody knows with whom

        self._inbox.put(over)

    def contact_of(self, uniqueid: str) -> str | None:
        """The living contact of a caller's channel."""
        contact_id = self._writer.view.callers.get(uniqueid)
        return contact_id if contact_id in self._writer.alive else None

    def rejoin(self, contact_id: str, channel: str, agent_id: str) -> Assignment | None:
        """A blind transfer by an agent's phone has come back to us."""

        def ask(now: float) -> Assignment | None:
            self._writer.view.know_contact(contact_id, channel)
            self._writer.blind.begins(contact_id, self._writer.last_agent.get(contact_id, ""), agent_id)
            self._writer.feed(HandOnAsked(contact_id, agent_id), now)
            assignment = self._writer.board.take(contact_id)
            if assignment is not None:
                self._writer.taken(assignment, now)
            return assignment

        return self._inbox.ask(ask, None)

    def agent_talking_to(self, contact_id: str) -> str | None:
        """The agent of the contact's last talk."""
        return self._writer.last_agent.get(contact_id)

    def consult(self, agent_id: str, target: str, *, after_key: bool = False) -> Answer:
        """By AMI Atxfer."""
        ask = self._writer.handovers.consult
        return self._inbox.ask(lambda _: ask(agent_id, target, after_key=after_key), Answer.NOT_APPLICABLE)

    def consult_begins(self, agent_id: str, target: str, leg: str) -> bool:
        """From now on its outcome is watched."""
        return self._inbox.ask(lambda _: self._writer.handovers.consult_begins(agent_id, target, leg), False)

    def calls_official(self, leg: str, target: str) -> None:
        """Whom a REFER with Replaces may join a citizen with."""
        self._inbox.ask(lambda _: self._writer.view.consults.begin_own(leg, target), None)

    def send_on(self, agent_id: str, target: str) -> Answer:
        """By AMI Redirect."""
        ask = self._writer.handovers.send_on
        return self._inbox.ask(lambda now: ask(agent_id, target, now), Answer.NOT_APPLICABLE)

    def ring_official(self, contact_id: str, channel: str, official: str) -> None:
        """A blind transfer to an official has come back to us."""

        def ask(now: float) -> None:
            self._writer.view.know_contact(contact_id, channel)
            self._writer.view.to_officials[contact_id] = official
            self._writer.blind.begins(contact_id, self._writer.last_agent.get(contact_id, ""), official)
            self._writer.feed(SentOut(contact_id), now)

        self._inbox.ask(ask, None)

    def write_handover(self, agent_id: str, handover: Handover) -> Answer:
        """On the contact, and in the record."""

        def ask(now: float) -> Answer:
            agent = self._writer.state.agents.get(agent_id)
            contact = agent.contact if agent is not None else None
            if contact is None or handover.topic not in self._writer.rules.topics:
                return Answer.NOT_APPLICABLE
            self._writer.feed(HandoverNoted(contact.id, agent_id, handover), now)
            return Answer.DONE if contact.handover == handover else Answer.NOT_APPLICABLE

        return self._inbox.ask(ask, Answer.NOT_APPLICABLE)

    def handover_of(self, contact_id: str) -> Handover | None:
        """As the core has it."""

        def ask(_: float) -> Handover | None:
            contact = self._writer.state.contacts.get(contact_id)
            return None if contact is None else contact.handover

        return self._inbox.ask(ask, None)

    def consultations(self) -> tuple[Consultation, ...]:
        """By the PBX's own events, with what the agents wrote."""

        def ask(_: float) -> tuple[Consultation, ...]:
            contacts = self._writer.state.contacts
            return tuple(
                Consultation(
                    one.contact_id,
                    one.agent_id,
                    one.target,
                    one.answered,
                    contacts[one.contact_id].handover if one.contact_id in contacts else None,
                )
                for one in self._writer.view.consults.all()
            )

        return self._inbox.ask(ask, ())

    def sent_to_queue(self, contact_id: str, queue: str) -> float | None:
        """What becomes of it is noted as that of any blind transfer."""

        def ask(now: float) -> float | None:
            self._writer.blind.begins(contact_id, self._writer.last_agent.get(contact_id, ""), queue)
            contact = self._writer.state.contacts.get(contact_id)
            return None if contact is None else contact.waited_s(now)

        return self._inbox.ask(ask, None)

    def channel_of(self, contact_id: str) -> str:
        """As the PBX's events named it."""
        view = self._writer.view
        seen = view.channels.get(contact_id)  # of a talk that this engine has found, the Uniqueid is all that is known
        return view.caller_channel.get(contact_id) or (seen.name if seen is not None else "")

    def talk_of(self, agent_id: str) -> Talk | None:
        """By the PBX's own events."""
        return self._inbox.ask(lambda _: self._writer.view.legs.talk_of(agent_id), None)

    def note(self, contact_id: str, agent_id: str, what: str, detail: str, by: str | None = None) -> None:
        """In its place among the other facts."""
        self._inbox.put(lambda now: self._writer.publish(TalkNoted(now, contact_id, agent_id, what, detail, by)))

    def surveyed(self, answered: SurveyAnswered) -> None:
        """In its place among the other facts."""
        self._inbox.put(lambda _: self._writer.publish(answered))

    def calls(self) -> int:
        """Contacts whose callers are on the line; one in wrap-up takes none."""
        return len(self._writer.on_line)

    def _let_own_call_be_seen(self, agent_id: str) -> None:
        """A code is dialled in a call of the agent's own, and its session may be quicker than that call's event.

        Whom the code makes free would be rung in the middle of it. So the session, not the dispatcher, waits a little.
        """
        for _ in range(OWN_CALL_LOOKS):
            if self._inbox.ask(lambda _: self._writer.view.has_channel(agent_id), True):
                return
            time.sleep(OWN_CALL_LOOK_S)
