"""The edge on real Kamailio in front of two real Asterisks: calls spread, a node is lost and comes back, strangers.

The Asterisks have no engine: each answers a citizen by itself, in the safety net, which is enough to be called.
"""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Self

import pytest
from centre import NUMBER, wait_for
from edges import kamailio
from node import Node

from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine.settings import default_rules
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua

pytestmark = pytest.mark.timeout(180)
SOON_S = 20.0


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return load(default_rules())


def test_calls_spread_over_the_nodes_and_miss_one_that_is_lost(tmp_path: Path, rules: Ruleset, loop: Loop) -> None:
    taken: set[int] = set()
    with ExitStack() as stack:
        nodes = [Node(tmp_path / f"node{number}", rules, taken) for number in (1, 2)]
        for node in nodes:
            stack.callback(node.pbx.stop)
            node.pbx.start()
        address = stack.enter_context(kamailio(tmp_path / "edge", rules, [node.sip for node in nodes]))
        citizen = Ua(loop, "01012345678", address)
        stack.callback(citizen.close)
        wait_for(lambda: probe(address) == "200", SOON_S)

        def tried() -> Dialog | None:
            dialog = citizen.call(NUMBER)
            wait_for(lambda: dialog.answered.is_set() or dialog.ended.is_set(), SOON_S)
            assert dialog.status in (200, 503)
            return dialog if dialog.answered.is_set() else None

        def call() -> Dialog:
            """A call that is answered, by whichever node. On a busy machine both may miss a probe: then it is 503."""
            answered: Dialog = wait_for(tried, SOON_S)
            return answered

        def calls(number: int) -> list[int]:
            """So many calls, one after the other; which node has answered each."""
            dialogs = [call() for _ in range(number)]
            answered = [next(at for at, node in enumerate(nodes) if f":{node.sip[1]}" in one.target) for one in dialogs]
            for one in dialogs:
                one.hang_up()
            return answered

        def in_turn(number: int) -> bool:
            """Evenly, to the call. A probe that a busy machine misses breaks the turn."""
            answered = calls(number)
            return all(one != other for one, other in pairwise(answered))

        wait_for(lambda: in_turn(8), SOON_S * 2)
        for node in nodes:  # each BYE has found its node
            wait_for(lambda node=node: node.channels() == 0, SOON_S)

        # --- the first node dies: one of two calls before anybody knows; then it is asked whether it lives, and no more
        nodes[0].kill()
        assert calls(2) == [1, 1]
        with Line(*nodes[0].sip) as dead:
            assert calls(2) == [1, 1]
            heard: list[bytes] = []
            wait_for(lambda: heard.extend(dead.heard()) or heard, SOON_S)
            assert {one.split()[0] for one in heard} == {b"OPTIONS"}

        # --- and is back
        nodes[0].pbx.start()
        wait_for(lambda: in_turn(4), SOON_S * 2)


def test_strangers_hear_nothing_and_nobody_is_sent_where_they_say(tmp_path: Path) -> None:
    rules = load(default_rules(), ['trunks.carriers=[{name: kt, addresses: ["127.0.0.2"]}]'])
    with (
        Line("127.0.0.4") as node,
        kamailio(tmp_path / "edge", rules, [node.address]) as address,
        Line("127.0.0.2") as carrier,
        Line("127.0.0.3") as stranger,
    ):
        # A node that answers no probe gets no call; one that does, does.
        wait_for(lambda: carrier.ask(address, "OPTIONS", f"sip:{address[0]}") == "503", SOON_S)
        assert carrier.ask(address, "INVITE", f"sip:{NUMBER}@{address[0]}") == "503"
        wait_for(lambda: node.answer_probe() and carrier.ask(address, "OPTIONS", f"sip:{address[0]}") == "200", SOON_S)
        for method in ("OPTIONS", "INVITE", "REGISTER"):
            assert stranger.ask(address, method, f"sip:{NUMBER}@{address[0]}", within_s=0.2) is None
        assert stranger.heard() == []
        assert carrier.ask(address, "REGISTER", f"sip:{address[0]}") == "405"
        # A way of the caller's own: with a Route, or in a call that there never was, to somewhere else.
        elsewhere = f"sip:1@{stranger.address[0]}:{stranger.address[1]}"
        route = f"Route: <{elsewhere};lr>\r\n"
        assert carrier.ask(address, "INVITE", f"sip:{NUMBER}@{address[0]}", extra=route) == "403"
        assert carrier.ask(address, "BYE", elsewhere, extra=route, tag=";tag=x") == "403"
        assert carrier.ask(address, "BYE", elsewhere, tag=";tag=x", within_s=0.2) is None
        # A node's own calls begin elsewhere.
        assert node.ask(address, "INVITE", f"sip:{NUMBER}@{address[0]}") == "403"
        # Too long, and no SIP at all.
        long = f"X-Long: {'x' * 5000}\r\n"
        assert carrier.ask(address, "OPTIONS", f"sip:{address[0]}", extra=long, within_s=0.2) is None
        carrier.socket.sendto(b"\0\xff\r\n\r\n" * 20, address)
        assert carrier.ask(address, "OPTIONS", f"sip:{address[0]}") in ("200", "503")
        assert stranger.heard() == []


class Line:
    """A socket that speaks a little SIP from an address of its own."""

    def __init__(self, host: str, port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.address: tuple[str, int] = self.socket.getsockname()
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(
        self, to: tuple[str, int], method: str, uri: str, *, extra: str = "", tag: str = "", within_s: float = 5.0
    ) -> str | None:
        """One request; the status of the final answer, None when there is none in time."""
        self._number += 1
        here = f"{self.address[0]}:{self.address[1]}"
        call_id = f"{method}{self._number}-{here}"
        text = (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bK{self._number}x{self.address[1]}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:01012345678@{here}>;tag=a\r\nTo: <{uri}>{tag}\r\nCall-ID: {call_id}\r\n"
            f"CSeq: {self._number} {method}\r\nContact: <sip:{here}>\r\n{extra}Content-Length: 0\r\n\r\n"
        )
        self.socket.sendto(text.encode(), to)
        deadline = time.monotonic() + within_s
        while (left_s := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left_s)
            try:
                heard = self.socket.recv(65536).decode("utf-8", "replace")
            except TimeoutError:
                return None
            if heard.startswith("SIP/2.0 ") and call_id in heard and not heard.startswith("SIP/2.0 1"):
                return heard.split()[1]
        return None

    def answer_probe(self) -> bool:
        """Answer one OPTIONS of the edge's; whether there was one."""
        self.socket.settimeout(3.0)
        try:
            asked, peer = self.socket.recvfrom(65536)
        except TimeoutError:
            return False
        names = ("via:", "from:", "to:", "call-id:", "cseq:")
        kept = [line for line in asked.decode().split("\r\n") if line.lower().startswith(names)]
        kept = [line + ";tag=n" if line.lower().startswith("to:") else line for line in kept]
        self.socket.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), peer)
        return True

    def heard(self) -> list[bytes]:
        """What has come and was not read."""
        self.socket.settimeout(0.0)
        found = []
        while True:
            try:
                found.append(self.socket.recv(65536))
            except BlockingIOError:
                return found


def probe(address: tuple[str, int]) -> str | None:
    """What a carrier's OPTIONS is answered with."""
    with Line("127.0.0.1") as line:
        return line.ask(address, "OPTIONS", f"sip:{address[0]}", within_s=0.5)
