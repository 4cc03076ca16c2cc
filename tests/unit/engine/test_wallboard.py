"""The terminal's wallboard: every figure, two languages, all widths and heights, and what is said of old ones."""

from io import StringIO

import pytest
from rich.console import Console

from acd.core.states import Presence, Work
from dialplan.wallboardrules import Bounds, WallboardRule
from engine import wallboard
from web.board import AgentLine, Board, Counts, Said, Waiting

NOW = 1_795_507_200.0  # 2026-11-24 17:00:00 in Seoul


def agent(number, presence=Presence.AVAILABLE, work=Work.IDLE, reason=None):
    return AgentLine(str(1000 + number), f"상담사 {number:02}", f"team{number % 3 + 1}", presence, work, reason)


def board(**changed):
    given = {
        "at": NOW,
        "since": NOW - 3600,
        "threshold_s": 20.0,
        "in_menu": 4,
        "waiting": (Waiting("ko", 3, 22.0), Waiting("en", 1, 4.0), Waiting("ja", 0, None), Waiting("zh", 0, None)),
        "agents": (
            agent(1),
            agent(2, work=Work.CONNECTED),
            agent(3, work=Work.HOLD),
            agent(4, work=Work.WRAPUP, presence=Presence.AWAY),
            agent(5, presence=Presence.AWAY, reason="lunch"),
            agent(6, presence=Presence.OFFLINE),
        ),
        "counts": Counts(offered=40, answered=30, answered_within=28, abandoned=2, abandoned_short=1),
        "decisions": (Said(NOW - 5, "여권 문의를 상담사 07에게", "passport to agent 07"),),
    }
    return Board(**(given | changed))


def drawn(shown, now=NOW, width=116, **options):
    console = Console(width=width, file=StringIO(), record=True, legacy_windows=False)
    console.print(wallboard.draw(shown, now, width=width, **options))
    return console.export_text()


def test_every_figure_is_there_in_two_languages():
    text = drawn(board())
    for word in ("대기", "Waiting", "응대율", "96.8 %", "서비스레벨", "90.3 %", "≤ 20 s", "17:00:00", "16:00:00"):
        assert word in text
    assert "lost 1, short 1" in text
    assert "여권 문의를 상담사 07에게" in text
    assert "passport to agent 07" in text
    assert "식사 1" in text


def test_the_variant_stands_beside_both_rates():
    assert drawn(board()).count("short_excluded") == 2
    assert drawn(board(), width=80).count("short_excluded") == 2


def test_the_variant_and_the_colours_are_the_rules():
    strict = board(rule=WallboardRule("strict", service_level=Bounds(0.2, 0.1), answer_rate=Bounds(1.0, 0.99)))
    console = Console(width=120, record=True, file=StringIO(), color_system="standard", force_terminal=True)
    console.print(wallboard.draw(strict, NOW, width=120))
    text = console.export_text(styles=True)
    assert "strict" in text
    assert "\x1b[1;32m87.5 %" in text  # 28 of 32, and 20 % would do
    assert "\x1b[1;31m96.8 %" in text  # red, for 99 % is asked


@pytest.mark.parametrize("width", [80, 104, 116, 160])
def test_no_line_is_wider_than_the_terminal(width):
    console = Console(width=width, file=StringIO())
    lines = console.render_lines(wallboard.draw(board(), NOW, width=width), pad=False)
    assert max(sum(segment.cell_length for segment in line) for line in lines) <= width


@pytest.mark.parametrize("problem", [None, "the engine does not answer"])
@pytest.mark.parametrize(
    ("width", "height"), [(80, 24), (80, 36), (80, 46), (116, 20), (116, 24), (116, 30), (116, 40)]
)
def test_a_frame_fits_the_terminal_height(width, height, problem):
    many = board(decisions=tuple(Said(NOW, "가" * 90, "x" * 180) for _ in range(20)))
    console = Console(width=width, file=StringIO())
    frame = wallboard.draw(many, NOW + 9, width=width, height=height, problem=problem)
    assert len(console.render_lines(frame)) <= height


def test_a_terminal_of_24_lines_has_every_figure_and_a_decision():
    text = drawn(board(), width=80, height=24)
    for word in (
        "Waiting 4",
        "96.8 %",
        "90.3 %",
        "short_excluded",
        "한국어 ko 3 (22 s)",
        "중국어 zh 0",
        "수신대기",
        "agent 07",
    ):
        assert word in text


@pytest.mark.parametrize("width", range(104, 130))
def test_a_decision_is_broken_between_words_and_loses_none(width):
    said = (
        "When it came in, call pbx1-1795514275.43, which had waited 0 s, went to 상담사 10 (1010), who had been idle."
    )
    text = drawn(board(decisions=(Said(NOW, "가", said),)), width=width)
    decisions = text[text.index("Last decisions") :]
    assert "".join(said.split()) in "".join(decisions.replace("│", " ").split())


def test_work_says_more_than_presence():
    assert agent(1, Presence.AWAY, Work.WRAPUP).state == "wrapup"
    assert agent(1, Presence.AWAY).state == "away"


def test_a_rare_state_has_a_column_only_when_somebody_is_in_it():
    assert "무응답" not in drawn(board())
    assert "무응답" in drawn(board(agents=(agent(1, Presence.NOT_RESPONDING),)))


def test_an_agent_who_gave_no_reason_is_not_said_to_have_one():
    assert "사유 없음 1" in drawn(board(agents=(agent(1, Presence.AWAY),)))


def test_old_figures_are_called_old():
    assert "s old" not in drawn(board(), now=NOW + 4.9)
    assert "7 s old" in drawn(board(), now=NOW + 7)


def test_a_problem_is_said_above_the_last_known_figures():
    text = drawn(board(), problem="the engine does not answer")
    assert text.index("the engine does not answer") < text.index("96.8 %")


def test_before_the_first_snapshot():
    text = drawn(None, problem="no centre takes calls")
    assert "no figures yet" in text
    assert "no centre takes calls" in text


def test_before_the_first_call_there_is_no_rate():
    text = drawn(board(counts=Counts(), decisions=()))
    assert "%" not in text
    assert "nothing assigned yet" in text
