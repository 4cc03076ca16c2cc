"""The lanes: who waits where, who listens where. The index that matching works on, kept right at every move.

A contact stands in the lane of its queue, of the requirement that its waiting time has brought it to, and of the
delay it has passed; a kept one (지정상담원) stands with its agent instead. An agent listens to every lane whose
requirement they meet and which their routing profile shows them. Changes the index, and no contact's or agent's state.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

from acd.core.idle import idle_order
from acd.core.model import OFF_DUTY, Agent, Contact, Ear, Group, Lane, State
from acd.core.stages import SLACK_S, Ladder, ladder_of
from acd.core.states import Presence
from acd.core.timers import Timer, TimerKey

if TYPE_CHECKING:
    from dialplan.agentrules import Profile
    from dialplan.queuerules import Queue, Requirement


def stage_timer(contact_id: str) -> TimerKey:
    """The key of the deadline at which a waiting contact goes on to its next lane."""
    return (Timer.STAGE, contact_id, "")


def lane_of(state: State, queue: Queue, requirement: Requirement, passed_s: float = 0.0) -> Lane:
    """The lane of a queue's requirement, made on its first use (O(agents), once after each change of rules)."""
    key = (queue.key, queue.strategy, requirement, passed_s)
    lane = state.lanes.get(key)
    if lane is None:
        lane = state.lanes[key] = Lane(queue, requirement, passed_s, idle_order(queue.strategy, requirement))
        _gather(state, lane)
        state.duty_version += 1
    return lane


def _gather(state: State, lane: Lane) -> None:
    """Have everybody listen to a new lane whose requirement they meet and whose profile shows it to them."""
    ears: dict[str, Ear | None] = {}  # by profile
    idle = []
    met_by = lane.requirement.met_by
    for agent in state.agents.values():
        rule = agent.rule
        if agent.leaving or not met_by(rule.languages, rule.skills):
            continue
        profile = rule.profile
        if profile.name not in ears:
            ears[profile.name] = _ear(lane, profile)
        ear = ears[profile.name]
        if ear is None:
            continue
        if ear.reserve and profile.name not in lane.reserving:
            lane.reserving[profile.name] = (_join(state, profile.name, ear.reserve), ear.reserve)
        agent.ears.append(ear)
        lane.agents[agent.id] = agent
        if agent.presence not in OFF_DUTY:
            lane.on_duty.add(agent.id)
        if agent.idle_stamp:
            idle.append(agent)
    for agent in sorted(idle, key=by_idle):
        lane.idle_count += 1
        lane.idle.add(agent, lane.idle_count)


def _ear(lane: Lane, profile: Profile) -> Ear | None:
    row = profile.row(lane.queue.key)
    return None if row is None or row.delay_s > lane.passed_s else Ear(lane, row.rank, row.reserve_idle)


def meets(agent: Agent, requirement: Requirement) -> bool:
    """Whether the agent's languages and skills are enough for such a contact."""
    return not agent.leaving and requirement.met_by(agent.rule.languages, agent.rule.skills)


def _join(state: State, name: str, reserve: int) -> Group:
    group = state.groups.get(name)
    if group is None:
        group = state.groups[name] = Group(name)
        for agent in state.agents.values():
            if agent.rule.profile.name == name and not agent.leaving:
                agent.group = group
                if agent.idle_stamp:
                    group.idle[agent.id] = agent
    group.reserves.add(reserve)
    return group


def forget(state: State) -> None:
    """Drop the whole index: the rules have changed. Nobody waits in it and nobody is listed as idle."""
    for agent in state.agents.values():
        agent.ears, agent.group = [], None
    state.lanes, state.groups, state.ladders = {}, {}, {}
    state.duty_version += 1
    state.delays = {}


def set_duty(state: State, agent: Agent, on_duty: bool) -> None:
    """Tell the lanes that an agent went on or off duty."""
    for lane, _, _ in agent.ears:
        if on_duty:
            lane.on_duty.add(agent.id)
        else:
            lane.on_duty.discard(agent.id)
    state.duty_version += 1


def by_idle(agent: Agent) -> tuple[float, str]:
    """Longest idle first."""
    return (agent.idle_since, agent.id)


def list_idle(state: State, agent: Agent) -> None:
    """List an agent as idle in every lane they listen to. `idle_since` is set before."""
    state.serial += 1
    agent.idle_stamp = state.serial
    if agent.group is not None:
        agent.group.idle[agent.id] = agent
    for lane, _, _ in agent.ears:
        lane.idle_count += 1
        lane.idle.add(agent, lane.idle_count)


def unlist(agent: Agent) -> None:
    """Take an agent out of the idle orders (the entries themselves go when they are met)."""
    if agent.idle_stamp:
        agent.idle_stamp = 0
        if agent.group is not None:
            del agent.group.idle[agent.id]
        for lane, _, _ in agent.ears:
            lane.idle_count -= 1


def enqueue(state: State, contact: Contact) -> None:
    """Put a QUEUED contact where its waiting time says, at its place in the order."""
    ladder = contact.ladder = ladder_of(state, contact)
    _put(state, contact, ladder)


def _put(state: State, contact: Contact, ladder: Ladder) -> None:
    lane = contact.lane = _stand(state, contact, ladder)
    contact.order = (contact.order_class, contact.virtual_time(), contact.id)
    entry = (*contact.order, contact)
    if contact.kept_by is None:
        insort(lane.waiting, entry)
    else:
        insort(contact.kept_by.kept, entry)
        insort(state.kept, entry)
    state.queued += 1


def dequeue(state: State, contact: Contact) -> None:
    """Take a contact out of its lane."""
    lane = contact.lane
    if lane is None:
        return
    waiting = lane.waiting
    if contact.kept_by is not None:
        waiting = contact.kept_by.kept
        contact.kept_by = None
        del state.kept[bisect_left(state.kept, contact.order)]
    del waiting[bisect_left(waiting, contact.order)]
    contact.lane = contact.ladder = None
    state.queued -= 1
    if contact.staged:
        contact.staged = False
        state.timers.cancel(stage_timer(contact.id))


def go_on(state: State, contact: Contact) -> str:
    """The contact's stage is over: to the next one, to be matched there. What that is, as a Decision's trigger."""
    step, kept, ladder = contact.step, contact.kept_by is not None, contact.ladder
    dequeue(state, contact)
    contact.ladder = ladder = ladder or ladder_of(state, contact)
    _put(state, contact, ladder)
    trigger = "delay_ended"
    if contact.step > step:
        trigger = "step"
    elif kept and contact.kept_by is None:
        trigger = "sticky_ended"
    state.unplaced.append((contact, trigger))
    return trigger


def release_kept(state: State, agent: Agent) -> None:
    """The agent is not there any more: whoever was kept for them goes on as if nothing had happened."""
    for *_, contact in tuple(agent.kept):
        go_on(state, contact)


def _stand(state: State, contact: Contact, ladder: Ladder) -> Lane:
    """The lane of the stage that it has reached. Sets what it asks for, whom it is kept for, and the next deadline."""
    queue = contact.queue
    waited_s = contact.waited_s(state.now)
    at = ladder.reached(waited_s)
    stage = ladder.stages[at]
    contact.step, contact.needs = stage.step, stage.needs
    following_s = ladder.stages[at + 1].from_s if at + 1 < len(ladder.stages) else None
    if contact.sticky is not None and queue.sticky is not None and queue.sticky.wait_s > waited_s + SLACK_S:
        agent = state.agents.get(contact.sticky)
        if agent is not None and waits_for(agent, contact):
            contact.kept_by = agent
            following_s = queue.sticky.wait_s if following_s is None else min(following_s, queue.sticky.wait_s)
    if following_s is not None:
        contact.staged = True
        state.timers.set(stage_timer(contact.id), state.now + following_s - waited_s)
    if stage.lane is None:
        stage.lane = lane_of(state, queue, contact.asks(), stage.passed_s)
    return stage.lane


def waits_for(agent: Agent, contact: Contact) -> bool:
    """Whether it makes sense that the contact waits for this agent, who knows it: they are there, in a talk or not."""
    there = agent.presence is Presence.AVAILABLE and agent.reachable and not agent.leaving
    return there and contact.language in agent.rule.languages and agent.id not in contact.excluded
