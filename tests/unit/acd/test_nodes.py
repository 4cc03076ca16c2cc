"""Several Asterisks as one: marked names, phones' homes, actions that find their node, and a node that dies."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.ami import names
from acd.ami.packets import Packet
from acd.ami.phones import Phones
from acd.beginning import PATIENCE_S
from acd.core.events.agents import PresenceAsked
from acd.core.events.contacts import Channel, ContactOffered
from acd.core.facts import ContactMoved, Fact
from acd.core.memory import ContactKnown, Memory
from acd.core.states import ContactState, Presence
from acd.nodes import Nodes
from acd.port import Booking
from acd.reconcile import MemberSeen, PbxSnapshot
from acd.writer import Writer
from dialplan.language import Language
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset
from tests.unit.acd.twin import Twin

NODES = ("pbx1", "pbx2")
EMPTY = {node: PbxSnapshot((), (), (), {}, node=node) for node in NODES}


class Town:
    """A writer on two twins, stepped by hand."""

    def __init__(self, rules: Ruleset) -> None:
        self.twins = {node: Twin() for node in NODES}
        self.facts: list[Fact] = []
        self.failures: list[str] = []
        self.now = 1000.0
        self.writer = Writer(
            rules, Nodes(self.twins), publish=self.facts.append, now=self.now, room=lambda: 1000,
            count_failure=self.failures.append, settled=lambda: None, limits=None, nodes=NODES,
        )  # fmt: skip

    def packet(self, node: str, name: str, **headers: str) -> None:
        self.writer.packet(names.marked(Packet(name, "", headers), node), self.now)

    def agent(self, node: str, agent: str) -> None:
        self.packet(
            node, "ContactStatus", EndpointName=agent, ContactStatus="NonQualified", URI=f"sip:{agent}@10.0.0.1"
        )
        self.packet(node, "DeviceStateChange", Device=f"PJSIP/{agent}", State="NOT_INUSE")
        self.writer.feed(PresenceAsked(agent, Presence.AVAILABLE), self.now)

    def caller(self, node: str, number: int) -> str:
        contact, channel = f"{node}-1.{number}", f"PJSIP/carrier-{number:08x}"
        self.packet(node, "Newchannel", Uniqueid=contact, Channel=channel, ChannelState="4")
        self.writer.view.know_contact(contact, names.at(node, channel))
        offer = ContactOffered(contact, Channel.VOICE, Language.KO, "any", "general", Requirement(Language.KO))
        self.now += 1.0
        self.writer.feed(offer, self.now)
        return contact

    def talk(self, node: str, contact: str, agent: str) -> None:
        """The contact's session takes what waits for it; the agent answers at the contact's node."""
        assignment = self.writer.board.take(contact)
        assert assignment is not None
        self.writer.taken(assignment, self.now)
        leg = {"DestUniqueid": f"{node}-1.99", "DestChannel": f"PJSIP/{agent}-00000001", "Uniqueid": contact}
        self.packet(node, "Newchannel", Uniqueid=f"{node}-1.99", Channel=leg["DestChannel"], ChannelState="0")
        self.packet(node, "DialBegin", **leg)
        self.packet(node, "Newstate", Uniqueid=f"{node}-1.99", Channel=leg["DestChannel"], ChannelState="6")

    def told(self) -> list[tuple[str, str, str | None]]:
        return [(node, agent, uri) for node, twin in self.twins.items() for agent, _, uri in twin.told]

    def state(self, contact: str) -> str:
        moves = [one for one in self.facts if isinstance(one, ContactMoved) and one.contact_id == contact]
        return moves[-1].new.value

    def read(self, seen: PbxSnapshot) -> None:
        self.writer.view.begin_reread(seen.node)
        self.writer.adopt_reading(seen, self.now)


@pytest.fixture
def town(city: Ruleset) -> Town:
    return Town(city)


@given(st.from_regex(names.NODE_NAME, fullmatch=True), st.text(min_size=1))
def test_a_mark_comes_off_as_it_was_put_on(node: str, channel: str) -> None:
    assert names.parted(names.at(node, channel)) == (node, channel)


@given(st.text(max_size=60) | st.from_regex(r"sips?:[\w.@:;=&,/$({}\s-]{0,40}"))
def test_a_phones_address_is_dialled_only_when_it_is_nothing_else(uri: str) -> None:
    """A phone says it: no separator of Dial's, no expression, no line end comes through."""
    kept = names.contact(uri)
    assert kept is None or re.fullmatch(r"sip:[A-Za-z0-9_.+-]+@[A-Za-z0-9_.-]+(:\d+)?(;[A-Za-z0-9_.=~-]+)*", kept)


def test_what_cannot_be_read_as_nothing_else_is_left_out_of_an_address() -> None:
    uri = "sip:1001-0x55@10.1.2.3:5071;transport=udp;x-ast-orig-host=10.1.2.3:5060;alias=10.1.2.3~5071~1"
    assert names.contact(uri) == "sip:1001-0x55@10.1.2.3:5071;transport=udp;alias=10.1.2.3~5071~1"


def test_a_phone_is_at_home_where_it_registered_last() -> None:
    phones = Phones()
    for node in NODES:  # each lists everybody's
        phones.listed("1001", node, "UNAVAILABLE")
    assert phones.reachable["1001"] is False
    assert phones.registered("1001", "pbx2", "sip:1001@10.0.0.1", anew=True)
    assert phones.state("1001", "pbx2", "NOT_INUSE")
    assert not phones.state("1001", "pbx1", "UNAVAILABLE"), "what another node does not know is no news"
    assert phones.reachable["1001"] is True
    assert phones.dial("PJSIP/1001", "pbx2") == "PJSIP/1001"
    assert phones.dial("PJSIP/1001", "pbx1") == "PJSIP/1001/sip:1001@10.0.0.1"
    assert not phones.registered("1001", "pbx1", "sip:1001@10.0.0.9", anew=False), "an older one"
    assert phones.registered("1001", "pbx1", "sip:1001@10.0.0.9", anew=True)
    assert phones.dial("PJSIP/1001", "pbx2") == "PJSIP/1001/sip:1001@10.0.0.9"
    assert phones.node_died("pbx1") == ["1001"]
    assert phones.reachable["1001"] is False
    assert phones.dial("PJSIP/1001", "pbx2") == "PJSIP/1001"


def test_a_phone_whose_calls_go_to_another_node_is_told_there(town: Town) -> None:
    """As on one node, where the PBX removes it. One phone that registers at both has one address, and is told nothing."""
    town.agent("pbx1", "1001")
    for uri in ("sip:1001@10.0.0.1;line=2", "sip:1001@10.0.0.2:5070"):
        town.packet("pbx2", "ContactStatus", EndpointName="1001", ContactStatus="NonQualified", URI=uri)
        town.packet("pbx2", "ContactStatus", EndpointName="1001", ContactStatus="Reachable", URI=uri)
        town.packet("pbx1", "ContactStatus", EndpointName="1001", ContactStatus="Reachable", URI="sip:1001@10.0.0.1")
    assert town.told() == []
    town.agent("pbx1", "1002")
    town.packet(
        "pbx2", "ContactStatus", EndpointName="1002", ContactStatus="NonQualified", URI="sip:1002@10.0.0.2:5070"
    )
    assert town.told() == [("pbx1", "1002", "sip:1002@10.0.0.1")]
    town.packet("pbx1", "ContactStatus", EndpointName="1002", ContactStatus="Removed", URI="sip:1002@10.0.0.1")
    assert len(town.told()) == 1


def test_an_action_goes_to_the_node_of_its_channel_and_a_mirror_to_all(town: Town) -> None:
    town.agent("pbx2", "1001")
    town.caller("pbx2", 1)
    town.caller("pbx1", 1)  # a channel of the same name
    (taken,) = [one for one in ("pbx1-1.1", "pbx2-1.1") if town.writer.board.pending(one)]
    town.writer.view.to_end.append(names.at(taken[:4], "PJSIP/carrier-00000001"))
    town.read(EMPTY["pbx1"])
    assert town.twins[taken[:4]].hung_up == ["PJSIP/carrier-00000001"]
    for twin in town.twins.values():
        assert [one.presence for one in twin.memberships if one.agent_id == "1001"][-1] is Presence.AVAILABLE


def test_one_order_over_all_nodes(town: Town) -> None:
    contacts = [town.caller(node, number) for number, node in enumerate(("pbx2", "pbx1", "pbx2"))]
    town.agent("pbx1", "1001")
    assert [one for one in contacts if town.writer.board.pending(one)] == contacts[:1]


def test_a_reading_touches_its_own_node_only(town: Town) -> None:
    here, there = town.caller("pbx1", 1), town.caller("pbx2", 1)
    town.read(EMPTY["pbx1"])
    assert (town.state(here), town.state(there)) == ("abandoned", "queued")


def test_only_the_node_that_is_out_of_sight_is_doubted(town: Town) -> None:
    here, there = town.caller("pbx1", 1), town.caller("pbx2", 1)
    town.twins["pbx2"].silent_s = 5.0
    assert not town.writer._out_of_sight(here)
    assert town.writer._out_of_sight(there)


def test_a_node_dies_and_nobody_waits_for_it(town: Town) -> None:
    town.agent("pbx1", "1001")
    talking = town.caller("pbx2", 1)
    town.talk("pbx2", talking, "1001")
    first, elsewhere, second = (town.caller(node, 5 + n) for n, node in enumerate(("pbx2", "pbx1", "pbx2")))
    assert town.writer.lost.waiting("pbx2", town.now) == [first, second]
    town.writer.lost.gone("pbx2", {first: Booking.NOT_ALLOWED, second: Booking.EXISTS}, town.now)
    assert [town.state(one) for one in (first, second, elsewhere)] == ["failed", "overflowed", "queued"]
    lost = next(one for one in reversed(town.facts) if isinstance(one, ContactMoved) and one.contact_id == first)
    assert lost.detail == "pbx_lost"
    assert town.state(talking) == "wrapup"
    assert "1001" in town.writer.view.phones.home, "at the other node"
    assert not town.failures


def test_nobody_is_rung_for_who_waited_on_a_dead_node(town: Town) -> None:
    lost = town.caller("pbx2", 1)
    town.writer.lost.waiting("pbx2", town.now)
    town.agent("pbx1", "1001")
    assert not town.writer.board.pending(lost)


def test_a_node_that_comes_late_is_not_guessed_about(town: Town) -> None:
    """A contact of a node that has not been read is neither there nor over."""
    known = {
        f"{node}-1.7": ContactKnown(
            f"{node}-1.7", Language.KO, "any", "general", ContactState.QUEUED, None, 900.0, 10.0, 910.0
        )
        for node in NODES
    }
    town.writer.remembering.memory = Memory(known)
    member = MemberSeen("fallback-ko", "PJSIP/1001", paused=False, reason="")
    town.read(PbxSnapshot((), (member,), (), {}, node="pbx1"))
    town.writer.beat(town.now)
    assert not town.writer.beginning.over, "the other node is waited for"
    town.now += PATIENCE_S + 2.0
    town.writer.beat(town.now)
    assert town.writer.beginning.over
    assert town.writer.state.agents["1001"].presence is Presence.AVAILABLE
    assert [one.contact_id for one in town.facts if isinstance(one, ContactMoved)] == ["pbx1-1.7"]
    town.read(EMPTY["pbx2"])
    assert {one.contact_id for one in town.facts if isinstance(one, ContactMoved)} == set(known)
