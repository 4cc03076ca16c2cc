"""Pausing and stopping a recording over AMI: what goes over the wire, and that "done" means that the PBX has said so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acd.ami import tape
from acd.ami.client import AmiClient
from acd.ami.tape import AmiTape
from tests.wire.ami_peer import AmiPeer, until

DONE = "Response: Success\nActionID: {id}"
REFUSED = "Response: Error\nActionID: {id}\nMessage: Cannot set mute flag"


@pytest.fixture
def peer() -> Iterator[AmiPeer]:
    peer = AmiPeer()
    yield peer
    peer.close()


@pytest.fixture
def client(peer: AmiPeer) -> Iterator[AmiClient]:
    client = AmiClient("127.0.0.1", peer.port, "engine", "secret", on_packet=lambda _: None)
    client.start()
    until(client.logged_in.is_set)
    yield client
    client.stop()


def test_pause_and_on_are_both_directions_of_one_channel(peer: AmiPeer, client: AmiClient) -> None:
    peer.answers["MixMonitorMute"] = [DONE]
    assert AmiTape(client).pause("PJSIP/carrier-00000001", paused=True)
    assert AmiTape(client).pause("PJSIP/carrier-00000001", paused=False)
    sent = [action for action in peer.actions if action["Action"] == "MixMonitorMute"]
    assert [(one["Channel"], one["Direction"], one["State"]) for one in sent] == [
        ("PJSIP/carrier-00000001", "both", "1"),
        ("PJSIP/carrier-00000001", "both", "0"),
    ]


def test_only_the_pbxs_word_counts(peer: AmiPeer, client: AmiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape, "ANSWER_WITHIN_S", 0.2)
    peer.answers["StopMixMonitor"] = [REFUSED]
    assert not AmiTape(client).stop("PJSIP/carrier-00000001")
    peer.answers["StopMixMonitor"] = []  # no answer at all
    assert not AmiTape(client).stop("PJSIP/carrier-00000001")
    peer.answers["StopMixMonitor"] = [DONE]
    assert AmiTape(client).stop("PJSIP/carrier-00000001")


def test_a_channel_that_nobody_knows_or_could_have_is_not_asked_about(peer: AmiPeer, client: AmiClient) -> None:
    for channel in ("", "PJSIP/a\r\nAction: Originate"):
        assert not AmiTape(client).pause(channel, paused=True)
    assert [action["Action"] for action in peer.actions if action["Action"] not in ("Login", "Ping")] == []


def test_without_a_connection_nothing_is_claimed(peer: AmiPeer, client: AmiClient) -> None:
    client.stop()
    assert not AmiTape(client).pause("PJSIP/carrier-00000001", paused=True)
