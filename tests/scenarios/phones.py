"""What phones of a scenario do when they ring: agents', and those of citizens who are called back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.core.commands import Assign
from acd.core.events.callbacks import CitizenAnswered, CitizenDialled, CitizenFailed, CitizenResult
from acd.core.events.legs import LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded

if TYPE_CHECKING:
    from tests.scenarios.pure import Play


def rings_now(play: Play, ring: Assign) -> None:
    line, phone = play.lines[ring.contact_id], play.phones[ring.agent_id]
    pair = (ring.contact_id, ring.agent_id, ring.reservation_id)
    if play.rings.get(ring.reservation_id) is not ring or not play.alive:
        return
    line.rung.append(ring.agent_id)
    play.feed(LegDialled(*pair))
    if phone.phone == "dead":
        return
    if phone.phone == "busy" or (phone.phone == "echo" and phone.id not in play.echoed):
        own_s = 0.5 if phone.phone == "echo" else None
        play.echoed.add(phone.id)
        play.feed(LegFailed(pair[0], pair[1], LegResult.BUSY, own_s, ring.reservation_id))
        return
    play.feed(LegRang(*pair))
    if phone.phone == "declines":
        play.after(phone.after_s, lambda: fails(play, ring, LegResult.DECLINED))
    elif phone.phone == "silent" or phone.after_s >= ring.ring_timeout_s:
        play.after(ring.ring_timeout_s, lambda: fails(play, ring, LegResult.NO_ANSWER))
    else:
        play.after(phone.after_s, lambda: answers(play, ring))


def fails(play: Play, ring: Assign, result: LegResult) -> None:
    if play.rings.get(ring.reservation_id) is ring:
        del play.rings[ring.reservation_id]
        play.feed(LegFailed(ring.contact_id, ring.agent_id, result, None, ring.reservation_id))


def answers(play: Play, ring: Assign) -> None:
    if play.rings.get(ring.reservation_id) is ring and ring.call_back:
        play.feed(LegAnswered(ring.contact_id, ring.agent_id))
        play.after(1.0, lambda: calls_back(play, ring))
    elif play.rings.get(ring.reservation_id) is ring:
        del play.rings[ring.reservation_id]
        contact_id = ring.contact_id
        play.talks[contact_id] = (ring.agent_id, play.now)
        play.feed(LegAnswered(contact_id, ring.agent_id))
        began = play.now
        play.after(play.lines[contact_id].call.talk_s, lambda: over(play, contact_id, began))


def calls_back(play: Play, ring: Assign) -> None:
    """The agent is there, and the citizen's phone rings."""
    if play.rings.pop(ring.reservation_id, None) is not ring or not play.alive:
        return
    contact_id, line = ring.contact_id, play.lines[ring.contact_id]
    does = line.call.called[line.tries] if line.tries < len(line.call.called) else "answers"
    line.tries += 1
    play.feed(CitizenDialled(contact_id))
    if does == "answers":
        line.gone = False
        play.talks[contact_id] = (ring.agent_id, play.now)
        play.feed(CitizenAnswered(contact_id))
        began = play.now
        play.after(line.call.talk_s, lambda: over(play, contact_id, began))
        return
    result = CitizenResult.BUSY if does == "busy" else CitizenResult.NO_ANSWER
    rang_s = 1.0 if does == "busy" else 30.0
    play.after(rang_s, lambda: play.feed(CitizenFailed(contact_id, result)))
    play.after(rang_s + 4.0, lambda: play.feed(TalkEnded(contact_id)))


def over(play: Play, contact_id: str, began: float) -> None:
    talk = play.talks.get(contact_id)
    if talk is not None and talk[1] == began:
        play.ends(contact_id)
