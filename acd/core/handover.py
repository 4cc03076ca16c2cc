"""What an agent writes down for whoever has the citizen next: topic, what was asked, notes.

It rides on the contact from agent to agent and to officials; the screens that show it come later. Texts are an agent's
own, bounded and without control characters; they are in the journal, and in no log and no feed.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_ASKED, MOST_NOTES = 200, 2000


@dataclass(frozen=True, slots=True)
class Handover:
    """One such note; the newest counts. Raises ValueError for texts that are too long or hold control characters."""

    topic: str  # a key of menus.yaml
    asked: str
    notes: str

    def __post_init__(self) -> None:
        for text, most in ((self.asked, MOST_ASKED), (self.notes, MOST_NOTES)):
            if len(text) > most:
                raise ValueError(f"a text of {len(text)} characters; at most {most} are kept")
            if any(ord(char) < 32 and char != "\n" for char in text):
                raise ValueError("a text has a control character")
