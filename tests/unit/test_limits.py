"""Every bound of dialplan/limits.py: in docs/security.md with its value and a test that is there; some of those tests."""

from __future__ import annotations

import ast
import asyncio
import io
import re
import tarfile
from pathlib import Path

import pytest

from acd.ami import client as ami
from acd.ami.packets import NotAnAmiPeer, Packet
from dialplan import limits, loader, numbers
from dialplan.loader import RulesError
from engine import backup, feed, ready
from ivr import booking
from ivr.keys import KeyBuffer
from tests.wire.web_peer import Engine
from web import feed as web_feed

ROOT = Path(__file__).resolve().parents[2]
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]*) \| `([^`]+)` \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")


def test_the_table_has_every_bound_with_its_value_and_reason() -> None:
    written = {name: value for name, value in vars(limits).items() if name.isupper()}
    shown = {name: f"{value:,}" if isinstance(value, int) else f"{value:g} s" for name, value in written.items()}
    assert {row[0]: row[1].strip() for row in _ROW.findall(SECURITY)} == shown
    lines = (ROOT / "dialplan" / "limits.py").read_text(encoding="utf-8").splitlines()
    for name in written:
        assert sum(line.startswith(f"{name} = ") for line in lines) == 1


def test_every_test_that_is_named_is_there() -> None:
    named = _TEST.findall(SECURITY)
    assert len(named) > 60
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in there, f"{file} has no {name}"


def test_no_bound_is_written_that_nobody_takes() -> None:
    used = "".join(
        path.read_text(encoding="utf-8")
        for room in ("acd", "dialplan", "engine", "ivr", "web")
        for path in (ROOT / room).rglob("*.py")
        if path.name != "limits.py"
    )
    assert [name for name in vars(limits) if name.isupper() and not re.search(rf"\b{name}\b", used)] == []


def test_an_answer_without_an_end_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "AMI_LIST_EVENTS", 3)
    client = ami.AmiClient("127.0.0.1", 1, "", "", on_packet=lambda _: None)
    client._replies["x"] = ami.Reply(is_list=True, deadline=0.0)
    for _ in range(3):
        client._dispatch(Packet("Status", "", {"ActionID": "x"}))
    with pytest.raises(NotAnAmiPeer):
        client._dispatch(Packet("Status", "", {"ActionID": "x"}))


def test_keys_beyond_the_bound_are_dropped() -> None:
    keys = KeyBuffer()
    for number in range(limits.KEYS_TYPED_AHEAD + 50):
        keys.press("1", float(number))
    taken = 0
    while keys.take() is not None:
        taken += 1
    assert taken == limits.KEYS_TYPED_AHEAD


def test_no_number_is_typed_for_ever() -> None:
    talk = booking.Talk(booking.Asking.NUMBER, (), booking.Language.KO, typed="0" * limits.NUMBER_DIGITS)
    assert booking._all_there(talk)


def test_no_number_is_written_longer() -> None:
    assert numbers.normalise("0" * limits.NUMBER_CHARS) is not None
    assert numbers.normalise("0" * (limits.NUMBER_CHARS + 1)) is None


def test_no_more_problems_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "RULES_PROBLEMS", 2)
    with pytest.raises(RulesError) as refused:
        loader.load(ROOT / "dialplan" / "rules", ["trunks.a=1", "trunks.b=1", "trunks.c=1", "trunks.d=1"])
    assert len(refused.value.problems) == 2


def test_a_snapshot_without_an_end_is_a_problem_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(feed, "SNAPSHOT_BYTES", 10)
    engine = Engine()
    here = ready.Address(host="127.0.0.1", port=engine.port)
    nobody = ready.AmiAddress(host="127.0.0.1", port=1, user="", secret="")
    ready.Ready(sip=here, http=here, ami=nobody, agi=here, pid=1, asterisk_pid=None, supervisor_pid=1).save(tmp_path)
    try:
        with pytest.raises(feed.FeedError, match="no JSON"):
            feed.fetch(tmp_path)
    finally:
        engine.stop()


def test_a_fact_without_an_end_ends_the_stream() -> None:
    async def read() -> bytes:
        reader = asyncio.StreamReader(limit=limits.FACT_LINE_BYTES)
        reader.feed_data(b"x" * (2 * limits.FACT_LINE_BYTES + 1))
        return await web_feed._line(reader)

    assert asyncio.run(read()) == b""


def test_a_list_of_contents_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(backup, "BACKUP_CONTENTS_BYTES", 10)
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as tar:
        entry = tarfile.TarInfo(backup.CONTENTS)
        entry.size = 100
        tar.addfile(entry, io.BytesIO(b"{" * 100))
    with tarfile.open(archive) as tar, pytest.raises(ValueError, match="does not begin with a list"):
        backup._contents(tar)
