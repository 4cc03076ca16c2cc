"""Waiting for an agent, and the talk: music, the place in the queue, the wake-up, Dial.

The wake-up key says only that something happened; after every return of a read the dispatcher is asked. So a citizen
who sends the same tone gains nothing, and a lost wake-up costs the time until the next read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import structlog

from acd.core.events.contacts import Channel, ContactOffered, Departure
from acd.port import Assignment, GoToSafetyNet
from dialplan import overflow
from dialplan.overflow import NoRoom
from ivr import callbacks, recording, remembered, say, survey, whisper
from ivr.callbacks import Offer
from ivr.noroom import elsewhere, farewell
from ivr.remembered import Wanted
from ivr.say.spoken import POSITION_MAX
from ivr.session import Call, Outcome, Phase, Talked

_log = structlog.get_logger(__name__)

TRANSFER_CONTEXT = "agent-transfer"  # where a transfer by the agent's own phone arrives: it asks the engine
# Reads return this often, so that a session notices that the PBX went out of the engine's sight.
_READ_MS = 2000
_POLL_MS = 500  # while the PBX is out of sight nobody can wake us
_FIRST_WORD_S = 0.4  # an idle agent is matched within milliseconds: no sentence may begin before that
_ROUNDS_WITHOUT_NEWS = 3  # then a caller whose place has not changed hears at least that nobody forgot them
_BACK = "*"
_REPEAT = "#"


def wait_and_talk(call: Call, wanted: Wanted) -> Outcome | None:
    """Wait, be connected, talk, say goodbye. None: the caller went back to the menu and is not offered any more."""
    return _Waiting(call, wanted).run()


class _Left(NamedTuple):
    """The wait is over without an agent. `outcome` None: back to the menu."""

    outcome: Outcome | None


class _Waiting:
    """The loop's state: what was said last, and when something may be said next."""

    def __init__(self, call: Call, wanted: Wanted) -> None:
        self._call = call
        self._wanted = wanted
        self._acd = call.services.acd
        self._said_position: int | None = None
        self._said_wait: tuple[str, ...] = ()  # the estimate as it was last said
        self._speak_at_s = self._first_word_s = 0.0
        self._offer = Offer(call, wanted.waited_s)
        self._since = 0.0
        self._silent_rounds = 0  # announcements in a row that had nothing new to say
        self._first_words = wanted.first_words
        self._no_room: NoRoom | None = None  # the rules do not let this caller wait: an agent at once, or what they say

    def run(self) -> Outcome | None:
        call = self._call
        self._begin_to_wait()
        while True:
            if (left := self._heard_keys()) is not None:
                return left.outcome
            match self._acd.take(call.contact_id):
                case Assignment() as assignment:
                    self._no_room = None  # who was promised an agent waits on, should this one not answer
                    if self._ring(assignment):
                        return goodbye(call)
                case GoToSafetyNet():
                    _log.warning("call.to_safety_net", contact_id=call.contact_id)
                    call.offered = False
                    return Outcome.FALLBACK  # the phase says that they wait
                case None if self._no_room is not None:
                    if (outcome := self._turn_away(self._no_room)) is not None:
                        return outcome
                case None:
                    if call.voice.now_s() >= self._next_words_s() and self._acd.announcement_due(call.contact_id):
                        self._announce()
                    else:
                        call.voice.pause(self._read_ms())

    # --- waiting ------------------------------------------------------------------------------------------------

    def _begin_to_wait(self) -> None:
        """Variables first: from now on a killed engine means the fallback queue, with this place and language."""
        call, wanted = self._call, self._wanted
        self._since = call.services.now()
        remembered.write(
            call.channel,
            wanted,
            contact_id=call.contact_id,
            language=call.language,
            now=self._since,
            __TRANSFER_CONTEXT=TRANSFER_CONTEXT,
        )
        room = self._acd.offer(
            ContactOffered(
                contact_id=call.contact_id,
                channel=Channel.VOICE,
                language=call.language,
                topic=wanted.topic,
                queue=wanted.queue.key,
                requirement=wanted.requirement,
                first_queued_at=wanted.first_queued_at,
                waited_s=wanted.waited_s,
                resumed=wanted.resumed,
                points=wanted.points,
                order_class=wanted.order_class,
                handed_on_by=wanted.handed_on_by,
                caller=call.services.caller(call.number),
            ),
            call.channel_name,
        )
        call.offered = True
        callbacks.hold(call, wanted)
        if wanted.new:
            soon = overflow.closing_soon(call.rules, wanted.queue, call.services.clock())
            self._no_room = NoRoom.CLOSING if soon else None if room else NoRoom.FULL
        call.voice.keys.clear()  # what was typed ahead was for the menus
        call.channel.music(wanted.queue.music)
        self._speak_at_s = self._first_word_s = call.voice.now_s() + _FIRST_WORD_S
        self._offer = Offer(call, wanted.waited_s)

    def _next_words_s(self) -> float:
        return min(self._speak_at_s, max(self._offer.due_s, self._first_word_s))

    def _read_ms(self) -> int:
        if not self._acd.pbx_in_sight(self._call.contact_id):
            return _POLL_MS
        until_speech_ms = round((self._next_words_s() - self._call.voice.now_s()) * 1000)
        return min(_READ_MS, until_speech_ms) if until_speech_ms > 0 else _POLL_MS

    def _announce(self) -> None:
        """Place and estimated wait, when they changed; a match ends the sentence, and the music is back after it."""
        call = self._call
        if recording.notice_due(call, self._wanted.queue):
            recording.say_notice(call, self._matched)
            if not call.notice_heard:
                call.channel.music(self._wanted.queue.music)
                return
        position = self._acd.position(call.contact_id)
        words, self._first_words = self._first_words, ()
        if position is not None and position != self._said_position and position <= POSITION_MAX:
            words += say.grammar(call.language.value).position(position).pieces
        wait_s = self._acd.estimated_wait_s(call.contact_id)
        wait = () if wait_s is None else tuple(say.grammar(call.language.value).wait(wait_s).pieces)
        if wait != self._said_wait:
            words += wait
        words += self._offer.words()
        self._silent_rounds = 0 if words else self._silent_rounds + 1
        if self._silent_rounds >= _ROUNDS_WITHOUT_NEWS:
            words, self._silent_rounds = ("please_wait",), 0
        if words:
            heard = call.voice.say(call.sounds(*words), until=self._matched)
            if heard:
                self._said_position, self._said_wait = position, wait
            if not self._matched():  # Dial brings its own
                call.channel.music(self._wanted.queue.music)
        self._speak_at_s = call.voice.now_s() + self._wanted.queue.announce_every_s

    def _matched(self) -> bool:
        return not self._acd.announcement_due(self._call.contact_id)

    def _turn_away(self, why: NoRoom) -> Outcome | None:
        """Nobody is free, and there is no room to wait. None: wait on, in another queue, or because an agent came."""
        call, wanted = self._call, self._wanted
        now = call.services.clock()
        turn = overflow.turned_away(call.rules, call.language, wanted.topic, wanted.queue, why=why, now=now)
        self._no_room = None
        _log.info("call.turned_away", contact_id=call.contact_id, why=why.value, rule=str(turn.reasons[0].source))
        if turn.route is not None:
            self._acd.depart(call.contact_id, Departure.OVERFLOW)
            self._wanted = elsewhere(call, wanted, turn.route)
            self._begin_to_wait()
            return None
        return farewell(call, wanted, turn, self._matched)

    def _heard_keys(self) -> _Left | None:
        """`*` goes back to the menu, `#` repeats the place, the keys of an offer take it; others mean nothing here.

        A match wins over all of them.
        """
        call = self._call
        while not self._matched() and (press := call.voice.keys.take()):
            if press.key == _BACK:
                self._acd.depart(call.contact_id, Departure.BACK_TO_MENU)
                call.offered = False
                call.first_queued_at = self._wanted.first_queued_at
                call.waited_s = self._waited_s()
                call.set_phase(Phase.MENU)
                return _Left(None)
            if press.key == _REPEAT:
                self._said_position, self._said_wait = None, ()
                self._speak_at_s = call.voice.now_s()
            elif (choice := self._offer.choice(press.key)) is not None:
                return self._take_offer(choice)
        return None

    def _take_offer(self, choice: Offer.Choice) -> _Left | None:
        """None: wait on, because no call-back came of it, or because an agent came free."""
        call = self._call
        if choice is Offer.Choice.KEEP_OPEN:
            self._acd.depart(call.contact_id, Departure.CALLBACK)
            return _Left(callbacks.leave(call))
        wanted = replace(self._wanted, waited_s=self._waited_s())
        outcome = callbacks.book(call, wanted, choose_time=choice is Offer.Choice.TIME, matched=self._matched)
        if outcome is not None:
            return _Left(outcome)
        self._first_words = ("wait_on",)
        self._speak_at_s = call.voice.now_s()
        return None

    def _waited_s(self) -> float:
        return self._wanted.waited_s + max(0.0, self._call.services.now() - self._since)

    def _ring(self, assignment: Assignment) -> bool:
        """Ring the agent and stay for the talk. False: nobody answered, and the caller waits on under music."""
        call = self._call
        if ring(call, assignment, self._wanted, self._waited_s()):
            return True
        call.channel.music(self._wanted.queue.music)
        self._first_words = ("still_connecting",)
        self._speak_at_s = call.voice.now_s() + _FIRST_WORD_S
        return False


def ring(call: Call, assignment: Assignment, wanted: Wanted, waited_s: float | None) -> bool:
    """Ring this agent, under music until they are joined, and stay until the talk is over. False: no answer.

    The agent hears first whom they get (`U`, ivr/whisper.py; `waited_s` None: not how long). `g` comes
    back when the agent hangs up, `t` lets AMI begin a consultation on their side (no key does, features.conf), `i`
    keeps a forwarded phone from carrying the citizen elsewhere.
    """
    words = whisper.keys(call.rules, call.language, wanted.topic, waited_s) if wanted.queue.whisper else ()
    how = recording.before_dial(call, wanted.queue)
    variables = {"RM_PHASE": Phase.RINGING.value, whisper.VARIABLE: whisper.value(words), **how.variables}
    options = f"gitm({how.music})" + ("U(whisper)" if words or how.gated else "")
    call.dialling = True
    status = call.channel.dial(assignment.endpoint, assignment.ring_timeout_s, options, **variables)
    call.dialling = False
    call.services.acd.dial_returned(call.contact_id, assignment.reservation_id, status)
    _log.info("call.dial_returned", contact_id=call.contact_id, agent=assignment.agent_id, dialstatus=status)
    answered = status == "ANSWER"
    if answered:
        agent = call.services.acd.agent_talking_to(call.contact_id) or assignment.agent_id
        call.talked = Talked(agent, wanted.queue.key, wanted.topic)
    more = recording.after_dial(call, how, answered=answered)
    if not answered:
        # Without the cleared DIALSTATUS an earlier answer would say goodbye to a caller who waits again.
        call.channel.set_variables(RM_PHASE=Phase.WAITING.value, DIALSTATUS="", **more)
    return answered


def goodbye(call: Call) -> Outcome:
    """After the talk, when the agent hung up first: their opinion, if the rules ask for it, and the last words."""
    call.offered = False  # the talk's end is AMI's to tell
    call.set_phase(Phase.SERVED)
    call.voice.keys.clear()
    if call.talked is None or not survey.ask(call, call.talked):
        call.voice.keys.clear()
        call.say("goodbye")
    call.set_phase(Phase.DONE)
    call.channel.hangup()
    return Outcome.SERVED
