"""The one way in which the ACD changes: an event comes in, commands go out. Pure: `now` is an argument.

A step deals with its event, then with the deadlines that are due (the event first: it tells what has happened
already), then matches everybody whom either of them freed. So after every step no eligible pair is unmatched and
nothing is overdue. `now` is epoch seconds and must not jump: take it from a monotonic clock with a fixed offset. A
`now` before the last one counts as the last one.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

from acd.core import (
    agent_events,
    callback_events,
    contact_events,
    lanes,
    leg_events,
    matching,
    memory_events,
    moves,
    reservations,
    rules_events,
    talks,
)
from acd.core.events import agents, callbacks, contacts, found, legs, rules
from acd.core.events.event import TimePassed
from acd.core.events.legs import LegResult
from acd.core.model import DEFAULT_CALLBACK, Agent, Contact, Limits, State
from acd.core.timers import Timer, TimerKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from acd.core.commands import Command
    from acd.core.events.event import Event
    from dialplan.agentrules import AgentRule
    from dialplan.queuerules import CallbackRule, Queue


def new_state(
    agents: Mapping[str, AgentRule],
    queues: Mapping[str, Queue],
    now: float,
    limits: Limits | None = None,
    callback: CallbackRule | None = None,
) -> State:
    """An ACD in which every agent is OFFLINE since `now` and nobody waits."""
    state = State(limits or Limits(), dict(queues), now, callback=callback or DEFAULT_CALLBACK)
    for agent_id, rule in agents.items():
        state.agents[agent_id] = Agent(agent_id, rule, now)
    lanes.forget(state)
    return state


def step(state: State, event: Event, now: float) -> list[Command]:
    """Change `state` by one event at `now` and return what is to be done, in order."""
    state.now = max(state.now, now)
    out: list[Command] = []
    handler = _HANDLERS.get(type(event))
    if handler is not None:
        handler(state, event, out)
    while (key := state.timers.pop_due(state.now)) is not None:
        _deadline(state, key, out)
    if state.freed or state.unplaced or state.relisted:
        _match(state, out)
    return out


def next_deadline(state: State) -> float | None:
    """When `step` must be called at the latest (TimePassed), in epoch seconds; None: not before the next event."""
    return state.timers.next_at()


def _match(state: State, out: list[Command]) -> None:
    """Match whom this step freed: contacts in their order, each with the agent that its strategy names."""
    freed, unplaced, relisted = state.freed, state.unplaced, state.relisted
    state.freed, state.unplaced, state.relisted = [], [], []
    if relisted or len(freed) + len(unplaced) > 1:
        _match_several(state, freed, unplaced, relisted, out)
    elif freed:  # from here on nearly always: one agent, or one contact
        _match_agent(state, freed[0], out)
    else:
        _match_contact(state, *unplaced[0], out)


def _match_agent(state: State, agent: Agent, out: list[Command]) -> None:
    if agent.idle_stamp or not agent.offerable():
        return
    if _opens_a_reserve(agent):
        _match_many(state, [agent], {}, out)
    else:
        _take(state, agent, out)
    if state.queued and agent.idle_stamp:
        reservations.refuse_agent(state, agent, out)


def _take(state: State, agent: Agent, out: list[Command]) -> None:
    choice = matching.choose_contact(state, agent)
    if choice is None:
        lanes.list_idle(state, agent)
    else:
        reservations.reserve(state, choice, "freed", out)


def _match_contact(state: State, contact: Contact, trigger: str, out: list[Command]) -> None:
    if contact.lane is None:
        return
    choice = matching.choose_agent(state, contact)
    if choice is not None:
        reservations.reserve(state, choice, trigger, out)
    else:
        reservations.refuse(state, contact, trigger, out)


def _match_several(
    state: State,
    freed: list[Agent],
    unplaced: list[tuple[Contact, str]],
    relisted: list[Agent],
    out: list[Command],
) -> None:
    placed = {contact: trigger for contact, trigger in unplaced if contact.lane is not None}  # each once
    freed = [agent for agent in dict.fromkeys(freed) if agent.offerable() and not agent.idle_stamp]
    if relisted:
        freed = [agent for agent in freed if agent not in relisted]
    if relisted or len(freed) > 1 or (freed and _opens_a_reserve(freed[0])):
        _match_many(state, [*freed, *relisted], placed, out)
    elif any(map(matching.somebody_idle, placed)):
        _match_many(state, freed, placed, out)
    else:  # nobody else gains by this step
        for agent in freed:
            _take(state, agent, out)
    _tell_refusals(state, placed, freed, out)


def _opens_a_reserve(agent: Agent) -> bool:
    """Whether with this agent idle the group has more than it reserves, so that the others may take more contacts."""
    return agent.group is not None and len(agent.group.idle) in agent.group.reserves


def _match_many(state: State, freed: list[Agent], placed: dict[Contact, str], out: list[Command]) -> None:
    """Several at once.

    A contact that can be matched now is an unplaced one or the best of an agent whom this step freed (or whose group
    now has more idle agents than it reserves). Taken in their order, and each agent's own choice respected, nobody
    overtakes one who waited longer in the same class and rank.
    """
    listed = sorted(freed, key=lanes.by_idle)
    seekers = set(listed) | _list_all(state, listed)
    todo: list[_Todo] = [(*contact.order, 0, trigger, "", contact) for contact, trigger in placed.items()]
    todo += [entry for agent in seekers if (entry := _best_of(agent)) is not None]
    heapify(todo)
    while todo:
        entry = heappop(todo)
        trigger, agent_id, contact = entry[4], entry[5], entry[6]
        choice = matching.choose_agent(state, contact)
        if choice is not None:
            own, _ = matching.best_contact(choice.agent)
            outranked = own is not None and own[3] is not contact  # by another one, in the agent's profile
            if outranked or trigger == "freed":
                choice, trigger = matching.choose_contact(state, choice.agent) or choice, "freed"
            reservations.reserve(state, choice, trigger, out)
            if outranked:
                heappush(todo, entry)
                continue
        if agent_id and state.agents[agent_id].idle_stamp:
            following = _best_of(state.agents[agent_id])
            if following is not None and following[6] is not contact:
                heappush(todo, following)


def _tell_refusals(state: State, placed: dict[Contact, str], freed: list[Agent], out: list[Command]) -> None:
    for contact, trigger in placed.items():
        if contact.lane is not None:
            reservations.refuse(state, contact, trigger, out)
    if state.queued:
        for agent in freed:
            if agent.idle_stamp:
                reservations.refuse_agent(state, agent, out)


def _list_all(state: State, freed: list[Agent]) -> set[Agent]:
    """List the freed as idle. Who else may now take a contact, because their group reserves fewer than are idle."""
    before = {agent.group.name: len(agent.group.idle) for agent in freed if agent.group is not None}
    for agent in freed:
        lanes.list_idle(state, agent)
    more: set[Agent] = set()
    for name, idle in before.items():
        group = state.groups[name]
        if any(idle <= reserve < len(group.idle) for reserve in group.reserves):
            more.update(group.idle.values())
    return more


_Todo = tuple[int, float, str, int, str, str, Contact]


def _best_of(agent: Agent) -> _Todo | None:
    best, _ = matching.best_contact(agent)
    return None if best is None else (*best[:3], 1, "freed", agent.id, best[3])


def _deadline(state: State, key: TimerKey, out: list[Command]) -> None:
    kind, one, other = key
    match kind:
        case Timer.RESERVATION:
            _reservation_due(state, one, out)
        case Timer.WRAPUP:
            talks.end_wrapup(state, state.agents[one], out)
        case Timer.GRACE:
            agent_events.grace_ended(state, one, out)
        case Timer.STAGE:
            contact = state.contacts[one]
            contact.staged = False
            lanes.go_on(state, contact)
        case Timer.CALLBACK:
            callback_events.due(state, state.contacts[one], out)
        case Timer.EXCLUSION:
            contact = state.contacts[one]
            contact.excluded.discard(other)
            moves.lift_exclusion(state, one, other)
            state.unplaced.append((contact, "exclusion_ended"))


def _reservation_due(state: State, agent_id: str, out: list[Command]) -> None:
    """What a reservation waited for did not happen in time; what that was tells how it ends."""
    reservation = state.agents[agent_id].reservation
    if reservation is None:
        return
    if reservation.of_queue:
        reservations.queue_gave_up(state, reservation, out)
    elif reservation.retry_due:
        reservations.retry(state, reservation, out)
    elif reservation.agent_there:
        callback_events.call_out_over(state, reservation, out, cut=True)
    elif reservation.rang_at is not None:
        reservations.abort(state, reservation, LegResult.NO_ANSWER, out)
    elif reservation.dialled:
        reservations.abort(state, reservation, LegResult.UNREACHABLE, out)
    else:
        reservations.not_taken(state, reservation, out)


def _time_passed(state: State, event: TimePassed, out: list[Command]) -> None:
    del state, event, out


_HANDLERS: dict[type, Callable[[State, Any, list[Command]], None]] = {
    contacts.ContactOffered: contact_events.contact_offered,
    contacts.ContactHungUp: contact_events.contact_hung_up,
    contacts.ContactDeparted: contact_events.contact_departed,
    contacts.FellIntoNet: contact_events.fell_into_net,
    legs.LegDialled: leg_events.leg_dialled,
    legs.LegRang: leg_events.leg_rang,
    legs.LegAnswered: leg_events.leg_answered,
    legs.LegFailed: leg_events.leg_failed,
    legs.HoldChanged: leg_events.hold_changed,
    legs.TalkEnded: leg_events.talk_ended,
    found.RingAdopted: leg_events.ring_adopted,
    found.RingEnded: leg_events.ring_ended,
    found.TalkAdopted: leg_events.talk_adopted,
    contacts.SentOut: contact_events.sent_out,
    contacts.HandoverNoted: contact_events.handover_noted,
    contacts.HandOnAsked: contact_events.hand_on_asked,
    agents.PresenceAsked: agent_events.presence_asked,
    found.PresenceRestored: agent_events.presence_restored,
    agents.WrapupEndAsked: agent_events.wrapup_end_asked,
    agents.WrapupExtendAsked: agent_events.wrapup_extend_asked,
    agents.DeviceChanged: agent_events.device_changed,
    callbacks.CallbackBooked: callback_events.callback_booked,
    callbacks.CallbackClosed: callback_events.callback_closed,
    callbacks.CallOutEnded: callback_events.call_out_ended,
    callbacks.CitizenDialled: callback_events.citizen_dialled,
    callbacks.CitizenAnswered: callback_events.citizen_answered,
    callbacks.CitizenFailed: callback_events.citizen_failed,
    callbacks.HoursChanged: callback_events.hours_changed,
    found.WrapupRestored: memory_events.wrapup_restored,
    found.EndedUnseen: memory_events.ended_unseen,
    rules.RulesChanged: rules_events.rules_changed,
    TimePassed: _time_passed,
}
