"""The wallboard (전광판) drawn for a terminal: a Board in, a rich renderable out.

Korean and English labels side by side. Draws only: it fetches nothing and reads no clock (`now` is given).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from rich.align import Align
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from acd.core.states import Presence, Work
from web.board import AgentLine, Board
from web.levels import falling, rising
from web.words import AGENT_STATES, AWAY_REASONS, LANGUAGES, Words

STALE_AFTER_S = 5.0
SEOUL_OFFSET_S = 9 * 3600  # Korea has no daylight saving time
LEVELS = {None: "white", "good": "green", "warn": "yellow", "bad": "red"}
MOST_LINES = 14  # of decisions
WIDE = 104  # columns from which waiting and agents stand side by side
# Lines that each shape needs, with two for a decision: side by side, one above the other, and as few as can be.
WIDE_LINES, TALL_LINES, FEW_LINES = 23, 35, 20

# Who was not chosen is for the one who asks (`show`), not for a wall.
_PASSED_OVER_KO, _PASSED_OVER_EN = " 선택되지 않음: ", " Passed over: "

# What an agent is doing.
COLOURS = {
    "available": "green",
    "reserved": "yellow",
    "connected": "cyan",
    "hold": "blue",
    "wrapup": "magenta",
    "other": "white",
    "away": "bright_black",
    "not_responding": "red",
    "error": "red",
    "offline": "bright_black",
}


def draw(
    board: Board | None,
    now: float,
    *,
    title: str = "",
    problem: str | None = None,
    width: int = 110,
    height: int | None = None,
) -> RenderableType:
    """One frame for a terminal of `width` columns and `height` lines (None: as long as it wants to be).

    `problem` is said above the last known figures; figures older than 5 s are called old.
    """
    parts: list[RenderableType] = [_headline(board, now, title)]
    age_s = None if board is None else now - board.at
    if problem:
        parts.append(Text(f" {problem}", style="bold red"))
    if board is None:
        parts.append(Align.center(Text("아직 자료가 없습니다  no figures yet", "dim"), height=3, vertical="middle"))
        return Panel(Group(*parts), border_style="red" if problem else "bright_black")
    stale = age_s is not None and age_s > STALE_AFTER_S
    if stale:
        parts.append(Text(f" {age_s:.0f}초 전 자료입니다  these figures are {age_s:.0f} s old", style="bold red"))
    wide = width >= WIDE
    needs = WIDE_LINES if wide else TALL_LINES
    if height is not None and height < needs:
        parts += [*_few_lines(board), _agents(board.agents)]
        needs = FEW_LINES
    else:
        parts.append(_figures(board, 5 if wide else 3))
        parts.append(_halves(board) if wide else Group(_waiting(board), _agents(board.agents)))
    rest = MOST_LINES if height is None else min(MOST_LINES, height - needs + 2 - bool(problem) - stale)
    if rest > 0:
        parts.append(_decisions(board, rest, width - 17))
    return Panel(Group(*parts), border_style="red" if stale or problem else "green")


def _headline(board: Board | None, now: float, title: str) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True)
    line.add_column(justify="right", no_wrap=True)
    since = "" if board is None or not board.since else f"{_clock(board.since)} 부터 since   "
    name = Text.assemble((" 민원콜센터 전광판 ", "bold"), ("Ringmaster", "bold green"), (f"  {title}", "dim"))
    line.add_row(name, Text.assemble((since, "dim"), (f"{_clock(now)} ", "bold")))
    return line


def _figures(board: Board, columns: int) -> RenderableType:
    counts = board.counts
    oldest = max((line.oldest_s for line in board.waiting if line.oldest_s is not None), default=None)
    lost = counts.abandoned - counts.abandoned_short
    in_time = f"Service level ≤ {board.threshold_s:.0f} s"
    answered, in_time_colour = _colours(board)
    cells = [
        ("대기", "Waiting", str(board.waiting_now), "nobody" if oldest is None else f"oldest {oldest:.0f} s", "yellow"),
        ("통화", "Talking", str(board.working(Work.CONNECTED, Work.HOLD)), f"{board.in_menu} in the menu", "cyan"),
        ("응대", "Answered", str(counts.answered), f"lost {lost}, short {counts.abandoned_short}", "green"),
        ("응대율", "Answer rate", _percent(counts.answer_rate), "short_excluded", answered),
        ("서비스레벨", in_time, _percent(board.service_level), board.rule.service_level_variant, in_time_colour),
    ]
    rows = Table.grid(expand=True)
    for _ in range(columns):
        rows.add_column(ratio=1)
    for start in range(0, len(cells), columns):
        rows.add_row(*[_cell(*cell) for cell in cells[start : start + columns]])
    return rows


def _few_lines(board: Board) -> list[RenderableType]:
    """The figures and who waits, for a terminal of 24 lines."""
    counts = board.counts
    lost = counts.abandoned - counts.abandoned_short
    talking = board.working(Work.CONNECTED, Work.HOLD)
    answered, in_time = _colours(board)
    now = Text.assemble(
        " 대기 Waiting ", (str(board.waiting_now), "bold yellow"), "   통화 Talking ", (str(talking), "bold cyan"),
        f"   {board.in_menu} in menu   응대 Answered ", (str(counts.answered), "bold green"),
        f"   lost {lost}+{counts.abandoned_short}",
    )  # fmt: skip
    rates = Text.assemble(
        " 응대율 Answered ", (_percent(counts.answer_rate), f"bold {answered}"),
        f"   서비스레벨 ≤ {board.threshold_s:.0f} s ",
        (_percent(board.service_level), f"bold {in_time}"), (f"   {board.rule.service_level_variant}", "dim"),
    )  # fmt: skip
    waiting = Text(" ")
    for line in board.waiting:
        oldest = "" if line.oldest_s is None else f" ({line.oldest_s:.0f} s)"
        label = _language(line.language).ko
        waiting.append(f"{label} {line.language} {line.count}{oldest}   ", "" if line.count else "dim")
    for text in (now, rates, waiting):
        text.no_wrap, text.overflow = True, "ellipsis"
    return [now, rates, waiting]


def _percent(rate: float | None) -> str:
    return "—" if rate is None else f"{100 * rate:.1f} %"


def _colours(board: Board) -> tuple[str, str]:
    """Of the answer rate and the service level."""
    rule = board.rule
    levels = rising(board.counts.answer_rate, rule.answer_rate), rising(board.service_level, rule.service_level)
    return LEVELS[levels[0]], LEVELS[levels[1]]


def _cell(korean: str, english: str, number: str, note: str, colour: str) -> RenderableType:
    lines = Text.assemble((number, f"bold {colour}"), (f"\n{english}\n{note}", "dim"), justify="center")
    lines.no_wrap, lines.overflow = True, "ellipsis"
    return Panel(lines, title=_title(korean), border_style="bright_black", padding=(0, 0))


def _halves(board: Board) -> RenderableType:
    row = Table.grid(expand=True)
    row.add_column(ratio=3)
    row.add_column(ratio=5)
    row.add_row(_waiting(board), _agents(board.agents))
    return row


def _waiting(board: Board) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1), header_style="dim")
    table.add_column("언어\nLanguage", no_wrap=True)
    table.add_column("대기\nNow", justify="right", no_wrap=True)
    table.add_column("최장\nOldest", justify="right", no_wrap=True)
    for line in board.waiting:
        style = "" if line.count else "dim"
        oldest = "" if line.oldest_s is None else f"{line.oldest_s:.0f} s"
        late = style if falling(line.oldest_s, board.rule.oldest_wait_s) in (None, "good") else "red"
        table.add_row(
            Text(" ".join(_language(line.language)), style),
            Text(str(line.count), "bold yellow" if line.count else "dim"),
            Text(oldest, late),
        )
    return Panel(table, title=_title("대기 고객 Waiting"), border_style="bright_black", padding=(0, 0))


def _agents(agents: Sequence[AgentLine]) -> RenderableType:
    teams = sorted({agent.team for agent in agents})
    counted = Counter((agent.team, agent.state) for agent in agents)
    always = {"available", "reserved", "connected", "wrapup", "away"}
    shown = [state for state in AGENT_STATES if state in always or any(counted[team, state] for team in teams)]
    table = Table(box=None, expand=True, padding=(0, 1), header_style="dim")
    table.add_column("팀\nTeam", no_wrap=True)
    for state in shown:
        heading = Text("\n".join(AGENT_STATES[state]), justify="right")
        table.add_column(heading, justify="right", style=COLOURS[state], no_wrap=True)
    for team in teams:
        table.add_row(_team(team), *[_count(counted[team, state]) for state in shown])
    table.add_row(
        Text("전체 All", "bold"), *[_count(sum(counted[t, state] for t in teams), bold=True) for state in shown]
    )
    reasons = Counter(a.reason or "" for a in agents if a.state == Presence.AWAY.value)
    note = "  ".join(f"{AWAY_REASONS.get(reason, reason)} {number}" for reason, number in sorted(reasons.items()))
    title = _title(f"상담사 Agents ({len(agents)})")
    return Panel(
        table, title=title, subtitle=_title(note) if note else None, border_style="bright_black", padding=(0, 0)
    )


def _language(key: str) -> Words:
    return LANGUAGES.get(key, Words(key, ""))


def _title(text: str) -> Text:
    return Text(text, "white")


def _team(key: str) -> str:
    return f"{key[4:]}팀 Team {key[4:]}" if key.startswith("team") and key[4:].isdigit() else key


def _count(number: int, *, bold: bool = False) -> Text:
    return Text(str(number), "bold" if bold else "") if number else Text("·", "bright_black")


def _decisions(board: Board, lines: int, width: int) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, style="dim", width=8)
    # rich leaves the blank at the end of a broken line with Hangul in it; "ellipsis" would put it in the last word.
    table.add_column(ratio=1, overflow="crop")
    for said in board.decisions:
        korean, english = said.ko.partition(_PASSED_OVER_KO)[0], said.en.partition(_PASSED_OVER_EN)[0]
        lines -= sum(-(-cell_len(sentence) // width) for sentence in (korean, english))
        if lines < 0 and table.row_count:
            break
        table.add_row(_clock(said.at), Text.assemble(korean, "\n", (english, "dim")))
    if not board.decisions:
        table.add_row("", Text("아직 배정이 없습니다  nothing assigned yet", "dim"))
    return Panel(table, title=_title("최근 배정 Last decisions"), border_style="bright_black", padding=(0, 1))


def _clock(epoch_s: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(epoch_s + SEOUL_OFFSET_S))
