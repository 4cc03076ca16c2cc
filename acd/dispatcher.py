"""The single writer of all ACD state: one thread that takes what happened, steps the pure core, and carries out.

Everything else only puts into its inbox: the AMI reader packets, the sessions what their callers do, the agents'
codes what they ask. It waits for nobody: the PBX's hands (`acd.pbx.Pbx`) and the facts' subscribers return at once.
A bug in a step costs that event, is logged with it and counted, and never ends the thread.

While the PBX is out of sight (AMI silent, FastAGI alive) the sessions are the only witnesses: an assignment that is
taken then counts as ringing, and one whose Dial has not come back in time as answered, until the PBX is read anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TypeVar

import structlog

from acd.ami.packets import Packet
from acd.ami.translate import Translator
from acd.assignments import AssignmentBoard
from acd.core.commands import Assign, Command, HandOver, Mirror, Note, Tell, Unassign
from acd.core.events import (
    ContactDeparted,
    ContactHungUp,
    ContactOffered,
    Departure,
    Event,
    HandOnAsked,
    LegAnswered,
    LegDialled,
    LegRang,
    PresenceAsked,
    PresenceRestored,
    RulesChanged,
    TalkEnded,
    TimePassed,
    WrapupEndAsked,
    WrapupExtendAsked,
)
from acd.core.facts import ContactMoved, Fact, ReservationEnded, TalkNoted
from acd.core.model import Limits
from acd.core.snapshot import Snapshot, estimated_arrival_s, estimated_wait_s, position, snapshot
from acd.core.states import FINAL_CONTACT_STATES, ContactState, IllegalTransition, Presence, Work
from acd.core.step import new_state, next_deadline, step
from acd.pbx import Membership, Pbx
from acd.port import Answer, Assignment, GoToSafetyNet, Talk
from acd.reconcile import PbxSnapshot, adopt, presences
from acd.returning import Returning, guess_attributes
from dialplan.ruleset import Language, Ruleset

OUT_OF_SIGHT_S = 2.0
TO_SAFETY_NET_S = 30.0
BEAT_EVERY_S = 0.2
ASK_TIMEOUT_S = 1.0
REJOIN_WITHIN_S = 3.0
DOUBT_S = 1.2  # a silent line is pinged after 0.7 s, and answers within a millisecond
OWN_CALL_LOOKS, OWN_CALL_LOOK_S = 3, 0.01
ANSWERED_UNSEEN_S = 1.0  # after Dial's own time-out: then it must have been answered

_DAY_S = 86_400.0
_log = structlog.get_logger(__name__)
T = TypeVar("T")
Task = Callable[[float], None]


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
    ) -> None:
        """`publish` gets every fact, `room` says how many more calls may come in, `clock` is epoch seconds."""
        self._rules = rules
        self._pbx = pbx
        self._publish = publish
        self._clock = clock
        self._heartbeat = heartbeat
        self._agent_of_last_time = last_agent  # (caller's hash, not before) -> agent
        self._observe_dispatch = observe_dispatch
        self._count_failure = count_failure
        self._inbox: SimpleQueue[tuple[Packet, float] | Task] = SimpleQueue()  # packets with their arrival
        self._board = AssignmentBoard()
        self._state = new_state(rules.agents, rules.queues, now=clock(), limits=limits)
        self._view = Translator(lambda variables, queue: guess_attributes(self._rules, variables, queue))
        self._view.agents = frozenset(rules.agents)
        self._returning = Returning(self._view, pbx, room)
        self._alive: set[str] = set()  # contacts that are not over
        self._on_line: set[str] = set()  # of these, whose caller is
        self._last_agent: dict[str, str] = {}
        self._dialling: dict[int, tuple[Assignment, float]] = {}  # taken and not over, with the time of taking
        self._blind: dict[str, tuple[str, str]] = {}  # contact -> by whom and to whom, while nobody has it yet
        self._restore: list[PresenceRestored] | None = None  # what is told when those who waited are back
        self._read_once = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self.settled = threading.Event()  # set once the PBX has been read and its waiting callers are back

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to dispatch."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; the state stays readable."""
        self._stopping = True
        self._inbox.put(lambda _: None)
        if self._thread.is_alive():
            self._thread.join(2.0)

    def packet(self, packet: Packet) -> None:
        """The AMI reader's: one event of the PBX."""
        self._inbox.put((packet, time.perf_counter()))

    def begin_reread(self) -> None:
        """To be called before the PBX is read: from now on, what events touch is newer than what is read."""
        self._inbox.put(lambda _: self._view.begin_reread())

    def reread(self, seen: PbxSnapshot) -> None:
        """What the PBX said of itself."""
        self._inbox.put(lambda now: self._adopt(seen, now))

    def change_rules(self, rules: Ruleset) -> None:
        """New rules, checked already."""

        def change(now: float) -> None:
            self._rules = rules
            self._view.agents = frozenset(rules.agents)
            self._feed(RulesChanged(rules.agents, rules.queues, rules.moved_to), now)
            self._view.forget_devices()
            for event in self._view.devices(self._view.agents):
                self._feed(event, now)

        self._inbox.put(change)

    def snapshot(self) -> Snapshot | None:
        """The state as frozen data; None when the dispatcher does not answer in time."""
        return self._ask(lambda now: snapshot(self._state, now), None)

    def estimates(self, lines: Sequence[tuple[str, Language]]) -> Mapping[tuple[str, Language], float]:
        """The wait in seconds of a contact that comes now, for each queue and language where it is known."""

        def ask(_: float) -> Mapping[tuple[str, Language], float]:
            found = {line: estimated_arrival_s(self._state, *line) for line in lines}
            return {line: wait_s for line, wait_s in found.items() if wait_s is not None}

        return self._ask(ask, {})

    # -- the sessions' door (acd.port.Acd) ----------------------------------------------------------------------------

    def offer(self, offer: ContactOffered, channel: str) -> None:
        """Begin to wait."""

        def begin(now: float) -> None:
            self._view.know_contact(offer.contact_id, channel)
            self._returning.came_back(offer.contact_id)
            self._alive.add(offer.contact_id)
            self._on_line.add(offer.contact_id)
            self._feed(self._with_last_agent(offer, now), now)

        self._inbox.put(begin)

    def _with_last_agent(self, offer: ContactOffered, now: float) -> ContactOffered:
        queue = self._rules.queues.get(offer.queue)
        if queue is None or queue.sticky is None or offer.caller is None:
            return offer
        since = now - queue.sticky.days * _DAY_S
        return replace(offer, sticky_agent=self._agent_of_last_time(offer.caller, since))

    def take(self, contact_id: str) -> Assignment | GoToSafetyNet | None:
        """The assignment that waits for this contact, once."""
        assignment = self._board.take(contact_id)
        if assignment is not None:
            self._inbox.put(lambda now: self._taken(assignment, now))
            return assignment
        if self._board.taken_to_net(contact_id):
            return GoToSafetyNet()
        if self._pbx.silence_s() >= TO_SAFETY_NET_S:
            self.depart(contact_id, Departure.FALLBACK)
            return GoToSafetyNet()
        return None

    def position(self, contact_id: str) -> int | None:
        """The place in the order, from 1."""
        return self._ask(lambda _: position(self._state, contact_id), None)

    def estimated_wait_s(self, contact_id: str) -> float | None:
        """How much longer, in seconds."""
        return self._ask(lambda _: estimated_wait_s(self._state, contact_id), None)

    def announcement_due(self, contact_id: str) -> bool:
        """Whether something may be said."""
        return not self._board.pending(contact_id)

    def dial_returned(self, contact_id: str, reservation_id: int, dialstatus: str) -> None:
        """The second witness of a leg's end."""

        def over(now: float) -> None:
            dialled = self._dialling.pop(reservation_id, None)
            agent_id = dialled[0].agent_id if dialled is not None else ""
            for event in self._view.legs.dial_returned(contact_id, agent_id, reservation_id, dialstatus, now):
                self._feed(event, now)

        self._inbox.put(over)

    def depart(self, contact_id: str, why: Departure) -> None:
        """Out of the queue."""
        self._inbox.put(lambda now: self._feed(ContactDeparted(contact_id, why), now))

    def hung_up(self, contact_id: str) -> None:
        """The session's word; a caller who was transferred away lives on."""

        def gone(now: float) -> None:
            if contact_id not in self._view.transferred:
                self._feed(ContactHungUp(contact_id), now)

        self._inbox.put(gone)

    def pbx_in_sight(self) -> bool:
        """Whether AMI has been heard within two seconds."""
        return self._pbx.silence_s() < OUT_OF_SIGHT_S

    def ask_presence(self, agent_id: str, presence: Presence, reason: str | None = None) -> Answer:
        """An agent's own word."""
        if presence is Presence.AVAILABLE:
            self._let_own_call_be_seen(agent_id)

        def ask(now: float) -> Answer:
            if agent_id not in self._state.agents:
                return Answer.NOT_APPLICABLE
            if self._restore:  # what the agent says now is newer than what the queues remember
                self._restore = [one for one in self._restore if one.agent_id != agent_id]
            self._feed(PresenceAsked(agent_id, presence, reason), now)
            agent = self._state.agents.get(agent_id)
            if agent is None or agent.leaving:
                return Answer.NOT_APPLICABLE
            if agent.asked is not None and agent.asked[0] is presence:
                return Answer.AFTER_CALL
            return Answer.DONE if agent.presence is presence else Answer.NOT_APPLICABLE

        return self._ask(ask, Answer.NOT_APPLICABLE)

    def end_wrapup(self, agent_id: str) -> Answer:
        """Early."""
        self._let_own_call_be_seen(agent_id)

        def ask(now: float) -> Answer:
            agent = self._state.agents.get(agent_id)
            if agent is None or agent.work is not Work.WRAPUP:
                return Answer.NOT_APPLICABLE
            self._feed(WrapupEndAsked(agent_id), now)
            return Answer.DONE

        return self._ask(ask, Answer.NOT_APPLICABLE)

    def extend_wrapup(self, agent_id: str) -> Answer:
        """Once."""

        def ask(now: float) -> Answer:
            agent = self._state.agents.get(agent_id)
            if agent is None or agent.work is not Work.WRAPUP or agent.wrapup_extend_s <= 0:
                return Answer.NOT_APPLICABLE
            self._feed(WrapupExtendAsked(agent_id), now)
            return Answer.DONE

        return self._ask(ask, Answer.NOT_APPLICABLE)

    def contact_of(self, uniqueid: str) -> str | None:
        """The living contact of a caller's channel."""
        contact_id = self._view.callers.get(uniqueid)
        return contact_id if contact_id in self._alive else None

    def rejoin(self, contact_id: str, channel: str, agent_id: str) -> Assignment | None:
        """A blind transfer by an agent's phone has come back to us."""

        def ask(now: float) -> Assignment | None:
            self._view.know_contact(contact_id, channel)
            self._blind.setdefault(contact_id, (self._last_agent.get(contact_id, ""), agent_id))
            self._feed(HandOnAsked(contact_id, agent_id), now)
            assignment = self._board.take(contact_id)
            if assignment is not None:
                self._taken(assignment, now)
            return assignment

        return self._ask(ask, None)

    def agent_talking_to(self, contact_id: str) -> str | None:
        """The agent of the contact's last talk."""
        return self._last_agent.get(contact_id)

    def talk_of(self, agent_id: str) -> Talk | None:
        """By the PBX's own events."""
        return self._ask(lambda _: self._view.legs.talk_of(agent_id), None)

    def note(self, contact_id: str, agent_id: str, what: str, detail: str, by: str | None = None) -> None:
        """In its place among the other facts."""
        self._inbox.put(lambda now: self._publish(TalkNoted(now, contact_id, agent_id, what, detail, by)))

    def calls(self) -> int:
        """Contacts whose callers are on the line; one in wrap-up takes none."""
        return len(self._on_line)

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _ask(self, what: Callable[[float], T], missing: T) -> T:
        """Have the dispatcher's thread answer. `missing` when it does not in time."""
        answer: SimpleQueue[T] = SimpleQueue()
        self._inbox.put(lambda now: answer.put(what(now)))
        try:
            return answer.get(timeout=ASK_TIMEOUT_S)
        except Empty:
            return missing

    def _let_own_call_be_seen(self, agent_id: str) -> None:
        """A code is dialled in a call of the agent's own, and its session may be quicker than that call's event.

        Whom the code makes free would be rung in the middle of it. So the session, not the dispatcher, waits a little.
        """
        for _ in range(OWN_CALL_LOOKS):
            if self._ask(lambda _: self._view.has_channel(agent_id), True):
                return
            time.sleep(OWN_CALL_LOOK_S)

    def _run(self) -> None:
        tidied_at = 0.0
        while not self._stopping:
            self._heartbeat()
            try:
                item: tuple[Packet, float] | Task | None = self._inbox.get(timeout=self._sleep_s())
            except Empty:
                item = None
            now = self._clock()
            try:
                if isinstance(item, tuple):
                    self._handle(item[0], now)
                    self._observe_dispatch(time.perf_counter() - item[1])
                elif item is not None:
                    item(now)
                deadline = next_deadline(self._state)
                if deadline is not None and deadline <= now:
                    self._believe_sessions(now)
                    self._feed(TimePassed(), now)
                for channel in self._board.due_wakes(now):
                    self._pbx.wake(channel)
                if now - tidied_at >= BEAT_EVERY_S:
                    tidied_at = now
                    self._tidy(now)
            except Exception:  # noqa: BLE001 - one bad packet must not end every call
                self._count_failure("exception")
                with suppress(Exception):  # an item that can't even be printed
                    _log.exception("dispatcher.item_failed", item=repr(item)[:500])

    def _sleep_s(self) -> float:
        wake, deadline = self._board.next_wake_at(), next_deadline(self._state)
        now = self._clock()
        until = min(BEAT_EVERY_S, *(at - now for at in (wake, deadline) if at is not None), BEAT_EVERY_S)
        return max(0.0, until)

    def _handle(self, packet: Packet, now: float) -> None:
        for event in self._view.translate(packet, now):
            self._feed(event, now)
        while self._view.to_hang_up:
            self._pbx.hang_up(self._view.to_hang_up.pop().name)
        while self._view.handed_over:
            contact_id, agent_id, to = self._view.handed_over.pop()
            self._publish(TalkNoted(now, contact_id, to, "transfer", "consult:answered", agent_id))
        if packet.name == "QueueCallerJoin":
            self._returning.sweep(now)

    def _feed(self, event: Event, now: float) -> None:
        """One step of the core, and what it wants done."""
        try:
            commands = step(self._state, event, now)
        except IllegalTransition as error:
            self._count_failure("illegal_transition")
            _log.error("dispatcher.illegal_transition", event_data=repr(event), error=str(error))
            return
        except Exception:  # noqa: BLE001 - see this file's first lines
            self._count_failure("exception")
            _log.exception("dispatcher.step_failed", event_data=repr(event))
            return
        notes: list[Fact] = []
        for command in commands:
            if isinstance(command, Note):
                notes.append(command.fact)
            else:
                self._carry_out(command, now)
        for fact in notes:  # after the commands: an INVITE waits for no bookkeeping
            if isinstance(fact, ContactMoved):
                self._moved(fact)
            elif isinstance(fact, ReservationEnded):
                self._board.void(fact.contact_id, fact.reservation_id)
            self._publish(fact)

    def _carry_out(self, command: Command, now: float) -> None:
        match command:
            case Assign():
                self._assign(command, now)
            case Unassign(contact_id, agent_id, reservation_id):
                self._unassign(contact_id, reservation_id)
            case HandOver(contact_id):
                _log.error("dispatcher.session_lost", contact_id=contact_id)
                self._board.send_to_net(contact_id, now)
            case Mirror(agent_id, presence, reason):
                self._mirror(agent_id, presence, reason)
            case Tell(agent_id, notice):
                _log.warning("agent.told", agent=agent_id, notice=notice.value)

    def _assign(self, command: Assign, now: float) -> None:
        channel = self._view.caller_channel.get(command.contact_id, "")
        assignment = Assignment(
            command.contact_id,
            command.agent_id,
            f"PJSIP/{command.agent_id}",
            command.reservation_id,
            command.ring_timeout_s,
        )
        self._board.post(assignment, channel, now)
        if channel:
            self._pbx.wake(channel)

    def _unassign(self, contact_id: str, reservation_id: int) -> None:
        self._dialling.pop(reservation_id, None)
        self._board.void(contact_id, reservation_id)
        for leg in self._view.legs.void(contact_id, reservation_id):
            self._pbx.hang_up(leg.name)

    def _mirror(self, agent_id: str, presence: Presence, reason: str | None) -> None:
        agent = self._state.agents.get(agent_id)
        name = agent.rule.name if agent is not None else agent_id
        languages = agent.rule.languages if agent is not None else frozenset()
        self._pbx.mirror(Membership(agent_id, name, f"PJSIP/{agent_id}", languages, presence, reason))

    def _taken(self, assignment: Assignment, now: float) -> None:
        """The session dials now."""
        contact_id, agent_id, reservation_id = assignment.contact_id, assignment.agent_id, assignment.reservation_id
        self._view.legs.expect(contact_id, agent_id, reservation_id)
        contact = self._state.contacts.get(contact_id)
        if contact is None or contact.reservation is None or contact.reservation.id != reservation_id:
            for leg in self._view.legs.void(contact_id, reservation_id):  # void between the take and this
                self._pbx.hang_up(leg.name)
            return
        self._dialling[reservation_id] = (assignment, now)
        self._feed(LegDialled(contact_id, agent_id, reservation_id), now)
        self._believe_sessions(now)

    def _believe_sessions(self, now: float) -> None:
        """While nothing is heard of the PBX, what the sessions dial rings, and is answered if Dial does not return.

        A line that lives is never silent for as long as this, because it is pinged; so a phone that is really dead is
        still found within its 1.5 s.
        """
        if not self._dialling or (self._pbx.connected() and self._pbx.silence_s() < DOUBT_S):
            return
        for reservation_id, (one, taken_at) in list(self._dialling.items()):
            contact = self._state.contacts.get(one.contact_id)
            if contact is None or contact.reservation is None or contact.reservation.id != reservation_id:
                continue
            if contact.reservation.rang_at is None:
                self._feed(LegRang(one.contact_id, one.agent_id, reservation_id), now)
            elif now >= taken_at + one.ring_timeout_s + ANSWERED_UNSEEN_S:
                self._feed(LegAnswered(one.contact_id, one.agent_id), now)

    def _moved(self, fact: ContactMoved) -> None:
        """Keep what sessions ask for in step with the core."""
        if fact.new is ContactState.CONNECTED or fact.new in FINAL_CONTACT_STATES:
            self._note_blind(fact)
        if fact.new is ContactState.CONNECTED:
            self._alive.add(fact.contact_id)
            self._on_line.add(fact.contact_id)
            if fact.agent_id is not None:
                self._last_agent[fact.contact_id] = fact.agent_id
        elif fact.new is ContactState.WRAPUP:
            self._on_line.discard(fact.contact_id)
        elif fact.new is ContactState.QUEUED:
            self._on_line.add(fact.contact_id)
        elif fact.new in FINAL_CONTACT_STATES:
            self._alive.discard(fact.contact_id)
            self._on_line.discard(fact.contact_id)
            self._last_agent.pop(fact.contact_id, None)
            for reservation_id, (one, _) in list(self._dialling.items()):
                if one.contact_id == fact.contact_id:  # its caller hung up within Dial: the session reports nothing
                    del self._dialling[reservation_id]
            self._view.forget_contact(fact.contact_id)

    def _note_blind(self, fact: ContactMoved) -> None:
        """What became of a blind transfer: somebody has the contact, or nobody will."""
        transfer = self._blind.pop(fact.contact_id, None)
        if transfer is None:
            return
        by, to = transfer
        result = "abandoned"
        if fact.new is ContactState.CONNECTED:
            result = "returned" if fact.agent_id == by else "answered" if fact.agent_id == to else "requeued"
        agent_id = fact.agent_id or to
        self._publish(TalkNoted(fact.at, fact.contact_id, agent_id, "transfer", f"blind:{result}", by))

    def _tidy(self, now: float) -> None:
        """What has no event of its own."""
        late = [key for key, sent_at in self._view.transferred.items() if now - sent_at > REJOIN_WITHIN_S]
        for contact_id in late:
            del self._view.transferred[contact_id]
            self._feed(TalkEnded(contact_id), now)
        self._believe_sessions(now)
        if self._read_once and self._pbx.connected():
            self._returning.sweep(now)
        if self._restore is not None and self._returning.everybody_back(now):
            restore, self._restore = self._restore, None
            for event in restore:
                self._feed(event, now)
            self.settled.set()

    # -- the PBX read anew --------------------------------------------------------------------------------------------

    def _adopt(self, seen: PbxSnapshot, now: float) -> None:
        """First callers and talks, then, when those who waited are back in order, the agents may be offered calls."""
        first, self._read_once = not self._read_once, True
        for event in adopt(self._view, seen, now):
            self._feed(event, now)
        self._returning.sweep(now)
        if first:
            self._restore = presences(self._view, seen, self._rules.presence_reasons)
            self._returning.expect_all(now)
        else:
            for agent in list(self._state.agents.values()):  # the engine's word counts: the queues may have missed it
                presence, reason = agent.presence, agent.reason
                if presence in (Presence.NOT_RESPONDING, Presence.ERROR):
                    presence, reason = Presence.AWAY, presence.value
                self._mirror(agent.id, presence, reason)
        _log.info(
            "pbx.read",
            first=first,
            channels=len(seen.channels),
            waiting_in_queues=len(self._view.queue_callers),
            talks=sum(leg.answered for leg in self._view.legs.by_uniqueid.values()),
        )
