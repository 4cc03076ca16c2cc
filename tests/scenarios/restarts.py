"""The engine of a scenario dies, and a new one learns who is there: from the PBX, and from the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.core.events.contacts import ContactOffered
from acd.core.events.found import EndedUnseen, PresenceRestored, TalkAdopted, WrapupRestored
from acd.core.memory import ContactKnown
from acd.core.states import FINAL_CONTACT_STATES, ContactState
from acd.core.step import new_state

if TYPE_CHECKING:
    from tests.scenarios.pure import Play


def engine_dies(play: Play) -> None:
    """All that is remembered is gone; callers who wait fall into the safety net, talks go on."""
    play.alive = False
    play.rings.clear()
    for line in play.lines.values():
        line.in_net = bool(line.facts) and not line.gone and line.call.id not in play.talks


def engine_returns(play: Play) -> None:
    """A new engine reads from the PBX who is there: agents' words, talks, and who waits since when."""
    play.alive = True
    play.state = new_state(play.rules.agents, play.rules.queues, play.now)
    for agent_id, (presence, reason) in play.mirrored.items():
        play.feed(PresenceRestored(agent_id, presence, reason))
    for contact_id, (agent_id, since) in play.talks.items():
        offer = play.lines[contact_id].offer
        assert offer is not None
        play.feed(TalkAdopted(contact_id, agent_id, offer.language, offer.topic, offer.queue, since))
    remembers(play)
    for line in sorted(play.lines.values(), key=lambda one: one.first_queued_at or 0.0):
        if line.in_net and not line.gone and line.offer is not None:
            line.in_net = False
            line.waited_s = play.now - (line.first_queued_at or play.now)
            offer = line.offer
            play.feed(
                ContactOffered(
                    offer.contact_id, offer.channel, offer.language, offer.topic, offer.queue, offer.requirement,
                    line.first_queued_at, line.waited_s, offer.points, resumed=True,
                    order_class=offer.order_class,
                )
            )  # fmt: skip


def remembers(play: Play) -> None:
    """What the journal has of contacts that were not over, and of wrap-ups: as `acd.remembering` tells it."""
    for contact_id, line in play.lines.items():
        if not line.facts or contact_id in play.state.contacts or (line.in_net and not line.gone):
            continue
        last = line.facts[-1]
        if last.new in FINAL_CONTACT_STATES:
            continue
        known = ContactKnown(
            contact_id, last.language, last.topic, last.queue, last.new, last.agent_id, last.first_queued_at,
            last.waited_s, last.at, handled_s=last.talk_s + last.hold_s,
        )  # fmt: skip
        if last.new is ContactState.WRAPUP and last.agent_id is not None:
            play.feed(WrapupRestored(last.agent_id, known, last.at, extended=False))
        else:
            play.feed(EndedUnseen(known))
