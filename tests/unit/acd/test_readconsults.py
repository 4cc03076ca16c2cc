"""What a new engine makes of consultations and talks with officials that it finds."""

from __future__ import annotations

import pytest

from acd.ami.view import Attributes, View
from acd.core.events.found import TalkAdopted
from acd.readconsults import adopt_consults, adopt_officials
from acd.seen import ChannelSeen
from dialplan.language import Language

NOW = 1000.0


@pytest.fixture
def view() -> View:
    view = View(lambda variables, queue: Attributes(Language.KO, "any", "general"))
    view.agents = frozenset({"1001", "1002"})
    return view


def channel(uniqueid: str, name: str, bridge: str = "", state: str = "6", **variables: str) -> ChannelSeen:
    return ChannelSeen(uniqueid, name, "c1", state, bridge, 20.0, variables)


def seen(*channels: ChannelSeen) -> dict[str, ChannelSeen]:
    return {one.uniqueid: one for one in channels}


CITIZEN = channel("c1", "PJSIP/carrier-00000001", "b1", RM_PHASE="ringing", RM_CONTACT="c1")
AGENT = channel("a1", "PJSIP/1001-00000002", "b2")
NEAR = channel("l1", "Local/7101@consult-00000000;1", "b2")


def test_a_consultation_is_known_by_its_local_channel(view: View) -> None:
    far = channel("l2", "Local/7101@consult-00000000;2", "b3")
    desk = channel("d1", "PJSIP/7101-00000003", "b3")
    assert adopt_consults(view, seen(CITIZEN, AGENT, NEAR, far, desk)) == {"d1"}
    consult = view.consults.of_contact("c1")
    assert consult is not None
    assert (consult.agent_id, consult.target, consult.party, consult.answered) == ("1001", "7101", "d1", True)


def test_a_colleague_who_is_rung_is_its_party_and_nobodys_agent(view: View) -> None:
    near = channel("l1", "Local/1002@consult-00000000;1", "b2")
    far = channel("l2", "Local/1002@consult-00000000;2", "", "4")
    colleague = channel("d1", "PJSIP/1002-00000003", "", "5")
    assert adopt_consults(view, seen(CITIZEN, AGENT, near, far, colleague)) == {"d1"}
    consult = view.consults.of_contact("c1")
    assert consult is not None
    assert (consult.target, consult.answered) == ("1002", False)


def test_other_local_channels_are_none(view: View) -> None:
    far = channel("l2", "Local/7101@elsewhere-00000000;2", "b3")
    assert adopt_consults(view, seen(CITIZEN, AGENT, far)) == set()
    assert view.consults.all() == ()


def test_a_talk_with_an_official_is_the_citizens_and_once(view: View) -> None:
    """In whatever order they are listed; a variable that is set for all channels makes nobody else a citizen."""
    citizen = channel("c1", "PJSIP/carrier-00000001", "b1", RM_PHASE="ringing", RM_CONTACT="c1", RM_OFFICIAL="7101")
    desk = channel("d1", "PJSIP/7101-00000003", "b1", RM_OFFICIAL="7101")
    talk = TalkAdopted("c1", "7101", Language.KO, "any", "general", NOW - 20.0, official=True)
    assert adopt_officials(view, seen(desk, citizen), NOW) == [talk]
    assert adopt_officials(view, seen(citizen, desk), NOW) == [], "known already"
    assert [leg.contact_id for leg in view.legs.by_uniqueid.values()] == ["c1"]


def test_who_is_back_with_an_agent_is_with_no_official(view: View) -> None:
    citizen = channel("c1", "PJSIP/carrier-00000001", "b1", RM_PHASE="ringing", RM_OFFICIAL="7101")
    agent = channel("a1", "PJSIP/1001-00000002", "b1")
    assert adopt_officials(view, seen(citizen, agent), NOW) == []
