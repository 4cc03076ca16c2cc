"""Call-backs that a reading of the PBX finds under way: a new engine ends those that have dialled nobody yet.

Where the citizen's phone rings or was answered, the PBX goes on by itself: it is left to that, and an answer is a talk.
Deterministic, no I/O. A part of `acd.reconcile`.
"""

from __future__ import annotations

from collections.abc import Iterable

from acd.ami.callouts import parse
from acd.ami.legs import Leg
from acd.ami.view import View
from acd.core.events.event import Event
from acd.core.events.found import TalkAdopted
from acd.seen import ChannelSeen


def adopt_call_outs(view: View, fresh: Iterable[ChannelSeen], channels: Iterable[ChannelSeen]) -> None:
    """The channels of call-backs. A session whose citizen is not being rung is another engine's, and ends."""
    halves = {one.name: one for one in channels if parse(one.name) is not None}
    for channel in fresh:
        if channel.name not in halves or view.callouts.contact_of(channel.uniqueid) is not None:
            continue
        contact_id = view.callouts.seen(channel.uniqueid, channel.name)
        if contact_id is None:
            continue
        view.callers[channel.uniqueid] = contact_id
        view.caller_channel[contact_id] = channel.name
        outward = halves.get(f"{channel.name[:-1]}1")
        citizen = _citizen_of(view, outward, channels)
        if outward is not None and citizen is not None:
            view.callouts.seen(outward.uniqueid, outward.name)
            view.callouts.citizen_rung(outward.uniqueid, citizen.uniqueid)
        elif not view.legs.dials(contact_id):
            view.to_end.append(channel.name)


def _citizen_of(view: View, outward: ChannelSeen | None, channels: Iterable[ChannelSeen]) -> ChannelSeen | None:
    """The citizen's channel: the one towards a carrier that belongs to this half's call."""
    if outward is None:
        return None
    return next(
        (
            one
            for one in channels
            if one.linkedid == outward.linkedid and parse(one.name) is None and view.agent_of(one.name) is None
        ),
        None,
    )


def adopt_call_out_leg(view: View, channel: ChannelSeen, session: ChannelSeen, now: float, *, up: bool) -> list[Event]:
    """An agent's channel in a call-back: a talk when the citizen is there too, else busy until that is told."""
    contact_id = view.callouts.contact_of(session.uniqueid)
    chan, leg = view.channels[channel.uniqueid], view.legs.by_uniqueid.get(channel.uniqueid)
    assert contact_id is not None
    assert chan.agent_id is not None
    talks = up and view.callouts.citizen_up(contact_id, view.up)
    if leg is None:
        leg = Leg(contact_id, chan.agent_id, chan.uniqueid, chan.name, now - channel.age_s, None)
        leg.rang = True
        view.legs.by_uniqueid[leg.uniqueid] = leg
        chan.ours = talks  # the citizen's answer may still come: nobody else is offered to this agent meanwhile
    leg.answered = leg.answered or up
    if not talks:
        return []
    chan.ours = True
    what = view.attributes(session.uniqueid)
    view.callouts.forget_citizen(contact_id)
    return [TalkAdopted(contact_id, chan.agent_id, what.language, what.topic, what.queue, now - channel.age_s)]
