"""A caller, a PBX and a dispatcher without sockets or threads: all three work, on a clock that the test owns.

`FakeChannel` plays sounds of known length and lets the caller press keys at moments of the call; `TwinAcd` keeps the
contract of `acd.port.Acd` with agents who are free or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from acd.core.events.contacts import ContactOffered
from dialplan.language import Language
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from ivr.agi import CallerHungUp, HangupSign, Played, SoundMissing
from ivr.session import Call, Outcome, Services
from ivr.voice import Voice
from tests.unit.ivr.twins import TwinAcd, TwinCallbacks

SEOUL = ZoneInfo("Asia/Seoul")
TUESDAY_10 = datetime(2026, 11, 24, 10, 0, tzinfo=SEOUL)
SOUND_S = {"greeting": 13.0, "ko/topic_question": 5.0}
OTHER_SOUND_S = 2.0
RATE = 8000


@cache
def rules(*overrides: str) -> Ruleset:
    return load(Path(__file__).parents[3] / "dialplan" / "rules", overrides)


def city() -> Ruleset:
    return rules()


class FakeChannel:
    """Asterisk's side, as the adapter shows it. Times are seconds since the session began."""

    def __init__(self, **env: str) -> None:
        self.env = {"agi_channel": "PJSIP/carrier-00000001", "agi_uniqueid": "rm-1.1", **env}
        self.now_s = 0.0
        self.presses: list[tuple[float, str]] = []  # (when, key), in order
        self.hangs_up_at_s: float | None = None
        self.heard: list[str] = []  # what was heard in order: sounds, "music:CLASS", "dial:ENDPOINT", "hangup"
        self.cut: list[str] = []  # sounds that were not heard to their end
        self.variables: dict[str, str] = {}
        self.phases: list[str] = []
        self.missing: set[str] = set()
        self.dials: list[str] = []  # DIALSTATUS of each Dial in turn
        self.dial_options: list[str] = []
        self.ring_s = 1.0
        self.breaks: dict[str, Exception] = {}  # a sound, or "set", that raises
        self.music_on = False
        self.silence_s = 0.0  # the longest stretch without sound or music, outside of Dial
        self.on_dial: Callable[[], None] = lambda: None
        self.on_take_down: Callable[[Path], None] = lambda _: None

    # --- the caller ---------------------------------------------------------------------------------------------

    def press(self, at_s: float, keys: str, gap_s: float = 0.2) -> None:
        for number, key in enumerate(keys):
            self.presses.append((at_s + number * gap_s, key))
        self.presses.sort(key=lambda press: press[0])

    def _advance(self, seconds: float, audible: bool) -> str:
        """Let time pass; the key that ended it, or "". Raises CallerHungUp at the caller's own moment."""
        until = self.now_s + seconds
        pressed = self.presses.pop(0) if self.presses and self.presses[0][0] < until else None
        end = max(self.now_s, pressed[0]) if pressed else until
        if self.hangs_up_at_s is not None and self.hangs_up_at_s <= end:
            self.now_s = self.hangs_up_at_s
            raise CallerHungUp(HangupSign.LINE)
        if not audible:
            self.silence_s = max(self.silence_s, end - self.now_s)
        self.now_s = end
        return pressed[1] if pressed else ""

    # --- the adapter --------------------------------------------------------------------------------------------

    def play(self, sound: str, offset_samples: int = 0) -> Played:
        if sound in self.breaks:
            raise self.breaks.pop(sound)
        if sound in self.missing:
            raise SoundMissing(sound)
        if offset_samples == 0:
            self.heard.append(sound)
        self.music_on = False
        begun = self.now_s
        left = SOUND_S.get(sound, OTHER_SOUND_S) - offset_samples / RATE
        key = self._advance(left, audible=True)
        if key and not offset_samples:
            self.cut.append(sound)
        return Played(key, offset_samples + round((self.now_s - begun) * RATE))

    def wait_for_digit(self, timeout: int = 2000) -> str:
        return self._advance(timeout / 1000, audible=self.music_on)

    def set_variables(self, **values: str) -> None:
        if "set" in self.breaks:
            raise self.breaks.pop("set")
        self._alive()
        self.variables |= values
        if "RM_PHASE" in values:
            self.phases.append(values["RM_PHASE"])

    def get_variable(self, name: str) -> str:
        return self.variables.get(name, "")

    def music(self, music_class: str) -> None:
        self._alive()
        self.heard.append(f"music:{music_class}")
        self.music_on = True

    def dial(self, endpoint: str, ring_s: float, options: str, **variables: str) -> str:
        if variables:
            self.set_variables(**variables)
        self.heard.append(f"dial:{endpoint}")
        self.dial_options.append(options)
        self.music_on = False
        self.on_dial()
        if self.hangs_up_at_s is not None and self.hangs_up_at_s <= self.now_s + self.ring_s:
            raise CallerHungUp(HangupSign.LINE)
        self.now_s += self.ring_s
        status = self.dials.pop(0) if self.dials else "ANSWER"
        self.variables["DIALSTATUS"] = status
        return status

    def record(self, name: str) -> None:
        self.heard.append(f"record:{name}")

    def stop_recording(self) -> None:
        self.heard.append("stop_recording")

    def take_down(self, name: str, most_s: float, silence_s: int) -> None:
        self.heard.append(f"take_down:{Path(name).name},{most_s:g},{silence_s}")
        self.on_take_down(Path(f"{name}.wav"))
        self._alive()

    def spy(self, channel: str, options: str) -> None:
        self.heard.append(f"spy:{channel},{options}")

    def end_after(self, seconds: int) -> None:
        self.heard.append(f"end_after:{seconds}")

    def answer(self) -> None:
        self._alive()
        self.now_s += 0.5

    def hangup(self) -> None:
        self.heard.append("hangup")

    def _alive(self) -> None:
        if self.hangs_up_at_s is not None and self.hangs_up_at_s <= self.now_s:
            raise CallerHungUp(HangupSign.LINE)


@dataclass
class Observed:
    choices: list[tuple[str, str]] = field(default_factory=list)
    ended: list[tuple[Language, Outcome]] = field(default_factory=list)

    def agi_command(self, seconds: float) -> None:
        pass

    def choice_made(self, menu: str, choice: str) -> None:
        self.choices.append((menu, choice))

    def call_ended(self, language: Language, outcome: Outcome) -> None:
        self.ended.append((language, outcome))


class House:
    """One call in the making."""

    def __init__(self, at: datetime = TUESDAY_10, rules: Ruleset | None = None, **env: str) -> None:
        self.rules = rules or city()
        self.channel = FakeChannel(**env)
        self.acd = TwinAcd(lambda: self.channel.now_s)
        self.callbacks = TwinCallbacks()
        self.observed = Observed()
        self.epoch = 1_700_000_000.0
        self.services = Services(
            acd=self.acd,
            callbacks=self.callbacks,
            rules=lambda: self.rules,
            clock=lambda: at,
            sound=sound,
            observer=self.observed,
            now=lambda: self.epoch + self.channel.now_s,
            stopwatch=lambda: self.channel.now_s,
        )

    def call(self) -> Call:
        channel: Any = self.channel
        return Call(
            self.services,
            self.rules,
            channel,
            Voice(channel, lambda: self.channel.now_s),
            self.channel.env["agi_uniqueid"],
        )

    def key_of(self, language: Language) -> str:
        return next(key for key, chosen in self.rules.language_keys.items() if chosen is language)

    def offered(self) -> ContactOffered:
        offer = self.acd.said("offer")[-1][0]
        assert isinstance(offer, ContactOffered)
        return offer


def sound(language: Language, key: str) -> str:
    return key if key in {"greeting", "language_again", "too_many_calls"} else f"{language.value}/{key}"
