"""What happened lately, remembered so that a late word on it is known for one; bounded, the oldest is forgotten."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """The latest `most` of what was added."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[T, None] = {}  # in the order in which they came

    def add(self, one: T) -> None:
        """It is the latest, unless it is there already."""
        self._found[one] = None
        while len(self._found) > self._most:
            del self._found[next(iter(self._found))]

    def __contains__(self, one: object) -> bool:
        return one in self._found
