"""After the talk: how satisfied the caller was, by one key, and what they wish to say, by voice.

Offered by rule (`survey` in queues.yaml), in the caller's language, when the agent has hung up first. Who hangs up
loses nothing: what was answered until then is in the record. If the engine dies: a short goodbye (phase `served`).
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from acd.core.facts import SurveyAnswered
from acd.core.seoul import DAY_S
from acd.talkmetrics import SCORES
from dialplan import calendar
from dialplan.talkrules import COMMENT_PROMPT, SURVEY_PROMPTS, Survey
from ivr.agi import AgiFault
from ivr.recordings import RecordingStore
from ivr.session import Call, Talked

_log = structlog.get_logger(__name__)
QUESTION, THANKS = SURVEY_PROMPTS
KEYS = dict(zip("1234", SCORES, strict=True))
KEY_S = 5.0
TRIES = 2
SILENCE_S = 3  # of which a comment is over
COMMENT_LEAST_S = 1.0  # a shorter one is a breath


@dataclass(slots=True)
class _Answer:
    """As far as it has come: who hangs up has said what they have said."""

    score: str | None = None
    comment: bool = False


def ask(call: Call, talked: Talked) -> bool:
    """Ask, if the rules have it so. True: they answered and were thanked; False: not asked, or no answer."""
    services, survey = call.services, call.rules.survey
    caller = services.caller(call.number)
    if survey is None or caller is None or not _due(call, survey, talked, caller):
        return False
    answer, asked_at = _Answer(), services.now()
    try:
        answer.score = _score(call)
        if answer.score is not None:
            _comment(call, survey, answer)
            call.say(THANKS)
    finally:
        services.acd.surveyed(
            SurveyAnswered(
                at=asked_at,
                contact_id=call.contact_id,
                agent_id=talked.agent_id,
                queue=talked.queue,
                topic=talked.topic,
                language=call.language,
                score=answer.score,
                comment=answer.comment,
                caller=caller,
            )
        )
    return answer.score is not None


def _due(call: Call, survey: Survey, talked: Talked, caller: str) -> bool:
    services = call.services
    today = calendar.in_seoul(services.clock()).date()
    handed_on = services.marks.handed_on(call.contact_id)
    if not survey.asks(call.contact_id, talked.queue, today, transferred=handed_on):
        return False
    since = services.now() - survey.not_again_days * DAY_S
    return survey.not_again_days == 0 or not services.surveyed_since(caller, since)


def _score(call: Call) -> str | None:
    """The word for the key; None for silence, and for a wrong key TRIES times."""
    words: tuple[str, ...] = (QUESTION,)
    for _ in range(TRIES):
        call.voice.keys.clear()
        call.say(*words)
        pressed = call.voice.hear(KEY_S)
        if pressed is None:
            return None
        if pressed.key in KEYS:
            return KEYS[pressed.key]
        words = ("wrong_key", QUESTION)
    return None


def _comment(call: Call, survey: Survey, answer: _Answer) -> None:
    """Ask for a comment and keep what is said. One that can't be kept is not asked for."""
    recorder, kind = call.services.recorder, survey.comment_class
    if not survey.comment_s or recorder is None or not recorder.store.has_room:
        return
    store = recorder.store
    call.voice.keys.clear()
    if not call.say(COMMENT_PROMPT) and _declined(call):
        return
    try:
        store.make(kind)
        call.channel.take_down(str(store.path(kind, call.contact_id).with_suffix("")), survey.comment_s, SILENCE_S)
    except (OSError, AgiFault) as error:
        _log.error("survey.comment_failed", contact_id=call.contact_id, error=str(error))
    finally:
        answer.comment = _kept(store, kind, call.contact_id)
    call.voice.keys.clear()


def _declined(call: Call) -> bool:
    """A `#` in the sentence: nothing to say. Any other key only cuts it short."""
    pressed = call.voice.keys.take()
    return pressed is not None and pressed.key == "#"


def _kept(store: RecordingStore, kind: str, contact_id: str) -> bool:
    """Whether there is a comment; one of nothing but a breath is thrown away."""
    if (store.sound_s(kind, contact_id) or 0.0) >= COMMENT_LEAST_S:
        return True
    try:
        store.discard(kind, contact_id)
    except OSError as error:
        _log.warning("survey.not_discarded", contact_id=contact_id, error=str(error))
    return False
