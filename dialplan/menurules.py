"""What callers are asked, and what they may want, as frozen data: menus.yaml, checked.

A part of the Ruleset, built by `dialplan.build`. Pure: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dialplan.language import Language
from dialplan.source import Source


@dataclass(frozen=True, slots=True)
class Choice:
    """What one key of a topic menu does: go to a topic, or to another menu. Exactly one of the two is set."""

    key: str
    topic: str | None
    menu: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Menu:
    """A topic menu: the prompt that asks, the keys, and the topic that silence and the last wrong key lead to.

    `tries` counts all tries: with 2, one wrong key is asked again and the second leads to `default_topic`.
    """

    name: str
    prompt: str
    choices: dict[str, Choice]
    default_topic: str
    tries: int
    wait_s: float
    source: Source


@dataclass(frozen=True, slots=True)
class Topic:
    """What the caller wants. `queue_by_language` names the queue, or None where the operator wrote `none`."""

    key: str
    labels: dict[Language, str]
    queue_by_language: dict[Language, str | None]
    share: float  # of the calls, 0-1; 0 when unknown
    source: Source
    queue_sources: dict[Language, Source] = field(default_factory=dict)
    points: float = 0.0  # of priority, added to the queue's and the number's
