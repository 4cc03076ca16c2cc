"""Talks: who is in which, on which channel, and what is noted of them. Part of `acd.dispatcher`."""

from __future__ import annotations

from acd.core.facts import SurveyAnswered, TalkNoted
from acd.doors.door import Door
from acd.port import Talk


class TalkDoor(Door):
    """For whoever listens, records, or asks for an opinion."""

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
