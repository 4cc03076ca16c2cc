"""The caller's way through the house, top to bottom as the call sounds: greeting, language, hours, topic, waiting.

What a key means is `dialplan.dialogue`'s; the same steps serve `explain`. Here is only how it is said and heard.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from dialplan import calendar, numbers
from dialplan.decision import CLOSED_BOOKING, Route, priority, route
from dialplan.dialogue import Asking, Dialogue, begin, press
from dialplan.language import Language
from ivr import callbacks, recording, remembered
from ivr.flood import Verdict
from ivr.keys import Press
from ivr.noroom import with_opening
from ivr.remembered import Wanted
from ivr.session import Call, Outcome, Phase
from ivr.waiting import wait_and_talk

_log = structlog.get_logger(__name__)
MENU_MUSIC = "default"  # a class of musiconhold.conf: nobody hears silence while they think
# The promise is the greeting and then an agent: one question of at most 8 s lies between for a caller who is silent.
SILENT_QUESTION_S = 8.0
LEAST_WAIT_S = 0.5
# Asterisk reports a key when it is let go: a press within the grace may be told this much after it.
_KEY_LENGTH_S = 0.3


def receive(call: Call) -> Outcome:
    """A new call, answered by the PBX."""
    call.language = Language.KO
    with call.services.flood.call(call.rules.trunks, call.number, call.services.now()) as verdict:
        if verdict is not Verdict.ADMITTED:
            return _flooded(call, verdict)
        call.set_phase(Phase.MENU)
        if _too_many(call):
            return _overflow(call)
        return through_the_menus(call, begin(call.rules))


def resume(call: Call, first_words: tuple[str, ...] = ()) -> Outcome:
    """The engine has taken this caller back out of the safety net: no greeting, no question, the place in time kept.

    Who waited in `overflow` has not been asked anything yet, and is greeted now. `first_words` are said when nobody is
    free at once.
    """
    now = call.services.now()
    overflowed = call.channel.get_variable("RM_PHASE") == Phase.OVERFLOW.value
    call.language = remembered.language(call.channel)
    recording.remembered(call)
    back_s = call.services.acd.returned(call.contact_id)
    wanted = remembered.wanted(call.channel, call.rules, call.language, now, call.number, back_s=back_s)
    if overflowed:
        call.first_queued_at, call.waited_s = wanted.first_queued_at, wanted.waited_s
        call.set_phase(Phase.MENU)
        return through_the_menus(call, begin(call.rules))
    outcome = wait_and_talk(call, replace(wanted, first_words=first_words))
    return outcome if outcome is not None else through_the_menus(call, topics_again(call))


def through_the_menus(call: Call, dialogue: Dialogue) -> Outcome:
    """From a question to the end of the call."""
    late = _LateLanguage(call)
    while True:
        while dialogue.asking is not Asking.DONE:
            dialogue = _ask(call, dialogue, late)
        if dialogue.closed:
            following = _say_closed(call, dialogue, late)
            if isinstance(following, Outcome):
                return following
            dialogue = following
            continue
        route = dialogue.route
        if route is None or route.queue is None:
            call.say(*dialogue.say)  # not served in this language: a sentence and goodbye
            return _end(call, Outcome.CLOSED)
        outcome = wait_and_talk(call, _wanted(call, route))
        if outcome is not None:
            return outcome
        dialogue = topics_again(call)


def _ask(call: Call, dialogue: Dialogue, late: _LateLanguage) -> Dialogue:
    """Say what there is to say, hear the answer, and let the rules judge it."""
    sounds = call.sounds(*dialogue.say)
    if dialogue.asking is Asking.LANGUAGE:
        call.voice.say(sounds)
        pressed = call.voice.keys.take()
        if pressed is None:
            late.begins(dialogue)  # silence is Korean at once; the next question may already be heard
    else:
        menu = call.rules.menus[dialogue.menus[-1]]
        begun_s = call.voice.now_s()
        if call.voice.say(sounds):
            call.channel.music(MENU_MUSIC)
        wait_s = menu.wait_s
        if late.question is not None:  # who has pressed nothing yet, and may never do, is soon with an agent
            wait_s = min(wait_s, max(LEAST_WAIT_S, SILENT_QUESTION_S - (call.voice.now_s() - begun_s)))
        pressed = call.voice.hear(wait_s)
        if (question := late.of(pressed)) is not None:
            dialogue = question
    following = press(call.rules, dialogue, pressed.key if pressed else None, call.services.clock())
    _counted(call, dialogue, following, pressed)
    if following.language is not None:
        call.language = following.language
        if pressed is not None and dialogue.asking is Asking.LANGUAGE:
            call.channel.set_variables(RM_LANG=call.language.value)  # the safety net speaks it from now on
    return following


class _LateLanguage:
    """A key up to 2 s after the greeting's end is still the language, though Korean is already being spoken."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._question: Dialogue | None = None
        self._until_s = 0.0

    def begins(self, question: Dialogue) -> None:
        """The language question was met with silence, now."""
        self._question = question
        self._until_s = self._call.voice.now_s() + self._call.rules.language_grace_s + _KEY_LENGTH_S

    def of(self, pressed: Press | None) -> Dialogue | None:
        """The language question, when this is the first key after it and in time; asked once, then forgotten."""
        question = self._question
        self._question = None
        return question if question and pressed and pressed.at_s <= self._until_s else None

    @property
    def question(self) -> Dialogue | None:
        """The language question that was met with silence, if that was the last thing asked."""
        return self._question


def _say_closed(call: Call, dialogue: Dialogue, late: _LateLanguage) -> Dialogue | Outcome:
    """The closed message with the next opening, and the offer to book a call where the rules have it.

    Who never chose a language may still choose one while it is said.
    """
    call.set_phase(Phase.CLOSED)
    question = late.question
    languages = frozenset(call.rules.language_keys) if question else frozenset()
    call.voice.keys.clear()
    first, *rest = dialogue.say
    opens_at = dialogue.opening.opens_at if dialogue.opening else None
    call.voice.say(with_opening(call, (first,), opens_at), listen_for=languages)
    if not call.voice.keys and CLOSED_BOOKING in rest:
        wanted = _any_topic(call)
        if wanted is not None and (outcome := callbacks.offer_closed(call, wanted, languages)) is not None:
            return outcome
    if not call.voice.keys:
        call.voice.say(call.sounds(rest[-1]), listen_for=languages)
    pressed = call.voice.keys.take()
    if question is None or pressed is None:
        return _end(call, Outcome.CLOSED)
    following = press(call.rules, question, pressed.key, call.services.clock())
    call.language = following.language or call.language
    call.channel.set_variables(RM_LANG=call.language.value)
    late.of(pressed)
    return following


def _any_topic(call: Call) -> Wanted | None:
    """What a call that is booked while closed is about; None where the language is not served."""
    found = route(call.rules, call.language, call.rules.any_topic)
    return None if found.queue is None else _wanted(call, found)


def _wanted(call: Call, route: Route) -> Wanted:
    now = call.services.now()
    place = priority(call.rules, route.topic, route.queue or "", call.number)
    return Wanted(
        queue=call.rules.queues[route.queue or ""],
        topic=route.topic,
        requirement=route.requirement,
        first_words=route.say,
        first_queued_at=call.first_queued_at or now,
        waited_s=call.waited_s,
        points=place.points,
        order_class=place.order_class,
        new=call.first_queued_at is None,
    )


def topics_again(call: Call) -> Dialogue:
    """The first topic menu, whatever the hour is now: who has waited is not sent away for having looked around."""
    root = call.rules.root_menu[call.language]
    prompt = call.rules.menus[root].prompt
    return Dialogue(Asking.MENU, (prompt,), (), language=call.language, menus=(root,))


def _counted(call: Call, asked: Dialogue, following: Dialogue, pressed: Press | None) -> None:
    if asked.menu is None:
        name, known = Asking.LANGUAGE.value, set(call.rules.language_keys)
    else:
        name, known = asked.menu, set(call.rules.menus[asked.menu].choices)
    choice = "silence" if pressed is None else pressed.key if pressed.key in known | {"*", "#"} else "wrong"
    call.services.observer.choice_made(name, choice)
    _log.info("call.chose", menu=name, choice=choice, rules=[str(why.source) for why in following.reasons])


def _too_many(call: Call) -> bool:
    """Above the bound, while open. (When closed, the closed message is short and takes no agent.)"""
    most = call.rules.max_calls
    return max(call.callers_now(), call.services.acd.calls()) > most and calendar.is_open(
        call.rules.hours, call.services.clock()
    )


def _flooded(call: Call, verdict: Verdict) -> Outcome:
    """The PBX says the words, or plays the tone: a flood holds none of our sessions."""
    rule = call.rules.trunks.flood
    _log.warning(
        "call.flooded", number=numbers.masked(call.number), verdict=verdict.value, rule=str(rule and rule.source)
    )
    call.set_phase(Phase.FLOODED if verdict is Verdict.WORDS else Phase.BUSY)
    return Outcome.FLOOD


def _overflow(call: Call) -> Outcome:
    """All lines are busy: the caller waits in the PBX's member-less queue until the engine takes them out, in order.

    The queue's music begins with the sentence: who is too many holds no session of ours.
    """
    _log.warning("call.overflowed")
    call.channel.set_variables(RM_PHASE=Phase.OVERFLOW.value, RM_QUEUED_AT=f"{call.services.now():.3f}")
    return Outcome.OVERFLOW


def _end(call: Call, outcome: Outcome) -> Outcome:
    call.set_phase(Phase.DONE)
    call.channel.hangup()
    return outcome
