"""Agents' own words: presence, and the end of a wrap-up. Part of `acd.dispatcher`."""

from __future__ import annotations

import time

from acd.core.events.agents import PresenceAsked, WrapupEndAsked, WrapupExtendAsked
from acd.core.states import Presence, Work
from acd.doors.door import Door
from acd.port import Answer

OWN_CALL_LOOKS, OWN_CALL_LOOK_S = 3, 0.01


class AgentsDoor(Door):
    """For feature codes and desks."""

    def ask_presence(self, agent_id: str, presence: Presence, reason: str | None = None) -> Answer:
        """An agent's own word."""
        if presence is Presence.AVAILABLE:
            self._let_own_call_be_seen(agent_id)

        def ask(now: float) -> Answer:
            if agent_id not in self._writer.state.agents:
                return Answer.NOT_APPLICABLE
            self._writer.beginning.spoke(agent_id)
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

    def _let_own_call_be_seen(self, agent_id: str) -> None:
        """A code is dialled in a call of the agent's own, and its session may be quicker than that call's event.

        Whom the code makes free would be rung in the middle of it. So the session, not the dispatcher, waits a little.
        """
        for _ in range(OWN_CALL_LOOKS):
            if self._inbox.ask(lambda _: self._writer.view.has_channel(agent_id), True):
                return
            time.sleep(OWN_CALL_LOOK_S)
