"""The columns of a report, for every form it takes: name, figure, and how it is written. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from acd.core.figures import ServiceLevel
from acd.journal.report import OF_AGENTS, By, Report, Row
from web.words import LANGUAGES, Words

Value = int | float | None


class Kind(StrEnum):
    """How a figure is written."""

    COUNT = "count"
    SHARE = "share"  # 0-1, shown in per cent
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Column:
    """One figure. `key` names it in CSV, XLSX and JSON."""

    key: str
    words: Words
    kind: Kind
    value: Callable[[Row], Value]
    of_agents: bool = True  # whether rows of agents and teams have it
    of_contacts: bool = True  # whether the others have it


def _sl(variant: ServiceLevel) -> Callable[[Row], Value]:
    return lambda row: row.service_level(variant)


COLUMNS: tuple[Column, ...] = (
    Column("offered", Words("인입", "Offered"), Kind.COUNT, lambda row: row.offered, of_agents=False),
    Column("answered", Words("응대", "Answered"), Kind.COUNT, lambda row: row.answered),
    Column("answer_rate", Words("응대율", "Answer rate"), Kind.SHARE, lambda row: row.answer_rate, of_agents=False),
    Column(
        "service_level_short_excluded", Words("서비스레벨 (단시간 포기 제외)", "Service level, without short abandons"),
        Kind.SHARE, _sl(ServiceLevel.SHORT_EXCLUDED), of_agents=False,
    ),
    Column(
        "service_level_strict", Words("서비스레벨 (전체)", "Service level, strict"),
        Kind.SHARE, _sl(ServiceLevel.STRICT), of_agents=False,
    ),
    Column(
        "service_level_answered_only", Words("서비스레벨 (응대 기준)", "Service level, of answered"),
        Kind.SHARE, _sl(ServiceLevel.ANSWERED_ONLY),
    ),
    Column("asa_s", Words("평균 대기 (초)", "ASA (s)"), Kind.SECONDS, lambda row: row.asa_s),
    Column("aht_s", Words("평균 처리 (초)", "AHT (s)"), Kind.SECONDS, lambda row: row.aht_s),
    Column(
        "abandoned", Words("포기", "Abandoned"), Kind.COUNT, lambda row: row.abandoned - row.abandoned_short,
        of_agents=False,
    ),
    Column(
        "abandoned_short", Words("단시간 포기", "Short abandons"), Kind.COUNT, lambda row: row.abandoned_short,
        of_agents=False,
    ),
    Column("flowed_out", Words("이탈", "Flowed out"), Kind.COUNT, lambda row: row.flowed_out, of_agents=False),
    Column(
        "callbacks_kept", Words("콜백 완료", "Called back"), Kind.COUNT, lambda row: row.callbacks_kept, of_agents=False
    ),
    Column("transferred", Words("전환", "Transferred"), Kind.COUNT, lambda row: row.transferred),
    Column("to_officials", Words("담당자 연결", "To officials"), Kind.COUNT, lambda row: row.to_officials),
    Column(
        "not_answered", Words("무응답 호출", "Rings not answered"), Kind.COUNT, lambda row: row.not_answered,
        of_contacts=False,
    ),
    Column("occupancy", Words("점유율", "Occupancy"), Kind.SHARE, lambda row: row.occupancy),
)  # fmt: skip

ROW_WORDS = {
    By.QUEUE: Words("대기열", "Queue"),
    By.LANGUAGE: Words("언어", "Language"),
    By.TOPIC: Words("민원 분야", "Topic"),
    By.TEAM: Words("팀", "Team"),
    By.AGENT: Words("상담사", "Agent"),
    By.HOUR: Words("시간", "Hour"),
    By.DAY: Words("날짜", "Day"),
}
ALL = Words("전체", "All")

# Names from the rules: (by, key) in the page's language; a key that the rules no longer know stands for itself.
Labels = Callable[[By, str, str], str]


def columns_of(by: By) -> tuple[Column, ...]:
    """Those that rows by `by` have."""
    return tuple(one for one in COLUMNS if (one.of_agents if by in OF_AGENTS else one.of_contacts))


def in_words(words: Words, language: str) -> str:
    """The one of the page's language."""
    return words.en if language == "en" else words.ko


def label(labels: Labels, by: By, key: str, language: str) -> str:
    """A row's name."""
    if by is By.LANGUAGE and key in LANGUAGES:
        return in_words(LANGUAGES[key], language)
    return f"{key}:00" if by is By.HOUR else labels(by, key, language)


def lines(report: Report) -> Iterator[tuple[str | None, Sequence[Value]]]:
    """Key and values of each row, the total (key None) last."""
    columns = columns_of(report.by)
    for row in report.rows:
        yield row.key, [column.value(row) for column in columns]
    yield None, [column.value(report.total) for column in columns]


def written(kind: Kind, value: Value) -> str:
    """For people. Shares are rounded down: 97 % stands there when it has been reached."""
    if value is None:
        return "–"
    if kind is Kind.SHARE:
        return f"{int(value * 1000 + 1e-9) / 10:.1f} %"
    if kind is Kind.SECONDS:
        return f"{value:,.1f}"
    return f"{value:,}"
