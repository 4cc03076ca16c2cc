"""A supervisor's codes on real phones: listen, whisper, barge; a wrong PIN; who is no supervisor."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from calls import Log, dial_in, pin, say_code, type_pin, wait_joined, wait_quiet
from centre import SLACK_S, Centre, wait_for
from tones import heard_by, sounding

from acd.core.facts import TalkNoted
from acd.journal.read import timeline
from engine.phone import CLOSED, Phone


@contextmanager
def talk(centre: Centre, folder: Path) -> Iterator[tuple[Log, Phone, Phone, str]]:
    """A citizen talks with 1002: the log, both phones, the contact's id."""
    with sounding(centre, folder, "1002") as agent, sounding(centre, folder, "citizen") as citizen:
        say_code(centre, agent, "*11", "available")
        log = Log(centre)
        began = dial_in(citizen, "10")
        agent.wait_talking(8, after=began)
        contact = log.wait("contact.moved", new="connected")["contact_id"]
        wait_joined(centre)
        yield log, citizen, agent, contact
        citizen.hang_up()
        wait_quiet(centre)
        say_code(centre, agent, "*13", "offline")


@pytest.mark.parametrize(
    ("code", "mode", "by_agent", "by_citizen"),
    [
        ("*51", "listen", {"citizen"}, {"1002"}),
        ("*52", "whisper", {"citizen", "1001"}, {"1002"}),
        ("*53", "barge", {"citizen", "1001"}, {"1002", "1001"}),
    ],
)
def test_who_hears_whom_until_the_talk_is_over(
    open_centre: Centre, tmp_path: Path, code: str, mode: str, by_agent: set[str], by_citizen: set[str]
) -> None:
    with (
        sounding(open_centre, tmp_path, "1001") as supervisor,
        talk(open_centre, tmp_path) as (log, citizen, agent, contact_id),
    ):
        began = type_pin(supervisor, f"{code}1002", pin(open_centre, "1001"))
        noted = log.wait("talk.noted", 5, contact_id=contact_id, detail=mode)
        assert (noted["what"], noted["agent_id"], noted["by"]) == ("supervision", "1002", "1001")
        time.sleep(3.5)  # longer than any other code's call may last
        assert supervisor.events(CLOSED, after=began) == []
        assert heard_by(supervisor) == {"citizen", "1002"}
        assert heard_by(agent) == by_agent
        assert heard_by(citizen) == by_citizen
        citizen.hang_up()
        supervisor.wait_ended(5, after=began)  # the talk's end is the end of listening
        log.wait("talk.noted", 5, contact_id=contact_id, detail=f"{mode}_ended")
        facts = wait_for(lambda: recorded(open_centre, contact_id), 5)
        assert facts == [mode, f"{mode}_ended"]


def recorded(centre: Centre, contact_id: str) -> list[str]:
    """What the journal has of the supervision, once both its ends are there."""
    facts = timeline(centre.settings.database, contact_id)
    details = [fact.detail for fact in facts if isinstance(fact, TalkNoted) and fact.by == "1001"]
    return details if len(details) == 2 else []


def test_a_wrong_pin_and_others_phones_hear_nothing(open_centre: Centre, tmp_path: Path) -> None:
    right = pin(open_centre, "1001")
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    with (
        open_centre.agent("1001") as supervisor,
        open_centre.agent("1003") as other,
        talk(open_centre, tmp_path) as (log, _, _, _),
    ):
        began = type_pin(supervisor, "*511002", wrong)
        supervisor.wait_ended(6, after=began)
        assert log.wait("talk.noted")["detail"] == "listen_refused"
        began = other.call("*511002")
        assert other.wait_ended(5, after=began).at_s - began <= 3 + SLACK_S
        assert len(log.lines("talk.noted")) == 1


def test_a_phone_that_hangs_up_ends_only_its_own_listening(open_centre: Centre, tmp_path: Path) -> None:
    with open_centre.agent("1001") as supervisor, talk(open_centre, tmp_path) as (log, citizen, _, contact_id):
        type_pin(supervisor, "*531002", pin(open_centre, "1001"))
        log.wait("talk.noted", 5, detail="barge")
        supervisor.hang_up()
        log.wait("talk.noted", 5, contact_id=contact_id, detail="barge_ended")
        assert citizen.events(CLOSED) == []
        assert len(open_centre.channels()) == 2
