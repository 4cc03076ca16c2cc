"""One real SIP call to a running centre, told step by step: a citizen's phone, and if wished an agent's.

What is told comes from three witnesses: the phone (answered, ended), what it heard (`engine.ears`), and the engine's
facts about this contact. Used by `./ringmaster call`; changes nothing in the centre but by calling it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from engine import certificate, ears, feed, ready, witness
from engine.demo.phones import LONGEST_CALL_S, Account, Kind, PhoneBank, PhoneError, PhoneEvent
from engine.settings import RunSettings

LOOK_S = 0.05
FIRST_KEY_S = 2.0
KEY_AFTER_PROMPT_S = 1.0
KEY_AT_LATEST_S = 2.5
AGENT_ANSWERS_S = 1.0
CODE_WITHIN_S = 8.0
AFTERWORD_S = 1.5  # for the facts that follow the hang-up

TextOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """The call that is wanted. `agent` is an account that is logged in first and answers."""

    number: str
    representative: str
    keys: tuple[str, ...] = ()
    agent: Account | None = None
    timeout_s: float = 60.0  # until an agent answers
    talk_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened, `at_s` seconds after the call was dialled."""

    at_s: float
    what: str
    text: str


@dataclass(slots=True)
class Story:
    """What came of it. `outcome` is a sentence."""

    answered: bool = False
    agent_id: str | None = None
    contact_id: str | None = None
    outcome: str = ""
    sound_s: float = 0.0
    longest_silence_s: float = 0.0
    prompts: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Centre:
    """The running centre and what its prompts sound like and say."""

    state: Path
    known: ready.Ready
    sounds: Sequence[ears.Known]
    text_of: TextOf
    sentences_of: Callable[[dict[str, object]], Sequence[str]]  # a Decision, as data, in words


def place(centre: Centre, plan: Plan, folder: Path, tell: Callable[[Step], None]) -> Story:
    """Make the call; every step is told as it happens. Raises PhoneError when a phone cannot be used at all."""
    events: queue.SimpleQueue[PhoneEvent] = queue.SimpleQueue()
    server = (centre.known.sip.host, centre.known.sip.port)
    with ExitStack() as stack:
        agent = None
        if plan.agent is not None:
            door, trusts = certificate.door(RunSettings.load(centre.state), centre.known.sip.host)
            agent = stack.enter_context(PhoneBank(folder / "agent", [plan.agent], door, events.put, trusts=trusts))
        citizen = stack.enter_context(
            PhoneBank(folder / "citizen", [Account(plan.number)], server, events.put, record=True)
        )
        facts = stack.enter_context(witness.facts(centre.known))
        return _Call(centre, plan, events=events, facts=facts, tell=tell, citizen=citizen, agent=agent).run()


class _Call:
    """The loop of one call. Owned by one thread."""

    def __init__(
        self,
        centre: Centre,
        plan: Plan,
        *,
        citizen: PhoneBank,
        agent: PhoneBank | None,
        events: queue.SimpleQueue[PhoneEvent],
        facts: queue.SimpleQueue[dict[str, object]],
        tell: Callable[[Step], None],
    ) -> None:
        self._centre, self._plan, self._tell = centre, plan, tell
        self._citizen, self._agent = citizen, agent
        self._events, self._facts = events, facts
        self._ears = ears.Ears(centre.sounds)
        self._tail: ears.Tail | None = None
        self._began = time.monotonic()
        self._established_s: float | None = None
        self._keys = list(plan.keys)
        self._key_at_s = 0.0
        self._hang_up_at_s: float | None = None
        self._ended_s: float | None = None
        self._hung_up_by_us = False
        self._early: list[dict[str, object]] = []  # facts from before the contact's id was known
        self.story = Story()

    def run(self) -> Story:
        """From the agent's log-in to the last word."""
        if self._agent is not None:
            self._log_in(self._agent)
        plan, citizen = self._plan, self._citizen
        self._began = time.monotonic()
        self._say("dialled", f"{plan.representative} from {plan.number}")
        citizen.dial(plan.number, plan.representative)
        while self._ended_s is None or self._now_s() < self._ended_s + AFTERWORD_S:
            if not citizen.alive:
                raise PhoneError(f"the citizen's phone has ended:\n{citizen.last_words()}")
            self._look()
            if self._ended_s is None:
                self._act()
            time.sleep(LOOK_S)
        self._listen()
        self.story.sound_s = round(ears.sound_s(self._ears.frames), 2)
        self.story.longest_silence_s = round(ears.longest_silence_s(self._ears.frames), 2)
        if self._agent is not None and self._plan.agent is not None:
            self._code(self._agent, self._plan.agent.user, "*13")
        return self.story

    # What happens

    def _look(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._phone(self._events.get_nowait())
        with suppress(queue.Empty):
            while True:
                self._fact(self._facts.get_nowait())
        self._listen()

    def _phone(self, event: PhoneEvent) -> None:
        if event.user != self._plan.number:
            if event.kind is Kind.INCOMING and self._agent is not None:
                agent, user, call_id = self._agent, event.user, event.call_id
                threading.Timer(AGENT_ANSWERS_S, lambda: agent.accept(user, call_id)).start()
            return
        if event.kind is Kind.ESTABLISHED:
            self._established_s = self._now_s()
            self._key_at_s = self._established_s + FIRST_KEY_S
            self._say("answered", "by the centre")
            self._identify()
        elif event.kind is Kind.CLOSED:
            self._ended_s = self._now_s()
            by = "the citizen" if self._hung_up_by_us else "the centre"
            if self._established_s is None:
                self.story.outcome = f"the centre refused the call: {event.reason or 'no reason given'}"
            elif not self.story.outcome:
                self.story.outcome = self._why_not()
            self._say("ended", f"{by} hung up" if self._established_s is not None else self.story.outcome)

    def _identify(self) -> None:
        """Which contact of the engine's this is: the PBX knows the channel by the number that called."""
        uniqueid = witness.uniqueid_of(self._centre.known, self._plan.number)
        self.story.contact_id = uniqueid
        if uniqueid is None:
            self._say("note", "the PBX does not show this call; the engine's decisions cannot be told")
        early, self._early = self._early, []
        for fact in early:
            self._fact(fact)

    def _listen(self) -> None:
        if self._tail is None:
            recordings = self._citizen.recordings()
            if not recordings:
                return
            self._tail = ears.Tail(recordings[-1])
        for heard in self._ears.hear(self._tail.more()):
            if self._hang_up_at_s is not None:
                continue  # the agent's voice, whatever it is like
            self.story.prompts.append(heard.name)
            at_s = (self._established_s or 0.0) + heard.from_s
            self._say("heard", f"{heard.name}: {self._centre.text_of(heard.name)}", at_s)
            self._key_at_s = min(self._key_at_s, self._now_s() + KEY_AFTER_PROMPT_S)

    def _fact(self, fact: dict[str, object]) -> None:
        if self.story.contact_id is None:
            self._early.append(fact)
            return
        if fact.get("contact_id") != self.story.contact_id:
            return
        kind, agent_id = fact.get("fact"), fact.get("agent_id")
        if kind == "Decision":
            for sentence in self._centre.sentences_of(fact):
                self._say("decided", sentence)
        elif kind == "ReservationEnded" and fact.get("result") != "answered":
            self._say("rang", f"agent {agent_id} did not take it: {fact.get('result')}")
        elif kind == "ContactMoved":
            self._moved(str(fact.get("new")), fact)

    def _moved(self, new: str, fact: dict[str, object]) -> None:
        agent_id, waited = fact.get("agent_id"), fact.get("waited_s")
        if new == "queued" and fact.get("old") != "reserved":
            self._say(
                "queued", f"queue {fact.get('queue')}, language {fact.get('language')}, topic {fact.get('topic')}"
            )
            self._say_who_is_there()
        elif new == "reserved":
            self._say("ringing", f"agent {agent_id}")
        elif new == "connected":
            self.story.answered, self.story.agent_id = True, str(agent_id)
            self.story.outcome = f"agent {agent_id} answered"
            waited_s = float(waited) if isinstance(waited, int | float) else 0.0
            self._say("talking", f"agent {agent_id} answered; waited {waited_s:.1f} s in the queue")
            self._hang_up_at_s = self._now_s() + self._plan.talk_s
        elif new in ("abandoned", "overflowed", "closed", "failed", "wrapup"):
            self._say(new, f"{fact.get('detail') or ''}" if new != "wrapup" else f"agent {agent_id} writes up")

    def _say_who_is_there(self) -> None:
        """Nobody logged in is worth a sentence: the caller will wait in vain."""
        looking = feed.Feed(self._centre.state)
        board = looking.look()
        if board is None or any(agent.presence.value == "available" for agent in board.agents):
            return
        self._say("note", f"none of the {len(board.agents)} agents is available; the call waits until --timeout")
        self.story.outcome = "no agent is logged in"

    # What is done

    def _act(self) -> None:
        now_s = self._now_s()
        talking = self._hang_up_at_s is not None
        if self._keys and self._established_s is not None and not talking and now_s >= self._key_at_s:
            key = self._keys.pop(0)
            self._citizen.press(self._plan.number, key)
            self._say("pressed", key)
            self._key_at_s = now_s + KEY_AT_LATEST_S
        if self._hang_up_at_s is not None and now_s >= self._hang_up_at_s:
            self._hang_up()
        elif not talking and now_s >= self._plan.timeout_s:
            if not self.story.outcome:
                self.story.outcome = self._why_not()
            self.story.outcome += f"; given up after {self._plan.timeout_s:.0f} s (--timeout)"
            self._hang_up()
        elif now_s >= LONGEST_CALL_S:
            self._hang_up()

    def _hang_up(self) -> None:
        if not self._hung_up_by_us:
            self._hung_up_by_us = True
            self._citizen.hangup(self._plan.number)
            if self._established_s is None:
                self._ended_s = self._now_s()

    def _why_not(self) -> str:
        if any(name.rpartition("/")[2] == "closed" for name in self.story.prompts):
            return "the centre is closed and said so"
        if self._established_s is None:
            return "the centre did not answer"
        return "no agent answered"

    def _log_in(self, agent: PhoneBank) -> None:
        assert self._plan.agent is not None
        user = self._plan.agent.user
        if user not in agent.wait_registered(CODE_WITHIN_S):
            raise PhoneError(f"agent {user}'s phone could not register:\n{agent.last_words()}")
        if self._code(agent, user, "*11"):
            self._say("agent", f"{user} registered and dialled *11 (available)")
        else:
            self._say("agent", f"{user} registered, but *11 was not taken")

    def _code(self, agent: PhoneBank, user: str, code: str) -> bool:
        """Dial a feature code and wait until the PBX has hung up; False when it was not answered."""
        agent.dial(user, code)
        deadline = time.monotonic() + CODE_WITHIN_S
        answered = False
        while time.monotonic() < deadline:
            with suppress(queue.Empty):
                event = self._events.get(timeout=0.2)
                if event.user == user:
                    answered = answered or event.kind is Kind.ESTABLISHED
                    if event.kind is Kind.CLOSED:
                        return answered
        return answered

    def _now_s(self) -> float:
        return time.monotonic() - self._began

    def _say(self, what: str, text: str, at_s: float | None = None) -> None:
        step = Step(round(self._now_s() if at_s is None else at_s, 2), what, text)
        self.story.steps.append(step)
        self._tell(step)
