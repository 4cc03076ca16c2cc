"""Citizens who are handed on: consultations, transfers, and what goes along with them. Part of `acd.dispatcher`."""

from __future__ import annotations

from acd.core.events.contacts import HandOnAsked, HandoverNoted, SentOut
from acd.core.handover import Handover
from acd.doors.door import Door
from acd.port import Answer, Assignment, Consultation


class HandoverDoor(Door):
    """Whom a citizen may be handed to is judged before (dialplan/directory.py)."""

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
