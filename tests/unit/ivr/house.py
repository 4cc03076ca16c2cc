"""A caller, a PBX and a dispatcher without sockets or threads: all three work, on a clock that the test owns.

`FakeChannel` plays sounds of known length and lets the caller press keys at moments of the call; `TwinAcd` keeps the
contract of `acd.port.Acd` with agents who are free or not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from acd.core.events import ContactOffered, Departure
from acd.core.facts import SurveyAnswered
from acd.core.handover import Handover
from acd.core.states import Presence
from acd.port import Answer, Assignment, Booking, CallbackWanted, Consultation, GoToSafetyNet, OpenCallback, Talk
from dialplan import numbers
from dialplan.loader import load
from dialplan.ruleset import Language, Ruleset
from ivr.agi import CallerHungUp, HangupSign, Played, SoundMissing
from ivr.session import Call, Outcome, Services
from ivr.voice import Voice

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

    def dial(self, endpoint: str, ring_s: float, options: str) -> str:
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
class TwinAcd:
    """A dispatcher with agents: those in `free` are assigned at once, in order, to whoever waits first."""

    clock: Callable[[], float]
    free: list[str] = field(default_factory=list)
    free_at: dict[str, float] = field(default_factory=dict)  # an agent becomes free at this moment
    waiting: dict[str, ContactOffered] = field(default_factory=dict)
    pending: dict[str, Assignment] = field(default_factory=dict)
    log: list[tuple[Any, ...]] = field(default_factory=list)
    ahead: int = 0
    full: set[str] = field(default_factory=set)  # queues without room
    eta_s: float | None = None  # unknown
    sight: bool = True
    net: bool = False
    alive: int = 0
    known: dict[str, str] = field(default_factory=dict)  # Uniqueid to contact
    talking: dict[str, str] = field(default_factory=dict)
    talks: dict[str, Talk] = field(default_factory=dict)
    may_rejoin: set[str] = field(default_factory=set)
    answer: Answer = Answer.DONE
    number: itertools.count[int] = field(default_factory=itertools.count)

    def _match(self) -> None:
        for agent, at in list(self.free_at.items()):
            if at <= self.clock():
                self.free.append(agent)
                del self.free_at[agent]
        for contact in list(self.waiting):
            if contact not in self.pending and self.free:
                self.pending[contact] = self._assignment(contact, self.free.pop(0))

    def _assignment(self, contact: str, agent: str) -> Assignment:
        return Assignment(contact, agent, f"PJSIP/{agent}", next(self.number), 10.0)

    def offer(self, offer: ContactOffered, channel: str) -> bool:
        self.log.append(("offer", offer, channel))
        self.waiting[offer.contact_id] = offer
        return offer.queue not in self.full

    def take(self, contact_id: str, reservation_id: int | None = None) -> Assignment | GoToSafetyNet | None:
        if self.net:
            return GoToSafetyNet()
        self._match()
        if contact_id in self.pending:
            self.waiting.pop(contact_id, None)
        return self.pending.pop(contact_id, None)

    def position(self, contact_id: str) -> int | None:
        return self.ahead + 1 if contact_id in self.waiting else None

    def estimated_wait_s(self, contact_id: str) -> float | None:
        return self.eta_s if contact_id in self.waiting else None

    def announcement_due(self, contact_id: str) -> bool:
        self._match()
        return contact_id not in self.pending

    def dial_returned(self, contact_id: str, reservation_id: int, dialstatus: str) -> None:
        self.log.append(("dial_returned", contact_id, reservation_id, dialstatus))
        if dialstatus != "ANSWER":
            offers = [entry[1] for entry in self.log if entry[0] == "offer"]
            if offers:
                self.waiting[contact_id] = offers[-1]

    def depart(self, contact_id: str, why: Departure) -> None:
        self.log.append(("depart", contact_id, why))
        self.waiting.pop(contact_id, None)

    def hung_up(self, contact_id: str) -> None:
        self.log.append(("hung_up", contact_id))
        self.waiting.pop(contact_id, None)

    def pbx_in_sight(self) -> bool:
        return self.sight

    def ask_presence(self, agent_id: str, presence: Presence, reason: str | None = None) -> Answer:
        self.log.append(("presence", agent_id, presence, reason))
        return self.answer

    def end_wrapup(self, agent_id: str) -> Answer:
        self.log.append(("end_wrapup", agent_id))
        return self.answer

    def extend_wrapup(self, agent_id: str) -> Answer:
        self.log.append(("extend_wrapup", agent_id))
        return self.answer

    def contact_of(self, uniqueid: str) -> str | None:
        return self.known.get(uniqueid)

    def rejoin(self, contact_id: str, channel: str, agent_id: str) -> Assignment | None:
        self.log.append(("rejoin", contact_id, channel, agent_id))
        return self._assignment(contact_id, agent_id) if agent_id in self.may_rejoin else None

    def agent_talking_to(self, contact_id: str) -> str | None:
        return self.talking.get(contact_id)

    def consult(self, agent_id: str, target: str, *, after_key: bool = False) -> Answer:
        self.log.append(("consult", agent_id, target, after_key))
        return self.answer

    def consult_begins(self, agent_id: str, target: str, leg: str) -> bool:
        self.log.append(("consult_begins", agent_id, target, leg))
        return agent_id in self.talks

    def calls_official(self, leg: str, target: str) -> None:
        self.log.append(("calls_official", leg, target))

    def send_on(self, agent_id: str, target: str) -> Answer:
        self.log.append(("send_on", agent_id, target))
        return self.answer

    def ring_official(self, contact_id: str, channel: str, official: str) -> None:
        self.log.append(("ring_official", contact_id, channel, official))

    def write_handover(self, agent_id: str, handover: Handover) -> Answer:
        self.log.append(("write_handover", agent_id, handover))
        return self.answer

    def handover_of(self, contact_id: str) -> Handover | None:
        return None

    def consultations(self) -> tuple[Consultation, ...]:
        return ()

    def sent_to_queue(self, contact_id: str, queue: str) -> float | None:
        self.log.append(("sent_to_queue", contact_id, queue))
        return 7.0

    def talk_of(self, agent_id: str) -> Talk | None:
        return self.talks.get(agent_id)

    def note(self, contact_id: str, agent_id: str, what: str, detail: str, by: str | None = None) -> None:
        self.log.append(("note", contact_id, agent_id, what, detail, by))

    def channel_of(self, contact_id: str) -> str:
        return "PJSIP/carrier-00000001"

    def surveyed(self, answered: SurveyAnswered) -> None:
        self.log.append(("surveyed", answered))

    def calls(self) -> int:
        return self.alive

    def said(self, kind: str) -> list[tuple[Any, ...]]:
        return [entry[1:] for entry in self.log if entry[0] == kind]


@dataclass
class TwinCallbacks:
    """A book of call-backs in memory: what is booked is open. `answers` are given first, in turn."""

    log: list[tuple[Any, ...]] = field(default_factory=list)
    takes: bool = True
    answers: list[Booking] = field(default_factory=list)
    open: dict[str, CallbackWanted] = field(default_factory=dict)  # by number, digits only
    now: Callable[[], float] = lambda: 0.0
    dialable: set[str] = field(default_factory=set)  # contacts whose citizen may be rung now

    def offered(self) -> bool:
        return self.takes

    def book(self, wanted: CallbackWanted) -> Booking:
        self.log.append(("book", wanted))
        if self.answers:
            return self.answers.pop(0)
        number = numbers.check(wanted.number)
        if not number.allowed:
            return Booking.NOT_ALLOWED
        if number.digits in self.open:
            return Booking.EXISTS
        self.open[number.digits] = replace(wanted, number=number.digits)
        return Booking.KEPT if wanted.slot_at is None else Booking.BOOKED

    def open_for(self, number: str) -> OpenCallback | None:
        found = self.open.get(numbers.normalise(number) or "")
        return None if found is None else OpenCallback(found.contact_id, found.slot_at, self.now())

    def wanted(self, contact_id: str) -> CallbackWanted | None:
        return next((one for one in self.open.values() if one.contact_id == contact_id), None)

    def may_dial(self, contact_id: str) -> str | None:
        self.log.append(("may_dial", contact_id))
        found = self.wanted(contact_id)
        return found.number if found is not None and contact_id in self.dialable else None

    def dialled(self, contact_id: str, dialstatus: str) -> None:
        self.log.append(("dialled", contact_id, dialstatus))


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
    return key if key in {"greeting", "language_again"} else f"{language.value}/{key}"
