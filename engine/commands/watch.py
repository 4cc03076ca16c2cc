"""`./ringmaster watch`: the live terminal wallboard on any running centre.

A process of its own that asks the engine once a second; it can neither slow a call nor change anything.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live

from engine import feed, picture, wallboard
from engine.settings import default_state
from web.board import Board, BoardError, read

PERIOD_S = 1.0
PLAIN_PERIOD_S = 10.0  # where there is no terminal to draw on, frames follow each other


def run(arguments: Sequence[str]) -> int:
    """Watch until Ctrl-C (exit 0); with --once, --json or --svg one snapshot, and exit 1 when there is none."""
    parser = argparse.ArgumentParser(prog="./ringmaster watch", description="The live wallboard of a running centre.")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--once", action="store_true", help="one frame, then end")
    one.add_argument("--json", action="store_true", help="one snapshot as JSON, then end")
    one.add_argument("--svg", type=Path, metavar="FILE", help="one frame as a picture, then end")
    options = parser.parse_args(arguments)
    state = options.state.absolute()
    try:
        if options.json:
            print(json.dumps(feed.fetch(state), ensure_ascii=False))
        elif options.once or options.svg:
            _one_frame(read(feed.fetch(state)), options.svg)
        else:
            live(feed.Feed(state), threading.Event())
    except (feed.FeedError, BoardError) as error:
        print(f"watch: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _one_frame(board: Board, svg: Path | None) -> None:
    if svg:
        frame = wallboard.draw(board, time.time(), width=picture.COLUMNS)
        svg.write_text(picture.svg(frame, "./ringmaster up --demo"), encoding="utf-8")
        return
    console = Console()
    console.print(wallboard.draw(board, time.time(), width=console.width))


def live(
    watching: feed.Feed, stop: threading.Event, *, title: Callable[[], str] = str, console: Console | None = None
) -> None:
    """Draw until `stop` is set. Without a terminal, a frame every PLAIN_PERIOD_S."""
    console = console or Console()

    def frame() -> RenderableType:
        watching.look()
        height = console.height if console.is_terminal else None
        return wallboard.draw(
            watching.board,
            time.time(),
            title=title(),
            problem=watching.problem,
            width=console.width,
            height=height,
        )

    if not console.is_terminal:
        while not stop.is_set():
            console.print(frame())
            stop.wait(PLAIN_PERIOD_S)
        return
    with Live(frame(), console=console, screen=True, auto_refresh=False) as screen:
        while not stop.wait(PERIOD_S):
            screen.update(frame(), refresh=True)
