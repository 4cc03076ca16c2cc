"""One connection of the pages' server: uvicorn's, and no client holds its place by silence, by slowness, or unread.

A head must be whole within WEB_HEAD_S, whatever drips in; when all places are taken, whoever has connected first and
asked nothing yet makes room; an answer that is not taken within WEB_SEND_S ends it. Knows no page.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from dialplan.limits import WEB_HEAD_S, WEB_SEND_S


class Connection(H11Protocol):  # type: ignore[misc, unused-ignore]  # typed only where uvicorn is installed
    """Lives on the server's event loop."""

    _asks_until: asyncio.TimerHandle | None = None
    _takes_until: asyncio.TimerHandle | None = None
    _since = 0.0

    def connection_made(self, transport: Any) -> None:
        """A client has come."""
        super().connection_made(transport)
        # Else some answers, however old, would pass for taken, and one that ends would wait for them for ever.
        transport.set_write_buffer_limits(high=0)
        self._since = self.loop.time()
        self._watch()
        self._make_room()

    def _make_room(self) -> None:
        """The server refuses a request when all places are taken, by whomever."""
        if self.limit_concurrency is None or len(self.connections) < self.limit_concurrency:
            return
        others = [one for one in self.connections if isinstance(one, Connection) and one is not self and one.silent]
        for one in sorted(others, key=lambda one: one._since)[: len(self.connections) - self.limit_concurrency + 1]:  # noqa: SLF001 - of its own class
            self.connections.discard(one)
            one.transport.close()  # it was asked nothing, so it owes nothing

    @property
    def silent(self) -> bool:
        """Whether it has asked for nothing yet."""
        return self.cycle is None

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        super().connection_lost(exc)
        for timer in (self._asks_until, self._takes_until):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Part of a head, or of a body."""
        super().data_received(data)
        self._watch()

    def pause_writing(self) -> None:
        """Something that was written is not taken yet."""
        super().pause_writing()
        self._takes_until = self.loop.call_later(WEB_SEND_S, self.transport.abort)

    def resume_writing(self) -> None:
        """All of it is."""
        super().resume_writing()
        if self._takes_until is not None:
            self._takes_until.cancel()

    def _watch(self) -> None:
        """The time runs while a head is awaited or half there, and is not set anew by its bytes."""
        asking = self.cycle is None or self.cycle.response_complete
        if not asking and self._asks_until is not None:
            self._asks_until.cancel()
            self._asks_until = None
        elif asking and self._asks_until is None:
            self._asks_until = self.loop.call_later(WEB_HEAD_S, self._gave_nothing)

    def _gave_nothing(self) -> None:
        """Unless an answer has been begun meanwhile, it ends."""
        self._asks_until = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self._watch()
