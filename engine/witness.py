"""What a running engine and its PBX say while a call is made: the engine's stream of facts, and the call's id.

Reads only. Whatever is away means that nothing is said, never an error: the call itself needs neither.
"""

from __future__ import annotations

import http.client
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from acd.ami.client import AmiClient
from acd.ami.packets import AmiError
from engine import ready


@contextmanager
def facts(known: ready.Ready) -> Iterator[queue.SimpleQueue[dict[str, object]]]:
    """The engine's facts as they come. An engine that has no stream, or dies, means no facts, not an error."""
    heard: queue.SimpleQueue[dict[str, object]] = queue.SimpleQueue()
    line = http.client.HTTPConnection(known.http.host, known.http.port, timeout=15)
    joined = threading.Event()

    def read() -> None:
        with suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
            line.request("GET", "/events")
            answer = line.getresponse()
            joined.set()
            while answer.status == http.HTTPStatus.OK and (raw := answer.readline()):
                if raw.strip():
                    heard.put(json.loads(raw))
        joined.set()

    threading.Thread(target=read, name="facts", daemon=True).start()
    joined.wait(3.0)
    try:
        yield heard
    finally:
        # Closing the socket under the reader ends it; closing the response would wait for it.
        if line.sock is not None:
            with suppress(OSError):
                line.sock.close()


def uniqueid_of(known: ready.Ready, number: str) -> str | None:
    """The channel's Uniqueid, which is the contact's id, by the number that calls."""
    client = AmiClient(known.ami.host, known.ami.port, known.ami.user, known.ami.secret, on_packet=lambda _: None)
    client.start()
    try:
        if not client.logged_in.wait(3.0):
            return None
        for channel in client.ask_list("CoreShowChannels"):
            if channel.get("CallerIDNum") == number:
                return channel.get("Uniqueid")
    except AmiError:
        return None
    finally:
        client.stop()
    return None
