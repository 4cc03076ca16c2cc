"""The dispatcher, as every other thread sees it: sessions, agents' codes, the AMI reader, metrics, the wallboards.

Each method puts a task into the inbox of the one thread that may change the ACD, or asks it and waits a bounded time.
What is done there is `acd.writer`'s. Here are its life and what waiting callers' sessions ask; what agents ask, what
becomes of talks, and call-backs have doors of their own in `acd.doors`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from acd.ami.names import at, node_of
from acd.ami.packets import Packet
from acd.core.events.contacts import ContactDeparted, ContactHungUp, ContactOffered, Departure
from acd.core.facts import Fact
from acd.core.memory import Memory
from acd.core.model import Limits
from acd.core.seoul import DAY_S
from acd.core.snapshot import Snapshot, estimated_arrival_s, estimated_wait_s, has_room, position, snapshot
from acd.doors.agents import AgentsDoor
from acd.doors.callbacks import CallbackDoor
from acd.doors.handovers import HandoverDoor
from acd.doors.talks import TalkDoor
from acd.inbox import Inbox
from acd.pbx import Pbx
from acd.port import Assignment, Booking, GoToSafetyNet
from acd.reconcile import PbxSnapshot
from acd.writer import Writer
from dialplan.language import Language
from dialplan.ruleset import Ruleset

OUT_OF_SIGHT_S = 2.0
TO_SAFETY_NET_S = 30.0


class Dispatcher(AgentsDoor, TalkDoor, HandoverDoor, CallbackDoor):
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
        nodes: Sequence[str] = ("",),
        last_agent: Callable[[str | None, float], str | None] = lambda _, __: None,
        closed_until: Callable[[float], float | None] = lambda _: None,
    ) -> None:
        """`publish` gets every fact, `room` says how many more calls may come in, `clock` is epoch seconds.

        `nodes`: the names of the Asterisks, where there are several.
        `closed_until(now)`: when the centre opens, None while it is open; both on that clock.
        """
        self._pbx = pbx
        self._several = len(nodes) > 1
        self._agent_of_last_time = last_agent  # (caller's hash, not before) -> agent
        self.settled = threading.Event()  # set once the PBX has been read and its waiting callers are back
        writer = Writer(
            rules,
            pbx,
            publish=publish,
            now=clock(),
            room=room,
            count_failure=count_failure,
            settled=self.settled.set,
            limits=limits,
            nodes=nodes,
            closed_until=closed_until,
        )
        super().__init__(
            writer, Inbox(writer, clock, heartbeat=heartbeat, observe=observe_dispatch, count_failure=count_failure)
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

    def begin_reread(self, node: str = "") -> None:
        """To be called before a PBX is read: from now on, what events touch is newer than what is read."""
        self._inbox.put(lambda _: self._writer.view.begin_reread(node))

    def reread(self, seen: PbxSnapshot) -> None:
        """What the PBX said of itself."""
        self._inbox.put(lambda now: self._writer.adopt_reading(seen, now))

    def pbx_not_there(self, node: str) -> None:
        """Nobody could be connected to: at the engine's start it is not waited for."""
        self._inbox.put(lambda _: self._writer.beginning.not_there(node))

    def pbx_died(self, node: str) -> Sequence[str]:
        """Nothing of it is left. Contacts whose callers waited there, in their order; nobody is rung for them now."""
        return self._inbox.ask(lambda now: self._writer.lost.waiting(node, now), [])

    def pbx_gone(self, node: str, booked: Mapping[str, Booking]) -> None:
        """What became of those contacts is known: they are called back, or over, and so is all else that was there."""
        self._inbox.put(lambda now: self._writer.lost.gone(node, booked, now))

    def dialled_as(self, endpoint: str, uniqueid: str) -> str:
        """How the node that has this channel rings `PJSIP/1001`, which may be registered at another one."""
        view = self._writer.view
        return view.phones.dial(endpoint, node_of(uniqueid)) if self._several else endpoint

    def handle(self, uniqueid: str, channel: str) -> str:
        """The name by which the ACD knows this channel: with its node, where there are several."""
        return at(node_of(uniqueid), channel) if self._several else channel

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
        since = now - queue.sticky.days * DAY_S
        return replace(offer, sticky_agent=self._agent_of_last_time(offer.caller, since))

    def returned(self, contact_id: str) -> float:
        """A caller has come back out of the PBX's queue; by how many seconds their place's clock was ahead."""
        self._inbox.put(lambda _: self._writer.returning.returned(contact_id))
        return self._writer.returning.clock_back_s(contact_id)

    def take(self, contact_id: str, reservation_id: int | None = None) -> Assignment | GoToSafetyNet | None:
        """The assignment that waits for this contact, once."""
        assignment = self._writer.board.take(contact_id, reservation_id)
        if assignment is not None:
            self._inbox.put(lambda now: self._writer.taken(assignment, now))
            return assignment
        if self._writer.board.taken_to_net(contact_id):
            return GoToSafetyNet()
        if self._pbx.silence_s(self._writer.view.node_of_caller(contact_id)) >= TO_SAFETY_NET_S:
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

    def pbx_in_sight(self, contact_id: str) -> bool:
        """Whether AMI has been heard within two seconds."""
        return self._pbx.silence_s(self._writer.view.node_of_caller(contact_id)) < OUT_OF_SIGHT_S

    def calls(self) -> int:
        """Contacts whose callers are on the line; one in wrap-up takes none."""
        return len(self._writer.on_line)
