"""Today's figures: from midnight in Seoul, the journal's morning included."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from acd.core.facts import ContactMoved, Decision, TalkNoted
from acd.core.seoul import midnight
from acd.core.states import ContactState
from acd.journal.read import Figures
from dialplan.language import Language
from dialplan.queuerules import Requirement
from engine.today import DECISIONS, Today

SEOUL = ZoneInfo("Asia/Seoul")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL).timestamp()


def moved(new: ContactState, when: float, **words: object) -> ContactMoved:
    return ContactMoved(
        when, "c", "voice", Language.KO, "any", "general", None, new, None, when, 1.0,
        bool(words.get("offered")), words.get("within"), words.get("detail"),  # type: ignore[arg-type]
    )  # fmt: skip


def test_midnight_is_seouls() -> None:
    assert midnight(at("2026-11-24T00:00:00")) == at("2026-11-24T00:00:00")
    assert midnight(at("2026-11-24T23:59:59")) == at("2026-11-24T00:00:00")
    assert midnight(at("2026-11-24T08:59:59")) == at("2026-11-24T00:00:00")


def test_counts_and_a_new_day() -> None:
    today = Today(at("2026-11-24T12:00"), lambda _: ("", ""), {"1002"}.__contains__)
    today.add(Figures(10, 8, 7, 2, 1, 0, 50.0, transferred=5, to_officials=2))
    noon = at("2026-11-24T12:00")
    today.receive(
        [
            moved(ContactState.QUEUED, noon, offered=True),
            moved(ContactState.CONNECTED, noon, within=True),
            moved(ContactState.CONNECTED, noon),  # adopted
            moved(ContactState.ABANDONED, noon, detail="short"),
            moved(ContactState.OVERFLOWED, noon),
            moved(ContactState.CONNECTED, noon, detail="kept"),
            moved(ContactState.CALLBACK_BOOKED, noon, detail="later"),
            TalkNoted(noon, "c", "1002", "transfer", "blind:answered", "1001"),
            TalkNoted(noon, "c", "7001", "transfer", "consult:answered", "1001"),
            TalkNoted(noon, "c", "1002", "transfer", "blind:returned", "1001"),
            TalkNoted(noon, "c", "1002", "supervision", "listen", "1001"),
        ]
    )
    assert today.as_json()["counts"] == {
        "offered": 11, "answered": 9, "answered_within": 8, "abandoned": 3, "abandoned_short": 2, "flowed_out": 1,
        "callbacks_kept": 1,
        "transferred": 7,
        "to_officials": 3,
    }  # fmt: skip
    today.receive([moved(ContactState.QUEUED, at("2026-11-25T00:00:01"), offered=True)])
    after = today.as_json()
    assert after["since"] == at("2026-11-25T00:00")
    assert after["counts"]["offered"] == 1
    assert after["counts"]["answered"] == 0


def test_the_last_decisions_in_words() -> None:
    today = Today(at("2026-11-24T12:00"), lambda one: (f"{one.agent_id}에게", f"to {one.agent_id}"), str)
    for n in range(DECISIONS + 5):
        today.receive(
            [
                Decision(
                    100.0 + n,
                    "c",
                    str(n),
                    n,
                    "general",
                    Requirement(Language.KO),
                    "longest_idle",
                    "freed",
                    1.0,
                    1,
                    (),
                    "q:1",
                )
            ]
        )
    said = today.as_json()["decisions"]
    assert len(said) == DECISIONS
    assert (said[0]["ko"], said[0]["en"]) == (f"{DECISIONS + 4}에게", f"to {DECISIONS + 4}")
