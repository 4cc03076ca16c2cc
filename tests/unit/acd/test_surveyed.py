"""The memory of who was asked: by hashes, from facts and from the journal, and for as long as is asked for."""

from __future__ import annotations

from pathlib import Path

from acd.core.facts import SurveyAnswered
from acd.journal.migrate import migrate
from acd.journal.read import timeline
from acd.journal.writer import JournalWriter
from acd.surveyed import Surveyed, surveys_since
from dialplan.language import Language
from tests.unit.until import until


def answered(caller: str | None, at: float, score: str | None = None) -> SurveyAnswered:
    return SurveyAnswered(at, "c1", "1001", "tax", "tax", Language.JA, score, comment=score is not None, caller=caller)


def test_the_latest_question_counts_whether_it_was_answered_or_not() -> None:
    memory = Surveyed()
    memory.receive([answered("a", 200.0), answered("a", 100.0, "neutral"), answered(None, 300.0)])
    assert memory.since("a", 200.0)
    assert not memory.since("a", 200.5)
    assert not memory.since("b", 0.0)


def test_it_is_read_from_the_journal_and_the_contact_has_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    migrate(path)
    writer = JournalWriter(path)
    writer.start()
    facts = [answered("a", 100.0, "dissatisfied"), answered("b", 200.0)]
    for fact in facts:
        writer.put(fact)
    until(lambda: writer.written == 2)
    writer.stop()
    assert list(surveys_since(path, 150.0)) == facts[1:]
    assert timeline(path, "c1") == facts
