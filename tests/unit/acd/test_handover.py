"""What an agent writes down for whoever has the citizen next, and consultations as a screen would ask for them."""

from __future__ import annotations

import pytest

from acd.core.facts import HandoverWritten
from acd.core.handover import MOST_ASKED, Handover
from acd.core.states import Presence
from acd.journal.codec import from_row, to_row
from acd.port import Answer, Consultation
from tests.unit.acd.twincentre import Centre
from tests.unit.until import until

WRITTEN = Handover("any", "여권 재발급 기간", "분실 신고함")


def available(centre: Centre) -> None:
    centre.twin.register("1001")
    centre.dispatcher.ask_presence("1001", Presence.AVAILABLE)


def talking(centre: Centre) -> None:
    """c1 talks with 1001."""
    available(centre)
    centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")


def test_it_rides_on_the_contact_and_is_in_the_record(centre: Centre) -> None:
    talking(centre)
    assert centre.dispatcher.write_handover("1001", WRITTEN) is Answer.DONE
    assert centre.dispatcher.handover_of("c1") == WRITTEN
    [fact] = [fact for fact in centre.facts if isinstance(fact, HandoverWritten)]
    assert (fact.contact_id, fact.agent_id, fact.topic, fact.asked, fact.notes) == (
        "c1", "1001", "any", "여권 재발급 기간", "분실 신고함",
    )  # fmt: skip
    row = to_row(fact)
    assert from_row(row["kind"], row["body"]) == fact
    assert centre.dispatcher.write_handover("1001", WRITTEN) is Answer.DONE
    assert len([fact for fact in centre.facts if isinstance(fact, HandoverWritten)]) == 1, "nothing new, no fact"


def test_only_for_ones_own_contact_and_a_topic_of_the_rules(centre: Centre) -> None:
    talking(centre)
    assert centre.dispatcher.write_handover("1002", WRITTEN) is Answer.NOT_APPLICABLE
    assert centre.dispatcher.write_handover("9999", WRITTEN) is Answer.NOT_APPLICABLE
    assert centre.dispatcher.write_handover("1001", Handover("nothing", "", "")) is Answer.NOT_APPLICABLE
    assert centre.dispatcher.handover_of("c1") is None


@pytest.mark.parametrize(("asked", "notes"), [("x" * (MOST_ASKED + 1), ""), ("a\rb", ""), ("", "\x00")])
def test_texts_are_bounded_and_plain(asked: str, notes: str) -> None:
    with pytest.raises(ValueError, match="text"):
        Handover("any", asked, notes)


def test_whoever_is_asked_can_see_what_it_is_about_before_they_answer(centre: Centre) -> None:
    talking(centre)
    centre.dispatcher.write_handover("1001", WRITTEN)
    assert centre.dispatcher.consultations() == ()
    assert centre.dispatcher.consult("1001", "7101") is Answer.DONE
    [(how, channel, target)] = centre.twin.handed
    assert (how, channel.split("-")[0], target) == ("consult", "PJSIP/1001", "7101")
    assert centre.dispatcher.consult_begins("1001", "7101", "local.2")
    assert centre.dispatcher.consultations() == (Consultation("c1", "1001", "7101", False, WRITTEN),)
    assert centre.dispatcher.consult("1001", "7102") is Answer.NOT_APPLICABLE, "one at a time"
    party = {
        "Uniqueid": "local.2",
        "Channel": "Local/7101@consult-0;2",
        "DestUniqueid": "d1",
        "DestChannel": "PJSIP/7101-0000000d",
    }
    centre.twin.event("DialBegin", **party)
    centre.twin.event("Newstate", Uniqueid="d1", Channel="PJSIP/7101-0000000d", ChannelState="6")
    until(lambda: centre.dispatcher.consultations()[0].answered)


def test_who_talks_with_nobody_has_nobody_to_hand_on(centre: Centre) -> None:
    available(centre)
    assert centre.dispatcher.consult("1001", "7101") is Answer.NOT_APPLICABLE
    assert centre.dispatcher.send_on("1001", "8001") is Answer.NOT_APPLICABLE
    assert not centre.dispatcher.consult_begins("1001", "7101", "local.2")
    assert centre.twin.handed == []


def test_sent_on_by_the_engine_the_contact_waits_for_its_new_session(centre: Centre) -> None:
    talking(centre)
    assert centre.dispatcher.send_on("1001", "8001") is Answer.DONE
    [(how, _, target)] = centre.twin.handed
    assert (how, target) == ("send_on", "8001")
    assert centre.dispatcher.ask_presence("1001", Presence.AVAILABLE) is Answer.DONE
