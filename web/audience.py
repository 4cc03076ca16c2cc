"""Everyone who looks at the wallboard: the newest screen, sent to all of them as server-sent events.

A screen is whole, so a viewer who is slow gets fewer of them and never old ones, and nothing is queued for anybody.
Screens are encoded once for all. The number of viewers is bounded; one who takes nothing for WEB_SEND_S is let go.
"""

from __future__ import annotations

import asyncio
from typing import Any

from dialplan.limits import WEB_SEND_S, WEB_VIEWERS

RETRY_MS = 1000  # how soon a browser connects again


class Audience:
    """Lives on one event loop."""

    def __init__(self, most: int = WEB_VIEWERS) -> None:
        self.someone = asyncio.Event()
        self.latest: bytes | None = None
        self._most = most
        self._viewers = 0
        self._turn: asyncio.Future[None] | None = None
        self._closing = False

    @property
    def viewers(self) -> int:
        """How many look now."""
        return self._viewers

    def show(self, screen: bytes) -> None:
        """One line of JSON, for everyone."""
        self.latest = b"data: " + screen + b"\n\n"
        self._wake()

    def close(self) -> None:
        """The end, for everyone."""
        self._closing = True
        self._wake()

    def seat(self) -> Viewer | None:
        """A place as a response, or None when all are taken."""
        return Viewer(self) if self._viewers < self._most and not self._closing else None

    def _wake(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None and not turn.done():
            turn.set_result(None)

    def _next(self) -> asyncio.Future[None]:
        """Done when there is a newer screen."""
        if self._turn is None:
            self._turn = asyncio.get_running_loop().create_future()
        return self._turn


class Viewer:
    """One browser's stream, as an ASGI response."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send screens until the browser has gone or the audience is closed."""
        del scope
        audience = self._audience
        audience._viewers += 1  # noqa: SLF001 - a viewer is a part of its audience
        audience.someone.set()
        gone = asyncio.ensure_future(_gone(receive))
        try:
            headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _send(send, f"retry: {RETRY_MS}\n\n".encode())
            while not gone.done() and not audience._closing:  # noqa: SLF001 - as above
                turn = audience._next()  # noqa: SLF001 - as above
                if audience.latest is not None:
                    await _send(send, audience.latest)
                await asyncio.wait({gone, turn}, return_when=asyncio.FIRST_COMPLETED)
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            return
        finally:
            gone.cancel()
            audience._viewers -= 1  # noqa: SLF001 - as above
            if not audience._viewers:  # noqa: SLF001 - as above
                audience.someone.clear()
                audience.latest = None  # whoever comes next must not see it as news


async def _send(send: Any, body: bytes) -> None:
    async with asyncio.timeout(WEB_SEND_S):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
