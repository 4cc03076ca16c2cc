"""A running centre's snapshot, fetched again and again by the terminals that show it.

Finds the centre by STATE/ready.json each time, so a wallboard survives the end and the return of engine and centre.
"""

from __future__ import annotations

import http.client
import json
from pathlib import Path

from dialplan.limits import SNAPSHOT_BYTES
from engine import ready
from web.board import Board, BoardError, read

TIMEOUT_S = 2.0


class Feed:
    """The last good board and, when the latest look failed, why. Not thread-safe: one terminal, one feed."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.board: Board | None = None
        self.problem: str | None = None

    def look(self) -> Board | None:
        """Fetch once; the fresh board, or None with `problem` set and the last board kept. At most TIMEOUT_S a step."""
        try:
            self.board = read(fetch(self._state))
            self.problem = None
        except FeedError as error:
            self.problem = str(error)
            return None
        except BoardError as error:
            self.problem = f"자료를 읽을 수 없습니다  {error}"
            return None
        return self.board


class FeedError(Exception):
    """No snapshot; the message says why, in Korean and English."""


def fetch(state: Path) -> object:
    """The decoded `/snapshot.json` of the centre that runs on `state`. Raises FeedError."""
    known = ready.load(state)
    if known is None:
        raise FeedError(f"콜센터가 실행 중이 아닙니다  no centre takes calls on {state}; start it with ./ringmaster up")
    line = http.client.HTTPConnection(known.http.host, known.http.port, timeout=TIMEOUT_S)
    try:
        line.request("GET", "/snapshot.json")
        answer = line.getresponse()
        body = answer.read(SNAPSHOT_BYTES)
    except (OSError, http.client.HTTPException) as error:
        where = f"{known.http.host}:{known.http.port}"
        raise FeedError(f"엔진에 연결할 수 없습니다  the engine at {where} does not answer: {error}") from error
    finally:
        line.close()
    if answer.status != http.HTTPStatus.OK:
        raise FeedError(f"엔진이 {answer.status} 응답을 보냈습니다  the engine answers {answer.status} {answer.reason}")
    try:
        return json.loads(body)
    except ValueError as error:
        raise FeedError(f"자료를 읽을 수 없습니다  the engine's answer is no JSON: {error}") from error
