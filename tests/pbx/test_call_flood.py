"""Too many calls of one number on a real Asterisk: the words in four languages, the busy tone, and nobody else hurt."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from calls import Log, dial_in, prompts_heard, wait_quiet
from centre import NUMBER, Centre, wait_for

from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Ua

WORDS = "trunks.flood={calls_per_number: 2, at_once: 5, per_s: 600, development: true}"
FLOODER = "01055550000"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    with Centre.start(folder, "--at", "2026-11-24T10:00", "--set", WORDS) as centre:
        yield centre


def flooded(centre: Centre) -> float:
    found = re.search(r'^ivr_calls_total{lang="ko",outcome="flood"} (\S+)$', centre.metrics(), re.MULTILINE)
    assert found
    return float(found.group(1))


def test_the_words_and_then_the_tone(centre: Centre) -> None:
    assert flooded(centre) == 0
    with centre.citizen(FLOODER) as citizen, centre.citizen("01066660000") as other:
        for _ in range(2):
            log = Log(centre)
            began = dial_in(citizen)
            log.wait("call.began", 20)
            citizen.hang_up()
            citizen.wait_ended(10, after=began)
            wait_quiet(centre)
        log = Log(centre)
        began = dial_in(citizen)
        line = log.wait("call.flooded", 20)
        assert (line["number"], line["verdict"]) == ("010****0000", "words")
        assert re.fullmatch(r"trunks\.yaml:\d+|--set .*", line["rule"])
        citizen.wait_ended(40, after=began)
        assert [one.name for one in prompts_heard(centre, citizen.heard(), "too_many_calls", "greeting")] == [
            "too_many_calls"
        ]
        dial_in(other)  # and nobody else is meant
        log.wait("call.began", 20, channel="PJSIP/anonymous-00000003")
        assert len(log.lines("call.flooded")) == 1
        other.hang_up()
        wait_quiet(centre)
    assert flooded(centre) == 1


def test_a_flood_holds_no_session_and_hears_the_tone(centre: Centre) -> None:
    """Forty calls of the same number: a few hear the words, the others are gone after the tone."""
    loop, log = Loop(), Log(centre)
    loop.start()
    flooder = Ua(loop, FLOODER, centre.sip)
    try:
        dialogs = [flooder.call(NUMBER) for _ in range(40)]
        wait_for(lambda: len(log.lines("call.flooded")) == 40, 30, centre.said)
        verdicts = [line["verdict"] for line in log.lines("call.flooded")]
        assert (verdicts.count("words"), verdicts.count("busy")) == (16, 24)
        wait_for(
            lambda: all(one.ended.is_set() for one in dialogs), 60, lambda: f"{centre.channels()}\n{centre.said()}"
        )
        assert not log.lines("contact.moved")
        assert {line["outcome"] for line in log.lines("call.ended")} == {"flood"}
    finally:
        flooder.close()
        loop.stop()
