"""The legs towards agents' phones: which reservation each belongs to, and how each ended, reported once.

Two witnesses see a leg: the PBX's events and the session's `Dial` that returns. Whichever comes first is believed,
the other is no news; a leg whose reservation is over in the core is void, and its end is nobody's news.
Deterministic and without I/O.
"""

from __future__ import annotations

from dataclasses import dataclass

from acd.ami.recent import Recent
from acd.core.events.event import Event
from acd.core.events.legs import LegAnswered, LegFailed, LegResult, TalkEnded
from acd.port import Talk

_BUSY_CAUSES, _DECLINED_CAUSES = frozenset({"17"}), frozenset({"21"})  # Q.850: user busy, call rejected
MAX_REMEMBERED_ENDS = 20_000


@dataclass(slots=True)
class Leg:
    """An agent's channel that rings for, or talks with, a contact."""

    contact_id: str
    agent_id: str
    uniqueid: str
    name: str
    began_at: float
    reservation_id: int | None  # None: not of this engine's making
    of_queue: bool = False  # the fallback queue rings
    rang: bool = False
    answered: bool = False
    void: bool = False
    cause: str = ""


class Legs:
    """All legs that there are now, by the Uniqueid of the agent's channel."""

    def __init__(self) -> None:
        self.by_uniqueid: dict[str, Leg] = {}
        self._expected: dict[str, tuple[str, int]] = {}  # contact -> (agent, reservation): its session dials now
        self._void: set[int | None] = set()
        self._ended: Recent[int] = Recent(MAX_REMEMBERED_ENDS)
        self._own_hangup_at: dict[str, float] = {}

    def expect(self, contact_id: str, agent_id: str, reservation_id: int) -> None:
        """A session has taken this assignment and dials."""
        self._expected[contact_id] = (agent_id, reservation_id)

    def expected(self, contact_id: str, agent_id: str) -> int | None:
        """The reservation that a leg of this pair belongs to, if their session dials now."""
        agent, reservation_id = self._expected.get(contact_id, ("", -1))
        return reservation_id if agent == agent_id else None

    def dials(self, contact_id: str) -> bool:
        """Whether a session of this engine dials for the contact now."""
        return contact_id in self._expected

    def of_reservation(self, reservation_id: int) -> Leg | None:
        """The leg of this reservation, once it was seen."""
        return next((leg for leg in self.by_uniqueid.values() if leg.reservation_id == reservation_id), None)

    def forget_contact(self, contact_id: str) -> None:
        """The contact is over; legs of it that still live end as they do."""
        _, reservation_id = self._expected.pop(contact_id, ("", -1))
        self._void.discard(reservation_id)

    def begin(self, contact_id: str, agent_id: str, uniqueid: str, name: str, now: float) -> Leg:
        """A session's Dial has made a leg. It is void when its reservation is over already."""
        leg = Leg(contact_id, agent_id, uniqueid, name, now, self.expected(contact_id, agent_id))
        leg.void = leg.reservation_id in self._void or leg.reservation_id in self._ended
        self.by_uniqueid[uniqueid] = leg
        return leg

    def void(self, contact_id: str, reservation_id: int) -> list[Leg]:
        """The reservation is over in the core. Returns the legs of it that are not answered, to be hung up."""
        if self._expected.get(contact_id, ("", -1))[1] == reservation_id:
            self._void.add(reservation_id)
        legs = [leg for leg in self.by_uniqueid.values() if leg.reservation_id == reservation_id and not leg.answered]
        for leg in legs:
            leg.void = True
        return legs

    def end(self, leg: Leg) -> None:
        """The leg is over, and that has been told."""
        self.by_uniqueid.pop(leg.uniqueid, None)
        if leg.reservation_id is not None:
            self._ended.add(leg.reservation_id)

    def talking(self, contact_id: str) -> bool:
        """Whether an agent's leg of this contact is answered and not over."""
        return any(leg.answered for leg in self.by_uniqueid.values() if leg.contact_id == contact_id)

    def talk_of(self, agent_id: str) -> Talk | None:
        """The talk that this agent is in."""
        leg = self.talk_leg(agent_id)
        return None if leg is None else Talk(leg.contact_id, leg.name)

    def talk_leg(self, agent_id: str) -> Leg | None:
        """The leg of the talk that this agent is in."""
        return next((leg for leg in self.by_uniqueid.values() if leg.agent_id == agent_id and leg.answered), None)

    def unanswered(self, contact_id: str) -> list[Leg]:
        """The legs that ring for this contact."""
        return [leg for leg in self.by_uniqueid.values() if leg.contact_id == contact_id and not leg.answered]

    def agent_hung_up(self, agent_id: str, now: float) -> None:
        """The agent ended a talk by their own hand."""
        self._own_hangup_at[agent_id] = now

    def dial_returned(
        self, contact_id: str, agent_id: str, reservation_id: int, status: str, now: float
    ) -> list[Event]:
        """The session's word that its Dial is over: news only where no event has said so."""
        if self._expected.get(contact_id, ("", -1))[1] == reservation_id:
            del self._expected[contact_id]
        void = reservation_id in self._void
        self._void.discard(reservation_id)
        if reservation_id in self._ended:
            return []
        leg = self.of_reservation(reservation_id)
        self._ended.add(reservation_id)
        answered = status == "ANSWER"
        if leg is not None:
            del self.by_uniqueid[leg.uniqueid]
            void, answered = void or leg.void, leg.answered
        if void or (status == "CANCEL" and not answered):
            return []
        if answered and leg is not None:
            return [TalkEnded(contact_id)]
        if answered:  # the talk came and went out of the PBX's sight
            return [LegAnswered(contact_id, agent_id), TalkEnded(contact_id)]
        return [self.failure(leg or Leg(contact_id, agent_id, "", "", now, reservation_id), status, now)]

    def failure(self, leg: Leg, status: str, now: float) -> LegFailed:
        """Why a leg ended without a talk: by Dial's word, and the cause of its hang-up (a 603 is NOANSWER to Dial)."""
        own = self._own_hangup_at.get(leg.agent_id)
        if status == "CHANUNAVAIL":
            result = LegResult.UNREACHABLE
        elif status == "BUSY" or leg.cause in _BUSY_CAUSES:
            result = LegResult.BUSY
        elif leg.cause in _DECLINED_CAUSES:
            result = LegResult.DECLINED
        elif not leg.rang:
            result = LegResult.UNREACHABLE
        else:
            result = LegResult.DECLINED if status == "CONGESTION" else LegResult.NO_ANSWER
        own_hangup_s = now - own if own is not None else None
        return LegFailed(leg.contact_id, leg.agent_id, result, own_hangup_s, leg.reservation_id)
