"""/snapshot.json as pages and terminals read it, and the rates that follow from its counts."""

import pytest

from acd.core.states import Presence, Work
from web.board import BoardError, Counts, read

SNAPSHOT = {
    "at": 1_800_000_000.0,
    "since": 1_799_990_000.0,
    "threshold_s": 20.0,
    "in_menu": 2,
    "waiting": {"ko": {"count": 3, "oldest_s": 12.5}, "en": {"count": 0, "oldest_s": None}},
    "agents": [
        {"id": "1001", "name": "상담사 01", "team": "team1", "presence": "available", "work": "connected"},
        {"id": "1002", "name": "상담사 02", "team": "team1", "presence": "away", "work": "idle", "reason": "lunch"},
    ],
    "counts": {"offered": 12, "answered": 9, "answered_within": 8, "abandoned": 2, "abandoned_short": 1},
    "decisions": [{"at": 1_800_000_000.0, "contact_id": "pbx1-1", "ko": "배정", "en": "assigned"}],
}


def test_a_snapshot_is_read_whole():
    board = read(SNAPSHOT)
    assert board.waiting_now == 3
    assert [line.language for line in board.waiting] == ["ko", "en", "ja", "zh"]
    assert board.waiting[0].oldest_s == 12.5
    assert board.waiting[1].oldest_s is None
    assert board.agents[1].presence is Presence.AWAY
    assert board.agents[1].reason == "lunch"
    assert board.working(Work.CONNECTED) == 1
    assert board.decisions[0].en == "assigned"


def test_rates_leave_short_abandons_and_those_still_waiting_out():
    counts = read(SNAPSHOT).counts
    # 12 offered, 11 with an outcome, 1 of them short.
    assert counts.answer_rate == pytest.approx(9 / 10)
    assert counts.service_level == pytest.approx(8 / 10)


def test_flowed_out_contacts_count_against_both_rates():
    counts = Counts(offered=10, answered=5, answered_within=5, abandoned=1, abandoned_short=1, flowed_out=5)
    assert counts.answer_rate == pytest.approx(0.5)
    assert counts.service_level == pytest.approx(0.5)


def test_no_rate_before_the_first_outcome():
    assert Counts(offered=3).answer_rate is None
    assert Counts(offered=1, abandoned=1, abandoned_short=1).service_level is None


def test_what_another_version_does_not_send_is_empty():
    board = read({})
    assert board.agents == ()
    assert board.waiting_now == 0
    assert board.threshold_s == 20.0


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {"at": "now"},
        {"waiting": []},
        {"agents": [{"presence": "asleep"}]},
        {"agents": {}},
        {"counts": {"offered": True}},
    ],
)
def test_what_is_no_snapshot_is_a_board_error(broken):
    with pytest.raises(BoardError):
        read(broken)
