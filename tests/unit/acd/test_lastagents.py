"""The memory of last agents: by hashes, from facts and from the journal, and only as far back as is asked."""

from __future__ import annotations

from pathlib import Path

from acd.core.states import ContactState
from acd.journal.migrate import migrate
from acd.journal.writer import JournalWriter
from acd.lastagents import LastAgents, talks_since
from tests.unit.acd.test_journal import moved
from tests.unit.until import until


def talk(caller: str | None, agent_id: str, at: float):
    return moved("c", ContactState.CONNECTED, at=at, agent_id=agent_id, caller=caller)


def test_the_last_talk_counts_and_only_within_its_days() -> None:
    memory = LastAgents("secret")
    me = memory.caller("010-1234-5678")
    memory.receive(
        [talk(me, "1001", 100.0), talk(me, "1002", 200.0), talk(None, "1003", 300.0), talk(me, "1001", 150.0)]
    )
    assert memory.last(me, since=150.0) == "1002"
    assert memory.last(me, since=200.5) is None
    assert memory.last(memory.caller("01099998888"), since=0.0) is None
    assert memory.last(None, since=0.0) is None


def test_a_number_is_one_however_it_is_written_and_nobody_can_read_it() -> None:
    memory = LastAgents("secret")
    me = memory.caller("01012345678")
    assert me == memory.caller("010-1234-5678") == memory.caller("+82 10-1234-5678".replace("+82 ", "+82"))
    assert me is not None
    assert "1234" not in me
    assert me != LastAgents("another").caller("01012345678")
    assert memory.caller("anonymous") is None
    assert memory.caller("1001") is None


def test_it_is_read_from_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    migrate(path)
    writer = JournalWriter(path)
    writer.start()
    for fact in (talk("a", "1001", 100.0), talk("a", "1002", 200.0), moved("c", ContactState.QUEUED, at=210.0)):
        writer.put(fact)
    until(lambda: writer.written == 3)
    writer.stop()
    memory = LastAgents("secret")
    memory.begin_with(talks_since(path, 150.0))
    assert memory.last("a", since=0.0) == "1002"
    assert talks_since(path, 150.0) == [(200.0, "a", "1002")]
    assert talks_since(path, 0.0) == [(200.0, "a", "1002")]
