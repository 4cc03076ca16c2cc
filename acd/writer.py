"""The single writer of all ACD state: takes what happened, steps the pure core, and carries out what it wants done.

Runs in the dispatcher's thread only (acd/inbox.py); other threads come through `acd.dispatcher`. It waits for nobody:
the PBX's hands (`acd.pbx.Pbx`) and the facts' subscribers return at once. A bug in a step costs that event, is
logged with it and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from acd.ami.packets import Packet
from acd.ami.translate import translate
from acd.ami.view import View
from acd.assignments import AssignmentBoard
from acd.beginning import Beginning
from acd.blindtransfers import BlindTransfers
from acd.core.commands import Assign, Command, HandOver, Mirror, Note, Notice, Tell, Unassign
from acd.core.events.callbacks import HoursChanged
from acd.core.events.contacts import Channel
from acd.core.events.event import Event, TimePassed
from acd.core.events.legs import LegDialled, TalkEnded
from acd.core.events.rules import RulesChanged
from acd.core.facts import ContactMoved, Fact, ReservationEnded
from acd.core.matching import pair_waits
from acd.core.model import Limits
from acd.core.states import FINAL_CONTACT_STATES, ContactState, IllegalTransition, Presence
from acd.core.step import new_state, next_deadline, step
from acd.deadphones import DeadPhones
from acd.dialling import Dialling, is_reserved
from acd.handovers import Handovers
from acd.lostpbx import LostPbx
from acd.notices import TEXTS
from acd.pbx import Membership, Pbx
from acd.port import Assignment
from acd.reconcile import PbxSnapshot, adopt
from acd.remembering import Remembering
from acd.returning import Returning, guess_attributes
from dialplan.ruleset import Ruleset

REJOIN_WITHIN_S = 3.0
HOURS_EVERY_S = 1.0
DOUBT_S = 1.2  # a silent line is pinged after 0.7 s, and answers within a millisecond

_log = structlog.get_logger(__name__)


class Writer:
    """The state, and everything that has to follow it. No locks: see this file's first lines."""

    def __init__(
        self,
        rules: Ruleset,
        pbx: Pbx,
        *,
        publish: Callable[[Fact], None],
        now: float,
        room: Callable[[], int],
        count_failure: Callable[[str], None],
        settled: Callable[[], None],
        limits: Limits | None,
        nodes: Sequence[str] = ("",),
        closed_until: Callable[[float], float | None] = lambda _: None,
    ) -> None:
        """See `acd.dispatcher.Dispatcher`. `settled` is called when the PBX was read and its callers are back."""
        self.rules = rules
        self.publish = publish
        self._pbx = pbx
        self._count_failure = count_failure
        self._settled = settled
        self._closed_until = closed_until
        self._hours_read_at = 0.0
        self.board = AssignmentBoard()
        self.state = new_state(rules.agents, rules.queues, now=now, limits=limits, callback=rules.callback)
        self.view = View(lambda variables, queue: guess_attributes(self.rules, variables, queue))
        self.view.agents = frozenset(rules.agents)
        self.returning = Returning(self.view, pbx, room)
        self.remembering = Remembering(self.view)
        self._dead_phones = DeadPhones(self.view, pbx)
        self.dialling = Dialling()
        self.blind = BlindTransfers()
        self.handovers = Handovers(self.view, pbx, publish)
        self.alive: set[str] = set()  # contacts that are not over
        self.on_line: set[str] = set()  # of these, whose caller is
        self.last_agent: dict[str, str] = {}
        self._several = len(nodes) > 1
        self.beginning = Beginning(self.view, nodes)
        self.lost = LostPbx(self.view, lambda: self.state, self.feed)
        self._unmatched_since: float | None = None

    # -- acd.inbox.Work -----------------------------------------------------------------------------------------------

    def packet(self, packet: Packet, now: float) -> None:
        """One event of the PBX."""
        for event in translate(self.view, packet, now):
            self.feed(event, now)
        while self.view.to_hang_up:
            self._pbx.hang_up(self.view.to_hang_up.pop().name)
        self.handovers.follow(now)
        while self.view.replaced:
            agent_id, node, uri = self.view.replaced.pop()
            now_at = self.view.phones.uri[agent_id]
            _log.warning("agent.registered_elsewhere", agent=agent_id, before=uri, now=now_at)
            self._pbx.tell(agent_id, TEXTS[Notice.REGISTERED_ELSEWHERE], node, uri)
        if packet.name == "QueueCallerJoin":
            self.returning.sweep(now)

    def on_time(self, now: float) -> None:
        """The core's deadline, and wake-up keys that are to be said again."""
        deadline = next_deadline(self.state)
        if deadline is not None and deadline <= now:
            self._believe_sessions(now)
            self.feed(TimePassed(), now)
        for channel in self.board.due_wakes(now):
            self._pbx.wake(channel)

    def next_due(self) -> float | None:
        """The earlier of the two."""
        times = [at for at in (self.board.next_wake_at(), next_deadline(self.state)) if at is not None]
        return min(times, default=None)

    def unmatched_s(self, now: float) -> float:
        """For how many seconds an idle agent and a contact that they could take have been left alone; 0: never mind."""
        return 0.0 if self._unmatched_since is None else now - self._unmatched_since

    def beat(self, now: float) -> None:
        """What has no event of its own."""
        if not pair_waits(self.state):
            self._unmatched_since = None
        elif self._unmatched_since is None:
            self._unmatched_since = now
        late = [key for key, sent_at in self.view.transferred.items() if now - sent_at > REJOIN_WITHIN_S]
        for contact_id in late:
            del self.view.transferred[contact_id]
            self.feed(TalkEnded(contact_id), now)
        if now - self._hours_read_at >= HOURS_EVERY_S:
            self.read_hours(now)
        self._believe_sessions(now)
        for agent_id in self._dead_phones.alive(now):
            self.view.said.pop(agent_id, None)
            for event in self.view.devices((agent_id,)):
                self.feed(event, now)
        self.returning.sweep(now)
        if not self.beginning.over and self.beginning.complete(now) and self.returning.everybody_back(now):
            self._begun(now)

    def read_hours(self, now: float) -> None:
        """Tell the core whether citizens may be called; opening hours bind call-backs too."""
        self._hours_read_at = now
        until = self._closed_until(now)
        if until != self.state.closed_until:
            self.feed(HoursChanged(until), now)

    # -- the core's step ----------------------------------------------------------------------------------------------

    def feed(self, event: Event, now: float) -> None:
        """One step of the core, and what it wants done."""
        try:
            commands = step(self.state, event, now)
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
                self.board.void(fact.contact_id, fact.reservation_id)
                self._dead_phones.told(fact)
            self.publish(fact)

    def _carry_out(self, command: Command, now: float) -> None:
        match command:
            case Assign():
                self._assign(command, now)
            case Unassign(contact_id, agent_id, reservation_id):
                self._unassign(contact_id, reservation_id)
            case HandOver(contact_id):
                _log.error("dispatcher.session_lost", contact_id=contact_id)
                self.board.send_to_net(contact_id, now)
            case Mirror(agent_id, presence, reason):
                self._mirror(agent_id, presence, reason)
            case Tell(agent_id, notice):
                told = self._pbx.tell(agent_id, TEXTS[notice], self.view.phones.home.get(agent_id, ""))
                _log.warning("agent.told", agent=agent_id, notice=notice.value, sent=told)

    def _assign(self, command: Assign, now: float) -> None:
        channel = self.view.caller_channel.get(command.contact_id, "")
        assignment = Assignment(
            command.contact_id,
            command.agent_id,
            f"PJSIP/{command.agent_id}",
            command.reservation_id,
            command.ring_timeout_s,
        )
        if command.call_back:
            self.board.post(assignment, "", now)
            node = self.view.phones.home.get(command.agent_id, "")
            self._pbx.call_back(command.contact_id, command.reservation_id, node)
            return
        self.board.post(assignment, channel, now)
        if channel:
            self._pbx.wake(channel)

    def _unassign(self, contact_id: str, reservation_id: int) -> None:
        self.dialling.over(reservation_id)
        self.board.void(contact_id, reservation_id)
        for leg in self.view.legs.void(contact_id, reservation_id):
            self._pbx.hang_up(leg.name)
        for name in self.view.callouts.of_reservation(contact_id, reservation_id):
            self._pbx.hang_up(name)  # with it go the agent's leg, answered or not, and the citizen's

    def _mirror(self, agent_id: str, presence: Presence, reason: str | None) -> None:
        agent = self.state.agents.get(agent_id)
        name = agent.rule.name if agent is not None else agent_id
        languages = agent.rule.languages if agent is not None else frozenset()
        self._pbx.mirror(Membership(agent_id, name, f"PJSIP/{agent_id}", languages, presence, reason))

    def _moved(self, fact: ContactMoved) -> None:
        """Keep what sessions ask for in step with the core."""
        if (transfer := self.blind.outcome(fact)) is not None:
            self.publish(transfer)
        if fact.new is ContactState.CONNECTED:
            self.alive.add(fact.contact_id)
            self.on_line.add(fact.contact_id)
            if fact.agent_id in self.state.agents:  # an official is nobody's agent
                assert fact.agent_id is not None
                self.last_agent[fact.contact_id] = fact.agent_id
        elif fact.new is ContactState.WRAPUP:
            self.on_line.discard(fact.contact_id)
        elif fact.new is ContactState.QUEUED and fact.channel != Channel.CALLBACK.value:
            self.on_line.add(fact.contact_id)
        elif fact.new in FINAL_CONTACT_STATES:
            self.alive.discard(fact.contact_id)
            self.on_line.discard(fact.contact_id)
            self.last_agent.pop(fact.contact_id, None)
            self.dialling.forget_contact(fact.contact_id)
            self.view.forget_contact(fact.contact_id)

    # -- what the sessions and the agents do ---------------------------------------------------------------------------

    def taken(self, assignment: Assignment, now: float) -> None:
        """The session dials now."""
        contact_id, agent_id, reservation_id = assignment.contact_id, assignment.agent_id, assignment.reservation_id
        self.view.legs.expect(contact_id, agent_id, reservation_id)
        contact = self.state.contacts.get(contact_id)
        if contact is None or not is_reserved(contact, reservation_id):
            for leg in self.view.legs.void(contact_id, reservation_id):  # void between the take and this
                self._pbx.hang_up(leg.name)
            return
        self.dialling.begins(assignment, now)
        self.feed(LegDialled(contact_id, agent_id, reservation_id), now)
        self._believe_sessions(now)

    def _believe_sessions(self, now: float) -> None:
        """See `acd.dialling`.

        A line that lives is never silent for as long as this, because it is pinged; so a phone that is really dead is
        still found within its 1.5 s.
        """
        if self.dialling:
            for event in self.dialling.believed(self.state, now, self._out_of_sight):
                self.feed(event, now)

    def _out_of_sight(self, contact_id: str) -> bool:
        node = self.view.node_of_caller(contact_id)
        return not (self._pbx.connected(node) and self._pbx.silence_s(node) < DOUBT_S)

    # -- the rules and the PBX read anew ------------------------------------------------------------------------------

    def change_rules(self, rules: Ruleset, now: float) -> None:
        """New rules, checked already."""
        self.rules = rules
        self.view.agents = frozenset(rules.agents)
        self.feed(RulesChanged(rules.agents, rules.queues, rules.moved_to, rules.callback), now)
        self.read_hours(now)
        self.view.forget_devices()
        for event in self.view.devices(self.view.agents):
            self.feed(event, now)

    def adopt_reading(self, seen: PbxSnapshot, now: float) -> None:
        """First callers and talks, then, when those who waited are back in order, the agents may be offered calls."""
        first = self.beginning.read(seen, now)
        for event in adopt(self.view, seen, now):
            self.feed(self.remembering.told(event) if first else event, now)
        while self.view.to_end:
            self._pbx.hang_up(self.view.to_end.pop())
        if first:
            self.returning.carry_over(now)
        self.returning.sweep(now)
        if not self.beginning.over:
            self.returning.expect_all(now)
        else:
            self._left_over(now)
            self._mirror_all()
        self._ask_phones()
        _log.info(
            "pbx.read",
            first=first,
            node=seen.node or None,
            channels=len(seen.channels),
            waiting_in_queues=len(self.view.queue_callers),
            talks=sum(leg.answered for leg in self.view.legs.by_uniqueid.values()),
        )

    def _begun(self, now: float) -> None:
        """Everybody is back: what is remembered of the others counts, and the agents are offered calls."""
        self.beginning.over = True
        restored = self.beginning.presences(self.rules.presence_reasons)
        self._left_over(now)
        for event in restored:
            self.feed(event, now)
        if self._several:
            self._mirror_all()  # their queues may not agree
        self._settled()

    def _left_over(self, now: float) -> None:
        for event in self.remembering.left_over(self.state, self.beginning.unknown):
            self.feed(event, now)

    def _mirror_all(self) -> None:
        """The engine's word counts: the queues may have missed it."""
        for agent in list(self.state.agents.values()):
            presence, reason = agent.presence, agent.reason
            if presence in (Presence.NOT_RESPONDING, Presence.ERROR):
                presence, reason = Presence.AWAY, presence.value
            self._mirror(agent.id, presence, reason)

    def _ask_phones(self) -> None:
        """A PBX that has just begun knows registrations, and asks those phones some time in its first ten seconds.

        Until it has, it calls them unreachable; agents on duty are asked for at once.
        """
        on_duty = {agent.id for agent in self.state.agents.values() if agent.presence is not Presence.OFFLINE}
        if not self.beginning.over:
            restored = self.beginning.presences(self.rules.presence_reasons)
            on_duty |= {one.agent_id for one in restored if one.presence is not Presence.OFFLINE}
        for agent_id in sorted(on_duty):
            if self.view.phones.reachable.get(agent_id) is False:
                self._pbx.qualify(agent_id, self.view.phones.home.get(agent_id, ""))
