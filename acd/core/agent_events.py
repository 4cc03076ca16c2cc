"""What an agent's events do: their own word, their phone, their wrap-up. Late and doubled ones change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.core import lanes, moves, talks
from acd.core.commands import Note
from acd.core.events.agents import DeviceChanged, PresenceAsked, WrapupEndAsked, WrapupExtendAsked
from acd.core.events.found import PresenceRestored
from acd.core.facts import TalkNoted
from acd.core.model import TALKING, Agent, State
from acd.core.states import PRESENCE_TRANSITIONS, Presence, Work

if TYPE_CHECKING:
    from acd.core.moves import Out

ASKABLE = frozenset({Presence.AVAILABLE, Presence.AWAY, Presence.OFFLINE})


def in_call(agent: Agent) -> bool:
    """Whether a presence that is asked for now waits for the end of a call."""
    return agent.work is Work.RESERVED or agent.work in TALKING


def presence_asked(state: State, event: PresenceAsked, out: Out) -> None:
    """The agent's own word: at once, or after the call. In wrap-up, going away ends it."""
    agent = state.agents.get(event.agent_id)
    if agent is None or agent.leaving or event.presence not in ASKABLE:
        return
    reason = event.reason if event.presence is Presence.AWAY else None
    if event.presence is Presence.AVAILABLE and not agent.reachable:
        agent.reachable = True  # the agent is there; a phone that is not shows at the next ring
    if in_call(agent):
        same = event.presence is agent.presence and reason == agent.reason
        agent.asked = None if same else (event.presence, reason)
    elif agent.work is Work.WRAPUP and event.presence is not Presence.AVAILABLE:
        talks.end_wrapup(state, agent, out, presence=event.presence, reason=reason)
    else:
        moves.move_agent(state, agent, out, presence=event.presence, reason=reason)
    moves.watch_phone(state, agent)
    moves.free(state, agent)


def presence_restored(state: State, event: PresenceRestored, out: Out) -> None:
    """What the fallback queues remember, after a restart. Nothing is mirrored back to them."""
    agent = state.agents.get(event.agent_id)
    if agent is None or agent.leaving or event.presence not in ASKABLE:
        return
    presence, reason = event.presence, event.reason if event.presence is Presence.AWAY else None
    if reason == Presence.NOT_RESPONDING.value:
        presence, reason = Presence.NOT_RESPONDING, None
    elif reason == Presence.ERROR.value:
        agent.before_error, agent.reachable, agent.doubt_until = (Presence.AVAILABLE, None), False, 0.0
        presence, reason = Presence.ERROR, None
    if (presence, reason) == (agent.presence, agent.reason) or presence not in PRESENCE_TRANSITIONS[agent.presence]:
        return
    moves.move_agent(state, agent, out, presence=presence, reason=reason, mirrored=False)


def device_changed(state: State, event: DeviceChanged, out: Out) -> None:
    """The phone went or came back; it is in a call of its own, or that call is over."""
    agent = state.agents.get(event.agent_id)
    if agent is None:
        return
    agent.device_busy = event.busy
    if event.reachable:
        _phone_back(state, agent, out)
    elif agent.reachable:
        agent.reachable, agent.doubt_until = False, 0.0
        lanes.unlist(agent)
        lanes.release_kept(state, agent)
    else:
        agent.doubt_until = 0.0  # the PBX itself says so: its next "reachable" is to be believed
    if event.busy and agent.work is Work.IDLE:
        moves.move_agent(state, agent, out, work=Work.OTHER)
    elif not event.busy and agent.work is Work.OTHER:
        moves.move_agent(state, agent, out, work=Work.IDLE)
    moves.watch_phone(state, agent)
    moves.free(state, agent)


def _phone_back(state: State, agent: Agent, out: Out) -> None:
    if not agent.reachable and state.now >= agent.doubt_until:
        agent.reachable = True
    if agent.reachable and agent.presence is Presence.ERROR:
        presence, reason = agent.before_error
        moves.move_agent(state, agent, out, presence=presence, reason=reason)


def grace_ended(state: State, agent_id: str, out: Out) -> None:
    """The phone has been gone for too long: ERROR, whatever the agent is doing."""
    agent = state.agents.get(agent_id)
    if agent is not None and not agent.reachable and agent.presence not in (Presence.OFFLINE, Presence.ERROR):
        agent.before_error = (agent.presence, agent.reason)
        moves.move_agent(state, agent, out, presence=Presence.ERROR)


def wrapup_end_asked(state: State, event: WrapupEndAsked, out: Out) -> None:
    """The agent is done early."""
    agent = state.agents.get(event.agent_id)
    if agent is not None and agent.work is Work.WRAPUP:
        talks.end_wrapup(state, agent, out)


def wrapup_extend_asked(state: State, event: WrapupExtendAsked, out: Out) -> None:
    """The agent needs longer: once a wrap-up."""
    agent = state.agents.get(event.agent_id)
    if agent is None or agent.work is not Work.WRAPUP or agent.wrapup_extend_s <= 0:
        return
    key = moves.wrapup_timer(agent.id)
    ends_at = state.timers.at(key)
    if ends_at is not None:
        state.timers.set(key, ends_at + agent.wrapup_extend_s)
        agent.wrapup_extend_s = 0.0
        contact_id = "" if agent.contact is None else agent.contact.id
        out.append(Note(TalkNoted(state.now, contact_id, agent.id, "wrapup", "extended", agent.id)))
