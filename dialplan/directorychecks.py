"""What directory.yaml says about the other files: numbers that may be dialled, queues that there are, codes used once.

Finds everything, changes nothing. A part of `dialplan.checks`.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialplan import numbers, schema
from dialplan.validation import Files, names, unknown
from dialplan.yamlsource import Problem


def check(files: Files) -> Iterator[Problem]:
    """All problems of the directory."""
    directory = files.model(schema.DirectoryShape)
    if directory is None:
        return
    document = files.documents["directory.yaml"]
    agents = names(files, "agents.yaml", "agents")
    trunks = files.model(schema.TrunksShape)
    own = trunks.numbers if trunks else []
    for typed, official in directory.officials.items():
        place = document.key_at("officials", typed)
        if typed in agents:
            yield Problem(place, f"{typed} is the extension of an agent; an official needs another one")
        if typed in directory.queues:
            line = document.key_at("queues", typed).line
            yield Problem(place, f"{typed} leads to a queue too, on line {line}; keep one")
        if official.number is not None and not (seen := numbers.check(official.number, own)).allowed:
            place = document.at("officials", typed, "number")
            yield Problem(
                place,
                f"{official.number} may not be dialled ({seen.kind.value.replace('_', ' ')}); "
                "expected a number that begins with 010, 070 or an area code",
            )
    known = names(files, "queues.yaml", "queues")
    for typed, queue in directory.queues.items():
        if typed in agents:
            yield Problem(document.key_at("queues", typed), f"{typed} is the extension of an agent")
        if known and queue not in known:
            yield Problem(document.at("queues", typed), unknown("queue", queue, known))
