"""What is shown of the centre, and what an impossible move says."""

from __future__ import annotations

import pytest

from acd.core.snapshot import snapshot
from acd.core.states import ContactState, IllegalTransition, Presence, Work, check_contact, check_presence, check_work
from tests.unit.acd.core.begun import talking
from tests.unit.acd.core.centre import EN, KO

AVAILABLE, OFFLINE = Presence.AVAILABLE, Presence.OFFLINE
IDLE = Work.IDLE


def test_the_snapshot_is_the_centre_at_one_moment() -> None:
    centre = talking("1002")
    centre.offer("c2")
    centre.offer("c3", language=EN, after=3.0)
    seen = snapshot(centre.state, centre.now + 7.0)
    assert [(line.language, line.queued, line.reserved, line.talking) for line in seen.lines] == [
        (EN, 1, 0, 0),
        (KO, 1, 0, 1),
    ]
    assert (seen.queued(KO), seen.oldest_wait_s(KO), seen.oldest_wait_s(EN)) == (1, 10.0, 7.0)
    assert seen.agent_counts == {("team1", AVAILABLE, Work.CONNECTED): 1, ("team1", OFFLINE, IDLE): 1}
    assert seen.agent_seconds["team1", AVAILABLE, Work.CONNECTED] == pytest.approx(10.0)
    assert [(agent.agent_id, agent.contact_id) for agent in seen.agents] == [("1001", "c1"), ("1002", None)]


def test_the_tables_name_both_states() -> None:
    with pytest.raises(IllegalTransition, match="contact c1: ContactState queued may not become completed"):
        check_contact("c1", ContactState.QUEUED, ContactState.COMPLETED)
    with pytest.raises(IllegalTransition, match="agent 1001: Presence not_responding may not become not_responding"):
        check_presence("1001", Presence.NOT_RESPONDING, Presence.NOT_RESPONDING)
    with pytest.raises(IllegalTransition, match="agent 1001: Work wrapup may not become hold"):
        check_work("1001", Work.WRAPUP, Work.HOLD)
