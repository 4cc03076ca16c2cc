"""Who calls, what they press and how agents behave, drawn from a seeded generator. Pure: no clock, no I/O.

The mix is the city's: topics by the shares of menus.yaml, languages as the simulator has them (97 % Korean). Times
that people take (talk, wrap-up, breaks) are the real ones divided by `speed`; the greeting, the menus, ringing and
patience are not, because callers hear the real prompts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from dialplan.language import Language
from dialplan.ruleset import Ruleset

LANGUAGE_SHARES = {Language.KO: 0.97, Language.EN: 0.015, Language.JA: 0.007, Language.ZH: 0.008}
TALK_MEAN_S = 180.0
TALK_VARIATION = 0.9
PATIENCE_MEAN_S = 90.0
LUNCH_S = 240.0  # a real hour would be over after the demo is
REST_OF_THE_MIX = 0.26  # the share that the city does not break down; topics without a share of their own take half


@dataclass(frozen=True, slots=True)
class Press:
    """A key, `after_s` seconds after the previous one (the first: after the centre has answered)."""

    key: str
    after_s: float


@dataclass(frozen=True, slots=True)
class Caller:
    """One citizen's call as it is meant to go."""

    language: Language
    topic: str | None  # None: says nothing in the menu, and gets any agent
    presses: tuple[Press, ...]
    patience_s: float  # counted from the last key, or the end of the menus
    talk_s: float
    hangs_up_first: bool  # the citizen ends the talk, not the agent


@dataclass(frozen=True, slots=True)
class Answering:
    """How an agent takes one call. `answers` is False once in a while: the phone rings and nobody is there."""

    answers: bool
    after_s: float


@dataclass(frozen=True, slots=True)
class Break:
    """A pause: the key after *12, and how long until *11."""

    key: str
    lasts_s: float


class People:
    """Draws callers and the habits of agents. The same seed gives the same people in the same order."""

    def __init__(self, ruleset: Ruleset, seed: int, speed: float) -> None:
        """`speed` > 0: how many times faster than real people these talk, write and rest."""
        self._random = Random(seed)  # noqa: S311 - a play, no secret
        self._speed = speed
        self._keys = topic_keys(ruleset)
        self._topics = topic_mix({key: topic.share for key, topic in ruleset.topics.items()}, ruleset.any_topic)
        self._language_key = {language: key for key, language in ruleset.language_keys.items()}

    def gap_s(self, per_minute: float) -> float:
        """Until the next call: exponential, for calls that do not know of each other."""
        return self._random.expovariate(per_minute / 60.0)

    def caller(self) -> Caller:
        """The next citizen."""
        draw = self._random
        language = draw.choices(list(LANGUAGE_SHARES), list(LANGUAGE_SHARES.values()))[0]
        topic: str | None = draw.choices(list(self._topics), list(self._topics.values()))[0]
        presses: list[Press] = []
        # Each language's key is named in the course of the greeting's 13 seconds; many Koreans know theirs, some wait.
        if language is not Language.KO:
            presses.append(Press(self._language_key[language], draw.uniform(8, 12)))
        elif draw.random() < 0.7:
            presses.append(Press(self._language_key[language], draw.uniform(2, 7)))
        if not presses or draw.random() < 0.1:
            topic = None
        menu_s = 0.0
        if topic is not None:
            keys = self._keys[language][topic]
            presses += [Press(key, draw.uniform(2.0, 6.0)) for key in keys]
        else:
            menu_s = 15.0 + (0 if presses else 13.0)
        return Caller(
            language=language,
            topic=topic,
            presses=tuple(presses),
            patience_s=menu_s + 5.0 + draw.expovariate(1 / PATIENCE_MEAN_S),
            talk_s=max(3.0, self._lognormal(TALK_MEAN_S, TALK_VARIATION) / self._speed),
            hangs_up_first=draw.random() < 0.7,
        )

    def answering(self) -> Answering:
        """How the agent whose phone rings now takes it."""
        return Answering(self._random.random() > 1 / 200, self._random.uniform(1.0, 3.0))

    def pause_after_call(self) -> Break | None:
        """Sometimes an agent goes away after a talk: lunch, break, training, meeting, other work."""
        draw = self._random
        if draw.random() > 0.05:
            return None
        key, lasts_s = draw.choices(
            [("1", LUNCH_S), ("2", 120.0), ("3", 200.0), ("4", 160.0), ("5", 80.0)], [3, 4, 1, 1, 2]
        )[0]
        return Break(key, lasts_s * draw.uniform(0.7, 1.3) / self._speed)

    def wrapup_s(self) -> float | None:
        """When this agent ends the wrap-up early by *14; None: lets it run out."""
        return self._random.uniform(10.0, 25.0) / self._speed if self._random.random() < 0.15 else None

    def login_s(self) -> float:
        """When an agent logs in after the start, spread so that the desk fills as in the morning."""
        return self._random.uniform(0.0, 6.0)

    def number(self) -> str:
        """A mobile number that no subscriber can have: 010-0 is not assigned."""
        return f"0100{self._random.randrange(10_000_000):07d}"

    def _lognormal(self, mean: float, variation: float) -> float:
        sigma2 = math.log(1 + variation**2)
        return self._random.lognormvariate(math.log(mean) - sigma2 / 2, math.sqrt(sigma2))


def topic_mix(shares: Mapping[str, float], any_topic: str) -> dict[str, float]:
    """Weights of the topics that callers have. Those without a share take half of the rest of the mix among them."""
    named = {key: share for key, share in shares.items() if share > 0}
    silent = [key for key, share in shares.items() if share <= 0 and key != any_topic]
    if not named:
        return dict.fromkeys(silent or [any_topic], 1.0)
    mix = dict(named)
    if silent:
        widest = max(named, key=lambda key: named[key])
        taken = min(REST_OF_THE_MIX, named[widest]) / 2
        mix[widest] -= taken
        mix |= dict.fromkeys(silent, taken / len(silent))
    return mix


def topic_keys(ruleset: Ruleset) -> dict[Language, dict[str, tuple[str, ...]]]:
    """The keys that lead to each topic from the first topic menu of a language, the shortest way."""
    found: dict[Language, dict[str, tuple[str, ...]]] = {}
    for language, root in ruleset.root_menu.items():
        paths: dict[str, tuple[str, ...]] = {}
        seen = {root}
        wave: list[tuple[str, tuple[str, ...]]] = [(root, ())]
        while wave:
            menu, keys = wave.pop(0)
            for choice in ruleset.menus[menu].choices.values():
                if choice.topic is not None:
                    paths.setdefault(choice.topic, (*keys, choice.key))
                elif choice.menu is not None and choice.menu not in seen:
                    seen.add(choice.menu)
                    wave.append((choice.menu, (*keys, choice.key)))
        found[language] = paths
    return found
