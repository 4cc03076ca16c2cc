"""The AMI client against a real loopback peer: every fault of the library that it mends, one test each."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from asterisk.ami import Action

from acd.ami import client as ami
from acd.ami.client import ActionFailed, AmiAway, AmiClient
from acd.ami.packets import Packet, UnsafeHeader
from tests.wire.ami_peer import AmiPeer, until


class Desk:
    """A client, its peer, and what the client reported."""

    def __init__(self) -> None:
        self.peer = AmiPeer()
        self.packets: list[Packet] = []
        self.ups = 0
        self.downs: list[str] = []
        self.failed: list[str] = []
        self.client = AmiClient(
            "127.0.0.1",
            self.peer.port,
            "engine",
            "secret",
            on_packet=self.packets.append,
            on_up=self._up,
            on_down=self.downs.append,
            on_attempt_failed=self.failed.append,
        )

    def _up(self, client: AmiClient) -> None:
        self.ups += 1

    def start(self) -> Desk:
        self.client.start()
        until(lambda: self.ups)
        return self


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.client.stop()
    desk.peer.close()
    until(lambda: not any(t.name.startswith("ami-") for t in threading.enumerate()))


def test_login_and_an_answer(desk: Desk) -> None:
    desk.start()
    assert desk.client.ask("Ping").get("Ping") == "Pong"
    assert desk.peer.actions[0]["Username"] == "engine"
    assert desk.client.silence_s() < 1


def test_an_error_is_an_exception_with_asterisks_words(desk: Desk) -> None:
    desk.peer.answers["QueueAdd"] = [
        "Response: Error\nActionID: {id}\nMessage: Unable to add interface to queue: No such queue"
    ]
    desk.start()
    with pytest.raises(ActionFailed, match="No such queue"):
        desk.client.ask("QueueAdd", Queue="x")


def test_a_list_ends_with_its_complete_event_and_other_events_pass_by(desk: Desk) -> None:
    desk.peer.answers["CoreShowChannels"] = [
        "Response: Success\nActionID: {id}\nEventList: start",
        "Event: Newchannel\nUniqueid: 9.9",
        "Event: CoreShowChannel\nActionID: {id}\nUniqueid: 1.1",
        "Event: CoreShowChannel\nActionID: {id}\nUniqueid: 1.2",
        "Event: CoreShowChannelsComplete\nActionID: {id}\nEventList: Complete\nListItems: 2",
    ]
    desk.start()
    events = desk.client.ask_list("CoreShowChannels")
    assert [event.get("Uniqueid") for event in events] == ["1.1", "1.2"]
    assert [event.name for event in desk.packets] == ["Newchannel"]


@pytest.mark.parametrize(
    "evil", ["a\r\nAction: Originate", "a\nAction: Originate", "a\rb", "a\0b", "x" * 1100, "\ud800"]
)
@pytest.mark.parametrize("where", ["header", "header name", "variable", "variable name", "action"])
def test_no_value_can_begin_another_action(desk: Desk, evil: str, where: str) -> None:
    desk.start()
    action = {
        "header": lambda: Action("Setvar", {"Value": evil}),
        "header name": lambda: Action("Setvar", {evil: "1"}),
        "variable": lambda: Action("Setvar", {}, {"A": evil}),
        "variable name": lambda: Action("Setvar", {}, {evil: "1"}),
        "action": lambda: Action(evil, {}),
    }[where]()
    before = len(desk.peer.actions)
    with pytest.raises(UnsafeHeader):
        desk.client.send_nowait(action)
    with pytest.raises(UnsafeHeader):
        desk.client.request(action)
    desk.client.ask("Ping")
    assert [a["Action"] for a in desk.peer.actions[before:]] == ["Ping"]


def test_silence_is_pinged_and_survived(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's listener dies after 3 s without traffic; this one asks whether anybody is there."""
    monkeypatch.setattr(ami, "PING_AFTER_SILENCE_S", 0.05)
    monkeypatch.setattr(ami, "SILENCE_S", 0.5)
    desk.start()
    until(lambda: sum(a["Action"] == "Ping" for a in desk.peer.actions) >= 8)
    assert not desk.downs
    desk.peer.send(b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
    until(lambda: desk.packets)


def test_a_busy_line_is_not_pinged(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library pings every 0.5 s, whatever comes."""
    monkeypatch.setattr(ami, "PING_AFTER_SILENCE_S", 0.4)
    desk.start()
    for _ in range(40):
        desk.peer.send(b"Event: Newstate\r\nUniqueid: 1.1\r\n\r\n")
        time.sleep(0.02)  # the traffic itself, not a wait for something
    assert not any(a["Action"] == "Ping" for a in desk.peer.actions)


def test_a_half_open_line_is_given_up_and_made_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "PING_AFTER_SILENCE_S", 0.05)
    monkeypatch.setattr(ami, "SILENCE_S", 0.3)
    desk.start()
    desk.peer.silent = True
    until(lambda: desk.downs)
    assert "silent" in desk.downs[0]
    until(lambda: len(desk.failed) >= 2)
    assert desk.client.silence_s() > 0.3  # attempts that lead nowhere are no sign of life
    desk.peer.silent = False
    until(lambda: desk.ups == 2)
    assert desk.client.ask("Ping").get("Ping") == "Pong"


def test_a_cut_line_fails_the_open_replies_at_once_and_comes_back(desk: Desk) -> None:
    desk.start()
    reply = desk.client.request(Action("Unanswered"))
    desk.peer.cut()
    begun = time.monotonic()
    with pytest.raises(AmiAway):
        reply.wait(20)
    assert time.monotonic() - begun < 10
    until(lambda: desk.ups == 2)
    assert desk.client.reconnects == 1
    assert desk.client.ask("Ping").get("Ping") == "Pong"


def test_fifty_cuts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "backoff_s", lambda: iter([0.001] * 1000))
    desk.start()
    for n in range(50):
        desk.peer.cut()
        until(lambda n=n: desk.ups == n + 2)
    assert desk.client.ask("Ping").get("Ping") == "Pong"


def test_a_pbx_that_logs_in_and_cannot_be_read_is_tried_less_and_less_and_is_back_within_a_second(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an Asterisk that is starting: its manager answers before the modules that are asked for have been loaded."""
    loaded = threading.Event()
    read: list[float] = []

    def up(client: AmiClient) -> None:
        if loaded.is_set():
            read.append(time.monotonic())
        else:
            client.drop_connection("the PBX could not be read")

    monkeypatch.setattr(desk.client, "_on_up", up)
    desk.client.start()
    begun = time.monotonic()
    until(lambda: desk.peer.logins >= 7)
    assert time.monotonic() - begun > 2.5, "0.1, 0.2, 0.3, 0.4, 0.7 and then 1 s apart"
    loaded.set()
    begun = time.monotonic()
    until(lambda: read)
    assert read[0] - begun < 5, "a second, and what the machine is late by"


def test_a_refused_login_is_tried_again(desk: Desk) -> None:
    desk.peer.refuse_login = True
    desk.client.start()
    until(lambda: desk.failed)
    assert "Authentication failed" in desk.failed[0]
    desk.peer.refuse_login = False
    until(lambda: desk.ups)


def test_replies_are_bounded_in_number_and_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library keeps the future of every action that is never answered, for ever."""
    monkeypatch.setattr(ami, "AMI_OPEN_REPLIES", 5)
    desk.start()
    replies = [desk.client.request(Action("Unanswered"), timeout_s=0.3) for _ in range(5)]
    with pytest.raises(AmiAway, match="too many"):
        desk.client.request(Action("Unanswered"))
    for reply in replies:
        with pytest.raises(AmiAway):
            reply.wait(5)
    assert not desk.client._replies
    assert desk.client.ask("Ping").get("Ping") == "Pong"


def test_a_late_answer_is_nobodys(desk: Desk) -> None:
    desk.start()
    desk.peer.send(b"Response: Success\r\nActionID: rm-4711\r\n\r\nResponse: Success\r\n\r\n")
    assert desk.client.ask("Ping").get("Ping") == "Pong"


def test_threads_write_whole_actions(desk: Desk) -> None:
    """The library writes without a lock, and what `send` did not take is lost."""
    desk.start()
    value = "v" * 900

    def write() -> None:
        for _ in range(100):
            desk.client.send_nowait(Action("Setvar", {"Value": value}))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    until(lambda: sum(a["Action"] == "Setvar" for a in desk.peer.actions) == 400)
    assert all(a["Value"] == value for a in desk.peer.actions if a["Action"] == "Setvar")


def test_a_peer_that_reads_nothing_never_holds_the_sender(desk: Desk) -> None:
    """The dispatcher writes: it may lose the connection, never its time."""
    server = socket.create_server(("127.0.0.1", 0))
    client = AmiClient("127.0.0.1", server.getsockname()[1], "u", "s", on_packet=lambda packet: None)
    client.connect()
    peer, _ = server.accept()
    longest = 0.0
    for _ in range(100_000):
        begun = time.monotonic()
        sent = client.send_nowait(Action("Setvar", {"Value": "v" * 900}))
        longest = max(longest, time.monotonic() - begun)
        if not sent:
            break
    assert not sent
    assert longest < 5
    client.stop()
    client._drop("test")
    peer.close()
    server.close()
    desk.start()


def test_a_flood_is_read_faster_than_it_comes(desk: Desk) -> None:
    """2,000 events a second for a second must take the reader far less than that, in pieces of any size."""
    desk.start()
    event = (
        "Event: Newexten\r\nPrivilege: dialplan,all\r\n"
        + "".join(f"Header{n}: value {n}\r\n" for n in range(20))
        + "\r\n"
    ).encode()
    data = event * 4000
    begun = time.monotonic()
    for at in range(0, len(data), 1337):
        desk.peer.send(data[at : at + 1337])
    until(lambda: len(desk.packets) == 4000)
    assert time.monotonic() - begun < 10
    assert all(packet.get("Header19") == "value 19" for packet in desk.packets)


def test_what_is_no_ami_ends_the_connection(desk: Desk) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    failed: list[str] = []
    client = AmiClient(
        "127.0.0.1", server.getsockname()[1], "u", "s", on_packet=lambda packet: None, on_attempt_failed=failed.append
    )
    client.start()
    peer, _ = server.accept()
    peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    until(lambda: failed)
    assert "SSH-2.0" in failed[0]
    client.stop()
    peer.close()
    server.close()
    desk.start()
