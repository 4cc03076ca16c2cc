"""The engine's snapshot, fetched anew whenever something has happened: an asyncio client of /events and /snapshot.json.

An event is only the sign that figures have changed; the figures are always a whole snapshot, so that none can be
missed, counted twice or added up differently from the engine. At most one snapshot every GAP_S, at least one every
PERIOD_S, and none while nobody looks. Knows HTTP/1.0 and boards; nothing of pages.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dialplan.limits import FACT_LINE_BYTES, SNAPSHOT_BYTES
from web.board import Board, BoardError, read

GAP_S = 0.1  # so that a storm of events costs the engine ten snapshots a second, not hundreds
PERIOD_S = 1.0
WITHIN_S = 2.0  # a step of a request; then the engine does not answer
RETRY_S = 0.5


class Problem(StrEnum):
    """Why there is no fresh board; each has its words in web.words.WALLBOARD."""

    NOT_RUNNING = "not_running"
    NO_ANSWER = "no_answer"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Seen:
    """The last board (None: there never was one), what is wrong now, and the newest event's time on the engine's clock.

    Times are epoch seconds.
    """

    board: Board | None
    problem: Problem | None
    fact_at: float | None


class _Failed(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


Find = Callable[[], tuple[str, int] | None]


class Feed:
    """Runs on one event loop. `find` says where the engine's HTTP is now (None: no centre runs)."""

    def __init__(self, find: Find, show: Callable[[Seen], None], someone: asyncio.Event) -> None:
        """`show` gets every board and every problem; `someone` is set while anybody looks."""
        self._find = find
        self._show = show
        self._someone = someone
        self._board: Board | None = None
        self._fact_at: float | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._someone.wait()
            try:
                await self._follow()
            except _Failed as failed:
                self._show(Seen(self._board, failed.problem, self._fact_at))
                await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        """One connection to /events, and snapshots beside it, until it ends or nobody looks."""
        address = self._find()
        if address is None:
            raise _Failed(Problem.NOT_RUNNING)
        reader, writer = await _ask(address, "/events")
        changed = asyncio.Event()
        listening = asyncio.create_task(self._listen(reader, changed))
        try:
            while self._someone.is_set():
                changed.clear()
                await self._look(address)
                await asyncio.sleep(GAP_S)
                if listening.done():
                    raise _Failed(Problem.NO_ANSWER)
                waiting = asyncio.create_task(changed.wait())
                await asyncio.wait({waiting, listening}, timeout=PERIOD_S - GAP_S, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
        finally:
            listening.cancel()
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, changed: asyncio.Event) -> None:
        """Returns when the stream ends."""
        while line := await _line(reader):
            if line.strip():
                self._fact_at = _at(line) or self._fact_at
                changed.set()

    async def _look(self, address: tuple[str, int]) -> None:
        reader, writer = await _ask(address, "/snapshot.json")
        try:
            async with asyncio.timeout(WITHIN_S):
                body = b""
                while chunk := await reader.read(SNAPSHOT_BYTES):
                    body += chunk
                    if len(body) > SNAPSHOT_BYTES:
                        raise _Failed(Problem.UNREADABLE)
            self._board = read(json.loads(body))
        except (OSError, TimeoutError) as error:
            raise _Failed(Problem.NO_ANSWER) from error
        except (ValueError, BoardError) as error:
            raise _Failed(Problem.UNREADABLE) from error
        finally:
            writer.close()
        self._show(Seen(self._board, None, self._fact_at))


async def _ask(address: tuple[str, int], path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The connection, its 200 and its headers read; the body follows."""
    try:
        async with asyncio.timeout(WITHIN_S):
            reader, writer = await asyncio.open_connection(*address, limit=FACT_LINE_BYTES)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {address[0]}\r\nConnection: close\r\n\r\n".encode())
                status = await reader.readline()
                while (await reader.readline()).strip():
                    pass
            except BaseException:
                writer.close()
                raise
    except (OSError, TimeoutError, ValueError) as error:
        raise _Failed(Problem.NO_ANSWER) from error
    if b" 200 " not in status:
        writer.close()
        raise _Failed(Problem.NO_ANSWER)
    return reader, writer


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next line; empty at the end, however it came."""
    try:
        return await reader.readline()
    except (OSError, ValueError):
        return b""


def _at(line: bytes) -> float | None:
    """The time of a fact, None when it has none that can be believed."""
    try:
        at = json.loads(line)["at"]
    except (ValueError, TypeError, KeyError):
        return None
    return float(at) if isinstance(at, int | float) and at <= time.time() + 1.0 else None
