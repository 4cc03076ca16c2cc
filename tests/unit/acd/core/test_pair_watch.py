"""The watch on ourselves: silent after every step, and it sees a match that was left undone."""

from __future__ import annotations

from acd.core.contact_events import contact_offered
from acd.core.events.contacts import Channel, ContactOffered
from acd.core.matching import pair_waits
from dialplan.language import Language
from tests.unit.acd.core.centre import Centre, make_agent, make_queue


def _offer(centre: Centre, contact: str, language: Language) -> ContactOffered:
    queue = centre.state.queues["general"]
    return ContactOffered(contact, Channel.VOICE, language, "any", "general", queue.requirement(language))


def test_a_match_that_was_left_undone_is_seen() -> None:
    centre = Centre(make_agent("1001"), queues=(make_queue(),))
    centre.available("1001")
    assert not pair_waits(centre.state)
    contact_offered(centre.state, _offer(centre, "c1", Language.KO), [])  # an event without its step: nobody matches
    assert pair_waits(centre.state)


def test_who_cannot_be_taken_is_no_pair() -> None:
    centre = Centre(make_agent("1001", Language.KO), queues=(make_queue(),))
    centre.available("1001")
    contact_offered(centre.state, _offer(centre, "c1", Language.ZH), [])
    assert not pair_waits(centre.state)
