"""What must hold after every step; for tests, simulations and `doctor`. Reads everything, naively, and trusts no index.

`check` costs O(contacts x agents) and raises `Broken` with a story that names who, what and which of both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.core.events.contacts import Channel
from acd.core.lanes import stage_timer
from acd.core.matching import pair_waits
from acd.core.model import TALKING, WAITING, Agent, Contact, State
from acd.core.moves import callback_timer, exclusion_timer, grace_timer, reservation_timer, wrapup_timer
from acd.core.stages import SLACK_S, delays_of
from acd.core.states import FINAL_CONTACT_STATES, ContactState, Presence, Work
from acd.core.timers import Timer

if TYPE_CHECKING:
    from acd.core.model import Entry, Lane
    from acd.core.timers import TimerKey
    from dialplan.queuerules import Requirement


class Broken(AssertionError):
    """An invariant does not hold. The message is the story."""


def _hold(true: bool, story: str) -> None:
    if not true:
        raise Broken(story)


def check(state: State) -> None:
    """Raise Broken unless every invariant of the core holds."""
    for contact in state.contacts.values():
        _contact(state, contact)
    for agent in state.agents.values():
        _agent(state, agent)
    _indices(state)
    _timers(state)
    _nobody_unmatched(state)
    if pair_waits(state):
        raise Broken("the index has a contact for an idle agent")


def tell_contact(contact: Contact) -> str:
    """A contact in one line, for stories."""
    return f"contact {contact.id} ({contact.state}, {contact.requirement}, agent {contact.agent_id})"


def tell_agent(agent: Agent) -> str:
    """An agent in one line, for stories."""
    with_whom = "nobody" if agent.contact is None else agent.contact.id
    return f"agent {agent.id} ({agent.presence}/{agent.work}, with {with_whom})"


def _can_be_matched(contact: Contact) -> bool:
    return contact.state is ContactState.QUEUED and not contact.in_net


def _contact(state: State, contact: Contact) -> None:
    who = tell_contact(contact)
    _hold(contact.state not in FINAL_CONTACT_STATES, f"{who} is over, and still known")
    _hold((contact.waiting_since is not None) == (contact.state in WAITING), f"{who}: its waiting clock is wrong")
    _hold(contact.waited_s(state.now) >= 0, f"{who} has waited {contact.waited_s(state.now)} s")
    _hold((contact.lane is not None) == _can_be_matched(contact), f"{who}: in a lane or not, wrongly")
    _hold(not contact.in_net or contact.state in WAITING, f"{who} is said to be in the net")
    _hold((contact.reservation is not None) == (contact.state is ContactState.RESERVED), f"{who}: reservation")
    reservation = contact.reservation
    if reservation is not None:
        other = reservation.agent
        _hold(reservation.contact is contact, f"{who} holds the reservation of {tell_contact(reservation.contact)}")
        _hold(other.reservation is reservation, f"{who} is reserved for {tell_agent(other)}, who does not know")
        _hold(contact.agent_id == other.id, f"{who} names another agent than its reservation: {tell_agent(other)}")
        _hold(reservation.of_queue or not contact.in_net, f"{who} rings, and has no session that could dial")
    if contact.state is ContactState.QUEUED:
        _hold(contact.agent_id is None, f"{who} waits and has an agent")
    _call_back(state, contact, who)
    talker = state.agents.get(contact.agent_id or "")
    if contact.state in (ContactState.CONNECTED, ContactState.WRAPUP):
        _hold(contact.agent_id is not None, f"{who} talks with nobody")
        if contact.state is ContactState.WRAPUP:
            _hold(talker is not None and talker.contact is contact, f"{who}: nobody wraps it up, it stays for ever")


def _call_back(state: State, contact: Contact, who: str) -> None:
    """What is booked has a time and nobody; what waits may be called; an agent is there before a citizen is rung."""
    booked = contact.state is ContactState.CALLBACK_BOOKED
    if contact.channel is not Channel.CALLBACK:
        _hold(not booked, f"{who} is booked, and its caller is on the line")
        return
    _hold(contact.state is not ContactState.IVR, f"{who} has nobody on the line, and is in the menus")
    _hold(not contact.in_net, f"{who} has nobody on the line, and is in the net")
    if booked:
        _hold(contact.agent_id is None and contact.reservation is None, f"{who} is booked, and has an agent")
        _hold(state.timers.at(callback_timer(contact.id)) is not None, f"{who} is booked for no time: it is lost")
    _hold(contact.state is not ContactState.QUEUED or not state.closed(), f"{who} waits, and the centre is closed")
    reservation = contact.reservation
    if reservation is not None:
        _hold(not reservation.citizen_dialled or reservation.agent_there, f"{who}: the citizen is rung for nobody")
        _hold(not reservation.of_queue, f"{who} is rung by the PBX's own queue")


def _agent(state: State, agent: Agent) -> None:
    who, contact, work = tell_agent(agent), agent.contact, agent.work
    _hold((agent.reservation is not None) == (work is Work.RESERVED), f"{who}: reservation")
    if work is Work.RESERVED:
        _hold(agent.reservation is not None and agent.reservation.agent is agent, f"{who} holds another's reservation")
        _hold(contact is not None and contact.reservation is agent.reservation, f"{who}: the contact does not know")
        _hold(state.timers.at(reservation_timer(agent.id)) is not None, f"{who} is stuck: no deadline")
    elif work in TALKING:
        alive = contact is not None and state.contacts.get(contact.id) is contact
        _hold(alive and contact is not None and contact.agent_id == agent.id, f"{who} is stuck: no live contact")
        _hold(contact is not None and contact.state is ContactState.CONNECTED, f"{who} talks with one who does not")
        held = contact is not None and contact.hold_since is not None
        _hold(held == (work is Work.HOLD), f"{who}: the contact's hold says otherwise")
    elif work is Work.WRAPUP:
        _hold(state.timers.at(wrapup_timer(agent.id)) is not None, f"{who} is stuck: no deadline")
        _hold(contact is None or contact.state is ContactState.WRAPUP, f"{who} wraps up {contact and contact.state}")
    else:
        _hold(contact is None, f"{who} has nothing to do with that contact")
        _hold((work is Work.OTHER) == agent.device_busy, f"{who}: phone busy={agent.device_busy}")
        _hold(agent.asked is None, f"{who}: {agent.asked} was asked for and never done")
        _hold(not agent.leaving, f"{who} should be gone")
    _hold(agent.offerable() == bool(agent.idle_stamp), f"{who}: offerable {agent.offerable()}, listed otherwise")
    ghost = not agent.reachable and agent.presence not in (Presence.OFFLINE, Presence.ERROR)
    watched = state.timers.at(grace_timer(agent.id)) is not None
    _hold(ghost == watched, f"{who}: reachable={agent.reachable}, grace deadline={watched}")
    _hold(agent.reachable or agent.presence is not Presence.AVAILABLE or watched, f"{who} is a ghost")


def _indices(state: State) -> None:
    """The lanes say what a naive scan says."""
    seen: set[str] = set()
    for (queue, strategy, requirement, passed_s), lane in state.lanes.items():
        name = f"lane {queue} [{requirement}] from {passed_s} s"
        _in_order(lane.waiting, seen, name)
        for *_, contact in lane.waiting:
            right = contact.lane is lane and contact.kept_by is None and contact.queue.key == queue
            right = right and contact.queue.strategy is strategy and requirement in _askable(state, contact)
            _hold(right, f"{tell_contact(contact)} is in the wrong {name}")
            passed = {_passed_s(state, contact, slack_s) for slack_s in _EITHER}
            _hold(passed_s in passed, f"{tell_contact(contact)} has passed {sorted(passed)}, is in {name}")
        _listeners(state, lane, name)
    for agent in state.agents.values():
        name = f"the contacts kept for {tell_agent(agent)}"
        _in_order(agent.kept, seen, name)
        for *_, contact in agent.kept:
            _hold(contact.kept_by is agent and (*contact.order, contact) in state.kept, f"{name}: not {contact.id}")
            there = agent.presence is Presence.AVAILABLE and agent.reachable and not agent.leaving
            _hold(there, f"{tell_contact(contact)} is kept for {tell_agent(agent)}, who is not there")
            rule = contact.queue.sticky
            _hold(rule is not None and not _reached(state, contact, rule.wait_s), f"{tell_contact(contact)}: kept on")
    listed = [entry[2] for entry in state.kept]
    kept = [entry[2] for entry in sorted(entry for agent in state.agents.values() for entry in agent.kept)]
    _hold(listed == kept, f"contacts {listed} are said to be kept for an agent, not {kept}")
    waiting = {contact.id for contact in state.contacts.values() if _can_be_matched(contact)}
    _hold(waiting == seen, f"contacts {sorted(waiting ^ seen)} are queued or in a lane, not both")
    _hold(state.queued == len(seen), f"{state.queued} are counted as waiting, not {len(seen)}")
    wrapping = {one.id for one in state.agents.values() if one.work is Work.WRAPUP}
    _hold(
        set(state.wrapping) == wrapping, f"{sorted(state.wrapping)} are said to be in wrap-up, not {sorted(wrapping)}"
    )
    for group in state.groups.values():
        idle = {one.id for one in state.agents.values() if one.idle_stamp and one.rule.profile.name == group.name}
        _hold(idle == set(group.idle), f"group {group.name} counts {sorted(group.idle)} as idle, not {sorted(idle)}")


def _in_order(waiting: list[Entry], seen: set[str], name: str) -> None:
    keys = [entry[:3] for entry in waiting]
    _hold(keys == sorted(keys), f"{name}: out of order")
    for order_class, virtual_time, contact_id, contact in waiting:
        _hold(contact_id not in seen, f"{tell_contact(contact)} waits twice")
        seen.add(contact_id)
        _hold(order_class == contact.order_class, f"{tell_contact(contact)} has class {contact.order_class} in {name}")
        _hold(virtual_time == contact.virtual_time(), f"{tell_contact(contact)} is at the wrong place in {name}")


def _listeners(state: State, lane: Lane, name: str) -> None:
    fit = {
        agent.id
        for agent in state.agents.values()
        if not agent.leaving
        and lane.requirement.met_by(agent.rule.languages, agent.rule.skills)
        and (row := agent.rule.profile.row(lane.queue.key)) is not None
        and row.delay_s <= lane.passed_s
    }
    heard = {agent.id for agent in lane.agents.values() if not agent.leaving}
    _hold(fit == heard, f"{name}: agents {sorted(fit ^ heard)} are fit or listen, not both")
    for agent in lane.agents.values():
        _hold(any(ear.lane is lane for ear in agent.ears), f"{name}: an agent does not know it")
    on_duty = {one.id for one in lane.agents.values() if one.presence not in (Presence.OFFLINE, Presence.AWAY)}
    _hold(lane.on_duty == on_duty, f"{name}: on duty {sorted(on_duty ^ lane.on_duty)}")
    idle = [agent.id for agent in lane.agents.values() if agent.idle_stamp]
    _hold(lane.idle_count == len(idle), f"{name}: counts {lane.idle_count} idle, has {idle}")
    listed = [agent.id for agent in lane.idle]
    _hold(sorted(listed) == sorted(idle), f"{name}: lists {listed} as idle, has {idle}")


# A deadline that lies within the slack may have been taken for reached, when something else happened then, or not yet.
_EITHER = (SLACK_S, -SLACK_S)


def _reached(state: State, contact: Contact, after_s: float, slack_s: float = SLACK_S) -> bool:
    """Whether it has waited so long: for certain; with a negative slack: perhaps."""
    return contact.waited_s(state.now) >= after_s + slack_s


def _passed_s(state: State, contact: Contact, slack_s: float) -> float:
    """The longest of its queue's delays that it has waited."""
    delays = delays_of(state, contact.queue.key)
    return max((delay_s for delay_s in delays if _reached(state, contact, delay_s, slack_s)), default=0.0)


def _askable(state: State, contact: Contact) -> set[Requirement]:
    return {_asked(state, contact, slack_s) for slack_s in _EITHER}


def _asked(state: State, contact: Contact, slack_s: float = SLACK_S) -> Requirement:
    """What a contact asks for by now: its own requirement, or that of the last step that its waiting has passed."""
    asked = contact.requirement
    if asked == contact.queue.requirement(contact.language):
        for after_s, relaxed in contact.queue.relaxed(contact.language):
            if _reached(state, contact, after_s, slack_s):
                asked = relaxed
    return asked


def may_take(state: State, agent: Agent, contact: Contact) -> bool:
    """Whether the rules let this agent, were they idle, take this waiting contact now; the naive reference.

    An agent who is not idle is counted as if they were, where their profile keeps some idle.
    """
    if contact.id in agent.excluded_by or agent.id in contact.excluded or agent.leaving:
        return False
    if contact.kept_by is not None:
        return contact.kept_by is agent
    row = agent.rule.profile.row(contact.queue.key)
    if row is None or (row.delay_s and not _reached(state, contact, row.delay_s)):
        return False
    mates = [one for one in state.agents.values() if one.rule.profile.name == agent.rule.profile.name]
    idle = sum(one.offerable() for one in mates if one is not agent) + 1
    if row.reserve_idle and idle <= row.reserve_idle:
        return False
    return _asked(state, contact).met_by(agent.rule.languages, agent.rule.skills)


def _timers(state: State) -> None:
    allowed, wanted = (_stages_to_come(state, slack_s) for slack_s in _EITHER)
    for contact in state.contacts.values():
        wanted |= {exclusion_timer(contact.id, agent_id) for agent_id in contact.excluded}
        if contact.state is ContactState.CALLBACK_BOOKED:
            wanted.add(callback_timer(contact.id))
        for agent_id in contact.excluded:
            agent = state.agents.get(agent_id)
            known = agent is None or contact.id in agent.excluded_by
            _hold(known, f"{tell_contact(contact)} excludes agent {agent_id}, who does not know")
    for agent in state.agents.values():
        for contact_id in agent.excluded_by:
            excluder = state.contacts.get(contact_id)
            _hold(excluder is not None and agent.id in excluder.excluded, f"{tell_agent(agent)}: ghost exclusion")
        if agent.work is Work.RESERVED:
            wanted.add(reservation_timer(agent.id))
        if agent.work is Work.WRAPUP:
            wanted.add(wrapup_timer(agent.id))
    running = {key for key in state.timers.keys() if key[0] is not Timer.GRACE}  # noqa: SIM118  (not a dict)
    strange = (wanted - running) | (running - wanted - allowed)
    _hold(not strange, f"deadlines without a cause or causes without a deadline: {sorted(strange)}")
    next_at = state.timers.next_at()
    _hold(next_at is None or next_at > state.now, f"a deadline at {next_at} is overdue at {state.now}")


def _stages_to_come(state: State, slack_s: float) -> set[TimerKey]:
    """The deadlines of those who wait and have a stage before them."""
    waiting = (contact for contact in state.contacts.values() if _can_be_matched(contact))
    return {stage_timer(contact.id) for contact in waiting if _has_more_stages(state, contact, slack_s)}


def _has_more_stages(state: State, contact: Contact, slack_s: float) -> bool:
    queue = contact.queue
    steps = [after_s for after_s, _ in queue.relaxed(contact.language)]
    if contact.requirement != queue.requirement(contact.language):
        steps = []
    due = [*steps, *delays_of(state, queue.key)]
    return contact.kept_by is not None or any(not _reached(state, contact, after_s, slack_s) for after_s in due)


def _nobody_unmatched(state: State) -> None:
    """No contact waits while an agent is idle who may take it."""
    idle = [agent for agent in state.agents.values() if agent.offerable()]
    for contact in state.contacts.values():
        if _can_be_matched(contact):
            for agent in idle:
                if may_take(state, agent, contact):
                    raise Broken(f"{tell_contact(contact)} waits while {tell_agent(agent)} is idle and may take it")
