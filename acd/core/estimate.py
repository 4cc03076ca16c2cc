"""How long a contact will wait, from the facts of now (docs/adr/0011). Pure arithmetic over the lanes.

k contacts are ahead, each weighted by the share of its agents on duty who can take this one too; n agents on duty can
take it; handling lasts H on average, of which the wrap-up is W; who waits gives up at a rate of q in a second.

Who wraps up now is free at a known time and takes one of those ahead, fewer of whom still wait by then. Who talks now
is not free before W has passed, and from then on (n - wrapping) / (H - W) of them are in each second. Those who are
left ahead are served or give up; then it is this contact's turn, in half of the cases within ln 2 of the mean.

Bounded by the 90th percentile of the waits of this language; unknown when n is 0, or before a few talks are completed.
"""

from __future__ import annotations

from bisect import bisect_left
from math import exp, log, log1p
from typing import TYPE_CHECKING

from acd.core.moves import wrapup_timer

if TYPE_CHECKING:
    from acd.core.model import Contact, Entry, Lane, Order, State

COMPLETIONS_LEAST = 3  # with fewer, nothing is known
_FRESH_S_PER_AGENT = 0.006  # shares are O(agents) to count: by large centres not at every change of duty
_KNOWN_MOST = 64  # with more in wrap-up, when each of them ends makes no difference
_TURN = 0.5  # so little of a contact ahead is nobody


def estimate(state: State, contact: Contact) -> float | None:
    """Seconds from now until a QUEUED contact is answered; None: unknown, or not QUEUED."""
    return None if contact.lane is None else eta_s(state, contact.lane, contact.order)


def eta_s(state: State, lane: Lane, order: Order) -> float | None:
    """The same for a contact that would have this place in this lane."""
    agents = len(lane.on_duty)
    if not agents or state.handling.count < COMPLETIONS_LEAST:
        return None
    handling_s, gives_up = max(state.handling.mean_s, 1.0), state.patience.per_s()
    ahead, passed_s, rate = _ahead(state, lane, order), 0.0, agents / handling_s
    if len(state.wrapping) <= _KNOWN_MOST:
        ends = _wrapups_end(state, lane)
        for end_s in ends:
            ahead *= exp(gives_up * (passed_s - end_s))
            passed_s = end_s
            if ahead < _TURN:
                return passed_s
            ahead = max(0.0, ahead - 1.0)
        wrapup_s = lane.queue.wrapup_s
        if passed_s < wrapup_s:
            ahead *= exp(gives_up * (passed_s - wrapup_s))
            passed_s = wrapup_s
        if agents > len(ends):
            rate = (agents - len(ends)) / max(handling_s - wrapup_s, handling_s / 2)
    eta = passed_s + _turn_s(ahead, rate, gives_up)
    waits = state.waits.get(lane.requirement.language) if lane.requirement.language is not None else None
    p90_s = waits.p90_s() if waits is not None else None
    return eta if p90_s is None else min(eta, p90_s)


def _ahead(state: State, lane: Lane, order: Order) -> float:
    """The contacts ahead, weighted."""
    ahead = 0.0
    for waiting, share in _weights(state, lane):
        if waiting:
            ahead += share * (len(waiting) if waiting[-1] < order else bisect_left(waiting, order))
    return ahead


def _wrapups_end(state: State, lane: Lane) -> list[float]:
    """In how many seconds each wrap-up of an agent of this lane ends."""
    ends = [state.timers.at(wrapup_timer(one)) for one in state.wrapping if one in lane.on_duty]
    return sorted(at - state.now for at in ends if at is not None)


def _turn_s(ahead: float, rate: float, gives_up: float) -> float:
    """When so many have been served or have given up, and one more is served, of those who do not give up themselves.

    The sum of 1 / (rate + (i + 1) x gives_up) over those ahead, as an integral; and the half-life of the last one.
    """
    if gives_up <= 0:
        return (ahead + log(2)) / rate
    return log1p(gives_up * ahead / (rate + 1.5 * gives_up)) / gives_up + log(2) / (rate + gives_up)


def _weights(state: State, lane: Lane) -> tuple[tuple[list[Entry], float], ...]:
    """The contacts of each lane that competes for an agent on duty, and the share of its agents who are this one's."""
    stale = lane.weights_version != state.duty_version
    fresh_s = len(state.agents) * _FRESH_S_PER_AGENT if len(state.agents) > 1000 and lane.weights else 0.0
    if stale and state.now - lane.weights_at >= fresh_s:
        mine = lane.on_duty
        found = []
        for other in state.lanes.values():
            both = len(mine & other.on_duty)
            if both:
                found.append((other.waiting, both / len(other.on_duty)))
        lane.weights, lane.weights_version, lane.weights_at = tuple(found), state.duty_version, state.now
    return lane.weights
