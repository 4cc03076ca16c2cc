"""One connection of the PBX, one session: what it may use, how it begins, and how it ends whatever happens.

The flow itself is in `flow`, `waiting`, `features` and `transfer`. Here stands the promise that a fault of ours is
neither silence nor a dropped call: it is logged with the call's ids, the caller hears a sentence and goes to the
safety net, because the phase variable then says that they wait.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import parse_qs

import structlog

from acd.ami.names import node_of
from acd.core.events.contacts import Departure
from acd.port import Acd, Callbacks, NoCallbacks
from dialplan import numbers
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from ivr.agi import AgiChannel, AgiFault, CallerHungUp, Limits, UnsafeValue
from ivr.flood import Flood
from ivr.pins import Pins
from ivr.recorder import Recorder
from ivr.talkmarks import TalkMarks
from ivr.voice import Voice

_log = structlog.get_logger(__name__)
_UNIQUEID = re.compile(r"[A-Za-z0-9_.-]{1,150}")


class Phase(StrEnum):
    """The channel variable RM_PHASE: what the PBX's own context does with the caller when the engine is gone."""

    MENU = "menu"
    WAITING = "waiting"
    RINGING = "ringing"  # with DIALSTATUS=ANSWER: talking, or served
    SERVED = "served"
    DONE = "done"
    CLOSED = "closed"
    OVERFLOW = "overflow"
    FLOODED = "flooded"  # the PBX says that there are too many calls of this number, and hangs up
    BUSY = "busy"  # the PBX plays the busy tone, and hangs up


class Outcome(StrEnum):
    """How a session of a caller ended; the label of `ivr_calls_total`."""

    SERVED = "served"
    CLOSED = "closed"
    ABANDONED = "abandoned"  # hung up in the menus or while waiting
    OVERFLOW = "overflow"  # all lines are busy
    FULL = "full"  # the queue is
    CALLBACK = "callback"  # booked, or kept
    FLOOD = "flood"  # too many calls of this number
    FALLBACK = "fallback"  # handed to the safety net
    LEFT = "left"  # hung up during the talk, or was transferred by the agent's phone
    ERROR = "error"


class Observer(Protocol):
    """Who counts: the metrics. Every method returns at once and never raises."""

    def agi_command(self, seconds: float) -> None:
        """A command that takes no time of its own took this long."""

    def choice_made(self, menu: str, choice: str) -> None:
        """A caller chose; `choice` is a key of the rules, `silence` or `wrong`."""

    def call_ended(self, language: Language, outcome: Outcome) -> None:
        """A caller's session is over."""


class Unobserved:
    """Nobody counts."""

    def agi_command(self, seconds: float) -> None:
        """See Observer."""

    def choice_made(self, menu: str, choice: str) -> None:
        """See Observer."""

    def call_ended(self, language: Language, outcome: Outcome) -> None:
        """See Observer."""


@dataclass(frozen=True, slots=True)
class Services:
    """What every session may use."""

    acd: Acd
    rules: Callable[[], Ruleset]  # the rules in force now; a call keeps those it began with
    clock: Callable[[], datetime]  # by which opening hours are judged, with its zone; `--at` shifts it
    sound: Callable[[Language, str], str]  # a prompt's or a piece's key as STREAM FILE takes it
    observer: Observer = field(default_factory=Unobserved)
    now: Callable[[], float] = time.time  # epoch seconds, for the waiting time; never shifted
    stopwatch: Callable[[], float] = time.monotonic  # seconds, for what is measured within a call
    limits: Limits = field(default_factory=Limits)
    length_s: Callable[[Language, str], float] = lambda _, __: 5.0  # how long a prompt's recording is
    recorder: Recorder | None = None  # None: no talk is recorded
    marks: TalkMarks = field(default_factory=TalkMarks)
    surveyed_since: Callable[[str, float], bool] = lambda _, __: False  # (caller's hash, epoch seconds)
    caller: Callable[[str], str | None] = lambda _: None  # a keyed hash for a number, if somebody remembers callers
    callbacks: Callbacks = field(default_factory=NoCallbacks)
    flood: Flood = field(default_factory=Flood)
    handle: Callable[[str, str], str] = lambda _, channel: channel  # (Uniqueid, channel): the ACD's name for it
    dialled_as: Callable[[str, str], str] = lambda endpoint, _: endpoint  # (endpoint, Uniqueid of who dials)
    pins: Pins = field(default_factory=lambda: Pins(lambda _: None))  # of supervisors


@dataclass(frozen=True, slots=True)
class Talked:
    """A talk that came about: with whom, and about what."""

    agent_id: str
    queue: str
    topic: str


@dataclass(slots=True)
class Call:
    """One caller's session as it goes on. Owned by its thread."""

    services: Services
    rules: Ruleset
    channel: AgiChannel
    voice: Voice
    contact_id: str
    callers_now: Callable[[], int] = lambda: 1  # callers in sessions, this one among them
    language: Language = Language.KO
    offered: bool = False  # the dispatcher knows of it
    dialling: bool = False  # the PBX may take the caller elsewhere (REFER): a hang-up line is no abandon
    first_queued_at: float | None = None  # of an earlier wait, with the seconds waited in it
    waited_s: float = 0.0
    notice_heard: bool = False  # that the talk is recorded
    recorded: bool = False
    talked: Talked | None = None  # the latest talk

    @property
    def channel_name(self) -> str:
        """Such as PJSIP/carrier-00000001, as the ACD knows it."""
        env = self.channel.env
        return self.services.handle(env.get("agi_uniqueid", ""), env.get("agi_channel", ""))

    @property
    def number(self) -> str:
        """The caller's number as the carrier gives it; "" or a word such as `unknown` when it is withheld."""
        return self.channel.env.get("agi_callerid", "")

    def say(self, *keys: str) -> bool:
        """Say prompts or pieces of the caller's language; True when heard to the end."""
        return self.voice.say(self.sounds(*keys))

    def sounds(self, *keys: str) -> list[str]:
        """The keys as sounds of the caller's language."""
        return [self.services.sound(self.language, key) for key in keys]

    def set_phase(self, phase: Phase, **more: str) -> None:
        """Tell the PBX what to do with the caller should the engine be gone after this; `more` goes with it."""
        self.channel.set_variables(RM_PHASE=phase.value, **more)


@dataclass(frozen=True, slots=True)
class Request:
    """What the PBX's context asked for: `agi://…/feature?code=11` is script `feature`, parameters {"code": "11"}."""

    script: str
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Request:
        """Read from the AGI environment."""
        script, _, query = environment.get("agi_network_script", "").partition("?")
        return cls(script.strip("/"), {key: values[-1] for key, values in parse_qs(query).items()})


Entry = Callable[[Call], Outcome]
AgentEntry = Callable[[Services, AgiChannel, Request], None]


class Sessions:
    """Serves connections. One for the whole engine; `serve` runs in each session's thread."""

    def __init__(self, services: Services, *, callers: Mapping[str, Entry], agents: Mapping[str, AgentEntry]) -> None:
        """`callers` and `agents` name what is run for each script."""
        self._services = services
        self._callers = dict(callers)
        self._agents = dict(agents)
        self._count = 0
        self._of_node: Counter[str] = Counter()
        self._lock = threading.Lock()

    def callers_now(self) -> int:
        """Sessions of callers that run now, in the menus, waiting or talking."""
        return self._count

    def callers_of(self, node: str) -> int:
        """Those of them whose calls this Asterisk has."""
        return self._of_node[node]

    def serve(self, connection: socket.socket) -> None:
        """Run the session of one connection to its end. Closing the connection is the server's."""
        try:
            channel = AgiChannel(connection, self._services.limits, self._services.observer.agi_command)
        except (CallerHungUp, AgiFault) as gone:
            _log.warning("agi.peer_refused", reason=str(gone))
            return
        uniqueid = channel.env.get("agi_uniqueid", "")
        channel.dialled_as = lambda endpoint: self._services.dialled_as(endpoint, uniqueid)
        request = Request.of(channel.env)
        with structlog.contextvars.bound_contextvars(call_id=uniqueid, script=request.script):
            if request.script in self._callers:
                with self._counted(node_of(uniqueid)):
                    self._serve_caller(channel, self._callers[request.script])
            elif request.script in self._agents:
                self._serve_agent(channel, request)
            else:
                _log.error("agi.unknown_script", known=sorted([*self._callers, *self._agents]))

    @contextmanager
    def _counted(self, node: str) -> Iterator[None]:
        with self._lock:
            self._count += 1
            self._of_node[node] += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                self._of_node[node] -= 1

    def _serve_caller(self, channel: AgiChannel, entry: Entry) -> None:
        services = self._services
        uniqueid = channel.env.get("agi_uniqueid", "")
        if not _UNIQUEID.fullmatch(uniqueid):
            _log.error("call.refused", reason="no Uniqueid")
            return
        call = Call(services, services.rules(), channel, Voice(channel, services.stopwatch), uniqueid, self.callers_now)
        _log.info("call.began", number=numbers.masked(channel.env.get("agi_callerid", "")), channel=call.channel_name)
        outcome = _to_the_end(call, entry)
        services.observer.call_ended(call.language, outcome)
        _log.info("call.ended", outcome=outcome.value, language=call.language.value)

    def _serve_agent(self, channel: AgiChannel, request: Request) -> None:
        try:
            self._agents[request.script](self._services, channel, request)
        except CallerHungUp as gone:
            _log.info("feature.hung_up", sign=gone.sign.value)
        except Exception:  # noqa: BLE001 - the PBX's context goes on with its own handling of the code
            _log.exception("feature.failed")


def _to_the_end(call: Call, entry: Entry) -> Outcome:
    """The call's outcome, whatever happens in it."""
    try:
        return entry(call)
    except CallerHungUp as gone:
        return _after_hangup(call, gone)
    except Exception:  # noqa: BLE001 - see this file's first lines
        _log.exception("call.failed", contact_id=call.contact_id)
    try:
        return apologise(call)
    except CallerHungUp as gone:
        return _after_hangup(call, gone)
    except (AgiFault, UnsafeValue, OSError, KeyError):
        _log.exception("call.apology_failed", contact_id=call.contact_id)
        return Outcome.ERROR


def apologise(call: Call) -> Outcome:
    """A sentence, and the safety net: the phase says first that this caller waits."""
    call.set_phase(Phase.WAITING)
    if call.offered:
        call.services.acd.depart(call.contact_id, Departure.ERROR)
        call.offered = False
    call.voice.keys.clear()
    call.say("sorry_fault")
    return Outcome.ERROR


def _after_hangup(call: Call, gone: CallerHungUp) -> Outcome:
    """Report what this session knows, and no more: during a Dial only AMI tells a hang-up from a transfer."""
    _log.info("call.hung_up", sign=gone.sign.value, dialling=call.dialling, offered=call.offered)
    if call.dialling:
        return Outcome.LEFT
    if call.offered and gone.sign.certain:
        call.services.acd.hung_up(call.contact_id)
    after_a_talk = call.talked is not None and not call.offered  # in the survey, or the last words
    return Outcome.SERVED if after_a_talk else Outcome.ABANDONED
