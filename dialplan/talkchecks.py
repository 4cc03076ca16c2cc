"""What recordings and the survey say about the rest of the rules. Finds everything, changes nothing.

A part of `dialplan.checks`; the shapes are in `dialplan.talkshapes`.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialplan.queueshapes import QueuesShape
from dialplan.talkrules import COMMENT_PROMPT, NOT_RECORDED, NOTICE_PROMPT, SURVEY_PROMPTS
from dialplan.talkshapes import SurveyShape
from dialplan.validation import Files, did_you_mean, names, unknown
from dialplan.yamlsource import Problem

_FILE = "queues.yaml"


def check(files: Files) -> Iterator[Problem]:
    """All problems of `recording`, `recordings` and `survey`."""
    queues = files.model(QueuesShape)
    if queues is None:
        return
    document = files.documents[_FILE]
    classes = names(files, _FILE, "recordings", "classes")
    if NOT_RECORDED in classes:
        place = document.key_at("recordings", "classes", NOT_RECORDED)
        yield Problem(place, f"`{NOT_RECORDED}` means that nothing is recorded; name the class otherwise")
    written: list[tuple[tuple[str, ...], str]] = [(("defaults", "recording"), queues.defaults.recording)]
    for key, queue in queues.queues.items():
        if queue.recording is not None:
            written.append((("queues", key, "recording"), queue.recording))
    for path, name in written:
        if name != NOT_RECORDED and name not in classes:
            yield Problem(document.at(*path), _unknown_class(name, classes))
    if any(name != NOT_RECORDED for _, name in written):
        yield from _prompts(files, ("defaults",), (NOTICE_PROMPT,), "a recorded talk")
    if queues.survey is not None:
        yield from _survey(files, queues, queues.survey, classes)


def _survey(files: Files, queues: QueuesShape, survey: SurveyShape, classes: list[str]) -> Iterator[Problem]:
    document = files.documents[_FILE]
    for i, name in enumerate(survey.queues):
        if name != "*" and name not in queues.queues:
            yield Problem(document.at("survey", "queues", i), unknown("queue", name, queues.queues))
        if name in survey.queues[:i]:
            yield Problem(document.at("survey", "queues", i), f"queue `{name}` is listed twice")
    if survey.first_day and survey.last_day and survey.first_day > survey.last_day:
        place = document.at("survey", "last_day")
        yield Problem(place, f"the survey ends on {survey.last_day}, before it begins on {survey.first_day}")
    prompts: tuple[str, ...] = SURVEY_PROMPTS
    if survey.comment is not None:
        prompts = (*prompts, COMMENT_PROMPT)
        if survey.comment.recording not in classes:
            place = document.at("survey", "comment", "recording")
            yield Problem(place, _unknown_class(survey.comment.recording, classes))
    yield from _prompts(files, ("survey",), prompts, "the survey")


def _prompts(files: Files, where: tuple[str, ...], needed: tuple[str, ...], what: str) -> Iterator[Problem]:
    known = names(files, "prompts.yaml", "prompts")
    for key in needed:
        if known and key not in known:
            hint = did_you_mean(key, known, only=True)
            yield Problem(files.documents[_FILE].key_at(*where), f"{what} needs `{key}` in prompts.yaml{hint}")


def _unknown_class(name: str, classes: list[str]) -> str:
    if not classes:
        return f"no class `{name}`: write it below `recordings: classes:`, with its retention_days, or `recording: off`"
    return unknown("recording class", name, classes)
