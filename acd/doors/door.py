"""What every door of the dispatcher has: the inbox to put tasks into, and the writer that the tasks change."""

from __future__ import annotations

from acd.inbox import Inbox
from acd.writer import Writer


class Door:
    """A method touches the writer within a task of the inbox, or reads what a single look can tell."""

    def __init__(self, writer: Writer, inbox: Inbox) -> None:
        self._writer = writer
        self._inbox = inbox
