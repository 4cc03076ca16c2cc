"""The AMI client: asterisk-ami's client and actions, with the parts of it that fail under load or attack replaced.

What is mended, each with a wire test in tests/wire/test_ami_client.py:
* the library's listener dies after 3 s without traffic: `listen` has its own loop, silence is measured, not fatal;
* `send` may write a part and has no lock: `sendall` under a lock, and a write that can't go on ends the connection;
* 1 KiB reads cut by a regular expression: 64 KiB reads and a linear framer (acd/ami/packets.py);
* futures of actions that are never answered stay for ever: replies are bounded in number and in time;
* CR, LF and NUL in a value inject an action: refused for every header of every action;
* its `AutoReconnect` pings every 0.5 s: one keeper thread pings only a silent line, and reconnects with a backoff.

The reader thread only parses and hands on, `on_packet` must not block: a reader that stalls for 100 ms loses its
session (Asterisk's `writetimeout`). Nothing here knows of contacts or agents.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from asterisk.ami import Action, AMIClient

from acd.ami.packets import AmiError, Framer, NotAnAmiPeer, Packet, encode, parse
from dialplan.limits import AMI_LIST_EVENTS, AMI_OPEN_REPLIES, AMI_REPLY_S

PING_AFTER_SILENCE_S = 0.7
SILENCE_S = 2.0  # then the PBX counts as out of sight, and the connection is made anew
STABLE_S = 5.0  # a connection that lasted less does not reset the backoff
SEND_TIMEOUT_S = 0.15  # the dispatcher sends: longer than that it must not be held up
RECEIVE_BYTES = 1 << 16


class AmiAway(AmiError):
    """There is no connection, or it went away before the answer came."""


class ActionFailed(AmiError):
    """Asterisk answered `Error`; the message is Asterisk's."""


class Reply:
    """The answer to one action: its response and, for a list, the events up to `EventList: Complete`."""

    __slots__ = ("_done", "callback", "deadline", "error", "events", "is_list", "response")

    def __init__(self, is_list: bool, deadline: float, callback: Callable[[Packet], None] | None = None) -> None:
        self._done = threading.Event()
        self.is_list, self.deadline, self.callback = is_list, deadline, callback
        self.response: Packet | None = None
        self.events: list[Packet] = []
        self.error: AmiError | None = None

    def finish(self, error: AmiError | None = None) -> None:
        """Called once by the client: the answer is complete, or there will be none."""
        self.error = error
        self._done.set()
        if self.callback is not None and self.response is not None:
            self.callback(self.response)

    def complete(self, timeout_s: float) -> bool:
        """Whether the answer, or the word that there will be none, came within the time."""
        return self._done.wait(timeout_s)

    def wait(self, timeout_s: float = AMI_REPLY_S) -> Packet:
        """The response. Raises AmiAway, or ActionFailed with Asterisk's message."""
        if not self._done.wait(timeout_s):
            raise AmiAway("no answer in time")
        if self.error is not None:
            raise self.error
        assert self.response is not None
        if self.response.status.lower() == "error":
            raise ActionFailed(self.response.get("Message") or "no message")
        return self.response


def _nothing(_: object) -> None:
    """For callbacks that nobody wants."""


def backoff_s() -> Iterator[float]:
    """Seconds to wait before each further try to connect: soon at first, 1 s at most (the state is promised in 2)."""
    delay = 0.1
    while True:
        yield delay
        delay = min(delay * 1.6, 1.0)


class AmiClient(AMIClient):  # type: ignore[misc]
    """One connection to one Asterisk, made again for as long as it runs. All methods are thread-safe.

    `on_packet(event)` is called by the reader thread for every event that is not part of an answer;
    `on_up(client)` by the keeper thread after each login, and may wait for answers; `on_down(why)` after each loss.
    """

    def __init__(
        self,
        address: str,
        port: int,
        user: str,
        secret: str,
        *,
        on_packet: Callable[[Packet], None],
        on_up: Callable[[AmiClient], None] = _nothing,
        on_down: Callable[[str], None] = _nothing,
        on_attempt_failed: Callable[[str], None] = _nothing,
        events: bool = True,
    ) -> None:
        """Without `events` only answers come."""
        super().__init__(address=address, port=port)
        self._user, self._secret = user, secret
        self._on_packet, self._on_up = on_packet, on_up
        self._on_down, self._on_attempt_failed = on_down, on_attempt_failed
        self._socket: socket.socket | None = None
        self._write_lock = threading.Lock()
        self._replies: dict[str, Reply] = {}
        self._replies_lock = threading.Lock()
        self._events = "on" if events else "off"
        self._closing = threading.Event()
        self._lost = threading.Event()
        self._lost_why = ""
        self._keeper = threading.Thread(target=self._keep, name="ami-keeper", daemon=True)
        self._heard_at = self._seen_at = time.monotonic()
        self.logged_in = threading.Event()
        self.refused = False  # at the latest try to connect: nobody listens there
        self.reconnects = -1  # the first login makes it 0

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Connect in the background, and go on doing so until `stop`."""
        self._keeper.start()

    def stop(self) -> None:
        """End the connection and the threads; bounded to about two seconds."""
        self._closing.set()
        self._lose("stopped")
        if self._keeper.is_alive():
            self._keeper.join(3.0)

    def drop_connection(self, why: str) -> None:
        """End this connection; another is made at once."""
        self._lose(why)

    def silence_s(self) -> float:
        """Seconds since anything was heard on a connection that was logged in (since the start, when none was)."""
        return time.monotonic() - (self._heard_at if self.logged_in.is_set() else self._seen_at)

    # -- actions ------------------------------------------------------------------------------------------------

    def send_nowait(self, action: Action) -> bool:
        """Send without an answer being awaited. False when there is no connection. Raises UnsafeHeader."""
        try:
            self.send(action)
        except AmiAway:
            return False
        return True

    def request(
        self,
        action: Action,
        is_list: bool = False,
        timeout_s: float = AMI_REPLY_S,
        callback: Callable[[Packet], None] | None = None,
    ) -> Reply:
        """Send, and return the Reply to wait for. Raises AmiAway, UnsafeHeader."""
        reply = Reply(is_list, time.monotonic() + timeout_s, callback)
        with self._replies_lock:
            if len(self._replies) >= AMI_OPEN_REPLIES:
                raise AmiAway("too many actions without an answer")
            action_id = f"rm-{self.next_action_id()}"
            action.keys["ActionID"] = action_id
            self._replies[action_id] = reply
        try:
            self.send(action)
        except AmiError:
            with self._replies_lock:
                self._replies.pop(action_id, None)
            raise
        return reply

    def send_action(self, action: Action, callback: Callable[[Packet], None] | None = None) -> Reply:
        """The library's name for `request`."""
        return self.request(action, callback=callback)

    def ask(self, name: str, timeout_s: float = AMI_REPLY_S, **headers: str) -> Packet:
        """One action and its response. Raises AmiAway, ActionFailed, UnsafeHeader."""
        return self.request(Action(name, dict(headers)), timeout_s=timeout_s).wait(timeout_s)

    def ask_list(self, name: str, timeout_s: float = AMI_REPLY_S, **headers: str) -> list[Packet]:
        """One action and the events of its answer, without the closing one. Raises as `ask`."""
        reply = self.request(Action(name, dict(headers)), is_list=True, timeout_s=timeout_s)
        reply.wait(timeout_s)
        return reply.events

    def send(self, pack: Action) -> None:
        """All of the action's bytes, or the connection ends: half an action must not be followed by another."""
        data = encode(pack)
        with self._write_lock:
            connection = self._socket
            if connection is None or self._lost.is_set():
                raise AmiAway("no connection")
            try:
                connection.sendall(data)
            except OSError as error:
                self._lose(f"write failed: {error}")
                raise AmiAway(self._lost_why) from error

    # -- the connection -------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """One connection and its reader thread. Raises OSError."""
        self._lost.clear()
        connection = socket.create_connection((self._address, self._port), timeout=2.0)
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        send_timeout = struct.pack("ll", 0, int(SEND_TIMEOUT_S * 1e6))  # a struct timeval
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, send_timeout)
        self._socket = connection
        self._thread = threading.Thread(target=self.listen, args=(connection,), name="ami-reader", daemon=True)
        self._thread.start()

    def listen(self, connection: socket.socket | None = None) -> None:
        """The reader thread: until the stream ends, `_lose` closes it, or what comes is no AMI."""
        connection = connection or self._socket
        assert connection is not None
        framer = Framer()
        why = "closed by Asterisk"
        try:
            while data := connection.recv(RECEIVE_BYTES):
                self._heard_at = time.monotonic()
                for raw in framer.feed(data):
                    packet = parse(raw)
                    if packet is not None:
                        self._dispatch(packet)
        except (OSError, AmiError) as error:
            why = str(error)
        if connection is self._socket:
            self._lose(why)

    def _dispatch(self, packet: Packet) -> None:
        action_id = packet.headers.get("ActionID")
        if action_id is None:
            if packet.name:
                self._on_packet(packet)
            return
        with self._replies_lock:
            reply = self._replies.get(action_id)
            if reply is None:
                return  # given up, or Asterisk's answer to an action nobody waits for
            if not packet.name:
                reply.response = packet
                finished = not reply.is_list or packet.status.lower() == "error"
            elif packet.get("EventList").lower() == "complete":
                finished = True
            else:
                if len(reply.events) >= AMI_LIST_EVENTS:
                    raise NotAnAmiPeer(f"an answer of more than {AMI_LIST_EVENTS} events")
                reply.events.append(packet)
                finished = False
            if finished:
                del self._replies[action_id]
        if finished:
            reply.finish()

    def _lose(self, why: str) -> None:
        """Mark the connection as lost and wake everyone who waits on it. Any thread, any number of times."""
        if not self._lost.is_set():
            self._lost_why = why
            self._lost.set()
        connection = self._socket
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _fail_replies(self, error: AmiError, before: float = float("inf")) -> None:
        with self._replies_lock:
            late = [key for key, reply in self._replies.items() if reply.deadline <= before]
            replies = [self._replies.pop(key) for key in late]
        for reply in replies:
            reply.finish(error)

    # -- the keeper -----------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        delays = backoff_s()
        while not self._closing.is_set():
            try:
                self.connect()
                self._log_in()
            except (OSError, AmiError) as error:
                self.refused = isinstance(error, ConnectionRefusedError)
                self._drop(f"{error}")
                self._on_attempt_failed(self._lost_why or str(error))
                self._closing.wait(next(delays))
                continue
            self.reconnects, self.refused = self.reconnects + 1, False
            since = time.monotonic()
            # In a thread of its own, so that reading the PBX's state never delays a ping.
            threading.Thread(target=self._on_up, args=(self,), name="ami-up", daemon=True).start()
            self._watch()
            why = self._lost_why
            self._drop(why)
            self._on_down(why)
            if time.monotonic() - since > STABLE_S:
                delays = backoff_s()
            if not self._closing.is_set():
                self._closing.wait(next(delays))

    def _log_in(self) -> None:
        """Raises AmiAway, ActionFailed."""
        deadline = time.monotonic() + SILENCE_S
        reply = self.request(Action("Login", {"Username": self._user, "Secret": self._secret, "Events": self._events}))
        while not reply.complete(0.05):
            if self._lost.is_set():
                raise AmiAway(self._lost_why)
            if time.monotonic() > deadline:
                raise AmiAway("no answer to the login")
        reply.wait(0)
        self._heard_at = time.monotonic()
        self.logged_in.set()

    def _watch(self) -> None:
        """Until the connection is lost: ping a silent line, give up one that stays silent, drop late replies."""
        pinged_at = 0.0
        while not self._lost.wait(0.1):
            now = time.monotonic()
            silent_s = now - self._heard_at
            if silent_s >= SILENCE_S:
                self._lose(f"silent for {silent_s:.1f} s")
            elif silent_s >= PING_AFTER_SILENCE_S and now - pinged_at >= PING_AFTER_SILENCE_S:
                pinged_at = now
                self.send_nowait(Action("Ping"))
            self._fail_replies(AmiAway("no answer in time"), before=now)

    def _drop(self, why: str) -> None:
        if self.logged_in.is_set():
            self._seen_at = self._heard_at
        self.logged_in.clear()
        self._lose(why)
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()
        thread: Any = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(1.0)
        self._fail_replies(AmiAway(why))
