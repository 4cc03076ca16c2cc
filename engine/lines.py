"""The engine's lines to its Asterisks: each connected, read after every login, and given up when it has died.

A PBX has died when nobody listens at its AMI's address any more, when it says that it has begun anew, or when it has
been away for long and none of its calls has a session left. Then who waited there is called back where the rules
allow it, and who talked there does not any more. One that is only out of sight is waited for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from acd.ami.client import AmiClient
from acd.ami.names import marked
from acd.ami.packets import AmiError
from acd.ami.pbx import AmiPbx
from acd.ami.tape import AmiTape, Tapes
from acd.callbacks.book import CallbackBook
from acd.callfiles import CallFiles
from acd.dispatcher import Dispatcher
from acd.nodes import Nodes
from acd.pbx import Pbx
from acd.port import Booking
from acd.reconcile import read as read_pbx
from engine import credentials
from engine.logs import Sparing
from engine.settings import RunSettings
from ivr.recorder import Tape

AWAY_S = 30.0  # then its waiting callers' sessions are over too (acd.dispatcher.TO_SAFETY_NET_S)
REMEMBER_WITHIN_S = 1.0  # it takes some hundredths; a schema that is being migrated is not waited for

_log = structlog.get_logger(__name__)


class Line:
    """One Asterisk. `mark` is its name where there are several, else ""."""

    def __init__(self, lines: Lines, settings: RunSettings, mark: str) -> None:
        self._lines = lines
        self.name, self.mark = settings.node, mark
        self._trouble = Sparing()  # it is tried several times a second
        self._lost_at: float | None = None
        self._given_up = False
        self._started = ""
        secret = credentials.load_or_make(settings.state).ami_secret
        self.client = AmiClient(
            settings.ami_host,
            settings.ami_port,
            credentials.AMI_USER,
            secret,
            on_packet=lines.packet_of(mark),
            on_up=self._up,
            on_down=self._down,
            on_attempt_failed=self._failed,
        )
        self.pbx = AmiPbx(self.client, CallFiles(settings.spool))

    def _down(self, why: str) -> None:
        if not self._lines.stopping:
            self._lost_at = time.monotonic()
            self._trouble(_log.error, "ami.lost", node=self.name, why=why)

    def _failed(self, why: str) -> None:
        """A try to connect has failed. See the first lines of this file for what that says."""
        self._trouble(_log.warning, "ami.not_connected", node=self.name, why=why)
        self._lines.dispatcher.pbx_not_there(self.mark)
        if self._lost_at is None or self._given_up:
            return
        long_away = time.monotonic() - self._lost_at >= AWAY_S and not self._lines.sessions_of(self.name)
        if self.client.refused or long_away:
            self._died("nobody listens" if self.client.refused else "away for long")

    def _up(self, client: AmiClient) -> None:
        """After each login: read the PBX anew. A failed reading ends the connection, which makes another."""
        dispatcher = self._lines.dispatcher
        dispatcher.begin_reread(self.mark)
        begun = time.monotonic()
        self._lines.wait_for_memory()
        try:
            seen = read_pbx(client, self.mark)
        except AmiError as error:
            self._trouble(_log.error, "pbx.not_read", node=self.name, error=str(error))
            client.drop_connection(f"the PBX could not be read: {error}")
            return
        if self._started not in ("", seen.started) and not self._given_up:
            self._died("another one runs")
        self._started, self._given_up, self._lost_at = seen.started, False, None
        dispatcher.reread(seen)
        self._lines.callbacks.answered_meanwhile(seen.called_back)
        _log.info("ami.connected", node=self.name, reconnects=client.reconnects, read_s=time.monotonic() - begun)

    def _died(self, how: str) -> None:
        self._given_up = True
        dispatcher = self._lines.dispatcher
        waited = dispatcher.pbx_died(self.mark)
        booked = self._lines.callbacks.keep_lost(waited)
        dispatcher.pbx_gone(self.mark, booked)
        kept = sum(result is Booking.KEPT for result in booked.values())
        _log.error("pbx.died", node=self.name, how=how, waited=len(waited), called_back=kept)


class Lines:
    """All of them. `dispatcher` and `callbacks` are set before `start`."""

    dispatcher: Dispatcher
    callbacks: CallbackBook

    def __init__(
        self, settings: RunSettings, *, sessions_of: Callable[[str], int], remembered: threading.Event
    ) -> None:
        """`sessions_of(node)`: how many of its calls have a session.

        `remembered`: what the journal knows has been told to the dispatcher.
        """
        self.stopping = False
        self.sessions_of = sessions_of
        self._remembered = remembered
        several = len(settings.pbxes) > 1
        self._lines = [Line(self, one, one.node if several else "") for one in settings.pbxes]

    @property
    def marks(self) -> Sequence[str]:
        """The nodes' names where there are several, else ""."""
        return [line.mark for line in self._lines]

    def pbx(self) -> Pbx:
        """All of them as the dispatcher knows them."""
        if len(self._lines) == 1:
            return self._lines[0].pbx
        return Nodes({line.mark: line.pbx for line in self._lines})

    def tape(self) -> Tape:
        """The recordings of all of them."""
        if len(self._lines) == 1:
            return AmiTape(self._lines[0].client)
        return Tapes({line.mark: AmiTape(line.client) for line in self._lines})

    def packet_of(self, mark: str) -> Callable[..., None]:
        """What is done with a packet of this node."""
        if not mark:
            return lambda packet: self.dispatcher.packet(packet)  # noqa: PLW0108 - it is made later
        return lambda packet: self.dispatcher.packet(marked(packet, mark))

    def wait_for_memory(self) -> None:
        """Until what the journal knows has been told to the dispatcher, bounded."""
        if not self._remembered.wait(REMEMBER_WITHIN_S):
            _log.warning("journal.not_remembered_in_time")

    def start(self) -> None:
        """Connect, and stay connected."""
        for line in self._lines:
            line.client.start()

    def stop(self) -> None:
        """End all connections."""
        self.stopping = True
        for line in self._lines:
            line.client.stop()

    def connected(self) -> dict[str, bool]:
        """By the nodes' names."""
        return {line.name: line.client.logged_in.is_set() for line in self._lines}

    def reconnects(self) -> dict[str, int]:
        """Since the start, by the nodes' names."""
        return {line.name: max(0, line.client.reconnects) for line in self._lines}

    def away(self) -> list[str]:
        """Those that are not connected."""
        return [name for name, there in self.connected().items() if not there]
