"""Writes Grafana's dashboards, `dashboards/*.json`, from the tables below: `python3 -m monitoring.grafana.build`.

Standard library only. Titles are Korean and English. What is committed is what this writes; a test compares them.
"""

# ruff: noqa: INP001 - a folder of data with its maker, not a package of the program
from __future__ import annotations

from pathlib import Path

from monitoring.grafana.panels import BAD, FAIR, GOOD, NEUTRAL, Dashboard, Panel, text

FOLDER = Path(__file__).resolve().parent / "dashboards"


def stat(  # noqa: PLR0917 - a table's columns
    title: str,
    expr: str,
    unit: str = "short",
    steps: tuple[tuple[float | None, str], ...] = ((None, NEUTRAL),),
    words: tuple[tuple[str, str], ...] = (),
    wide: int = 4,
) -> Panel:
    """A single large figure."""
    return Panel(title, (("", expr),), "stat", unit, (wide, 4), steps, words)


PROMISE = ((None, BAD), (0.9, FAIR), (0.97, GOOD))
WAIT = ((None, GOOD), (20, FAIR), (60, BAD))
ALARM = ((None, GOOD), (1, BAD))
NEEDED = ((None, BAD), (1, GOOD))
ON_CALLS = 'work=~"connected|hold"'


def ratio(of: str, to: str) -> str:
    """A quotient of two sums over the dashboard's time."""
    return f"{of} / {to}"


def total(metric: str, labels: str = "", by: str = "") -> str:
    """How many over the dashboard's time."""
    selector = ",".join(part for part in (labels, 'queue=~"$queue"') if part)
    return f"sum{f' by ({by}) ' if by else ''}(increase({metric}{{{selector}}}[$__range]))"


def mean(metric: str, labels: str = "", by: str = "") -> str:
    """The mean of a histogram over the dashboard's time."""
    group = f" by ({by}) " if by else ""
    return " / ".join(f"sum{group}(increase({metric}_{part}{{{labels}}}[$__range]))" for part in ("sum", "count"))


def quantile(q: float, metric: str, window: str, labels: str = "") -> str:
    """A percentile of a histogram."""
    return f"histogram_quantile({q}, sum by (le) (rate({metric}_bucket{{{labels}}}[{window}])))"


OUTCOMES = (
    f"({total('acd_contacts_answered_total')} + {total('acd_contacts_abandoned_total')}"
    f" + {total('acd_contacts_flowed_out_total')})"
)
WITHIN = total("acd_contacts_answered_total", 'within_threshold="true"')

SHORT = total("acd_contacts_abandoned_total", 'kind="short"')

NOW = Dashboard(
    "ringmaster-now",
    "지금 · Now",
    refresh="5s",
    panels=(
        stat("대기 중 · Waiting", "sum(acd_contacts_waiting)", steps=((None, GOOD), (5, FAIR), (15, BAD))),
        stat("최장 대기 · Oldest wait", "max(acd_oldest_contact_wait_seconds)", "s", WAIT),
        stat("응대 가능 · Agents free", 'sum(acd_agents{presence="available",work="idle"})', steps=NEEDED),
        stat("통화 중 · Talking", f"sum(acd_agents{{{ON_CALLS}}})"),
        stat(
            "운영 · Office hours",
            "max(acd_queue_open)",
            words=(("0", "종료 · Closed"), ("1", "운영 중 · Open")),
            steps=((None, NEUTRAL),),
        ),
        stat("경보 · Alerts firing", 'count(ALERTS{alertstate="firing"}) or vector(0)', steps=ALARM),
        stat(
            "서비스레벨 30분(전체 기준) · Service level 30 min (strict)",
            "centre:acd_service_level_strict:ratio_rate30m",
            "percentunit",
            PROMISE,
            wide=6,
        ),
        stat(
            "서비스레벨 30분(단기 포기 제외) · Service level 30 min (short abandons excluded)",
            "centre:acd_service_level_short_excluded:ratio_rate30m",
            "percentunit",
            PROMISE,
            wide=6,
        ),
        stat(
            "응답률 30분 · Answer rate 30 min", "centre:acd_answer_rate:ratio_rate30m", "percentunit", PROMISE, wide=6
        ),
        stat("24시간 응대 · Answered in 24 h", "sum(increase(acd_contacts_answered_total[1d]))", wide=6),
        Panel(
            "언어별 대기 · Waiting by language",
            (("{{lang}}", "sum by (lang) (acd_contacts_waiting)"),),
            "bargauge",
            size=(6, 8),
            steps=((None, GOOD), (5, FAIR), (15, BAD)),
        ),
        Panel(
            "언어별 최장 대기 · Oldest wait by language",
            (("{{lang}}", "max by (lang) (acd_oldest_contact_wait_seconds)"),),
            "bargauge",
            "s",
            (6, 8),
            WAIT,
        ),
        Panel(
            "대기열별 대기 · Waiting by queue",
            (("{{queue}}", "sum by (queue) (acd_contacts_waiting)"),),
            stacked=True,
        ),
        Panel(
            "최근 통화(5분) · Calls in 5 minutes",
            (
                ("인입 offered", "sum(increase(acd_contacts_offered_total[5m]))"),
                ("응대 answered", "sum(increase(acd_contacts_answered_total[5m]))"),
                ("포기 abandoned", "sum(increase(acd_contacts_abandoned_total[5m]))"),
                ("이탈 flowed out", "sum(increase(acd_contacts_flowed_out_total[5m]))"),
            ),
        ),
        Panel(
            "상담사 상태 · Agents by state",
            (("{{presence}} {{work}}", "sum by (presence, work) (acd_agents) > 0"),),
            stacked=True,
        ),
    ),
)

DAY = Dashboard(
    "ringmaster-day",
    "하루 · Day",
    since="now/d",
    refresh="1m",
    variables=(("queue", "대기열 · Queue", "acd_queue_open"),),
    panels=(
        stat("인입 · Offered", total("acd_contacts_offered_total"), wide=3),
        stat("응대 · Answered", total("acd_contacts_answered_total"), wide=3),
        stat("포기 · Abandoned", total("acd_contacts_abandoned_total"), wide=3),
        stat("이탈 · Flowed out", total("acd_contacts_flowed_out_total"), wide=3),
        stat("서비스레벨(전체 기준) · Service level (strict)", ratio(WITHIN, OUTCOMES), "percentunit", PROMISE),
        stat(
            "서비스레벨(단기 포기 제외) · Service level (short abandons excluded)",
            ratio(WITHIN, f"({OUTCOMES} - {SHORT})"),
            "percentunit",
            PROMISE,
        ),
        stat(
            "응답률 · Answer rate",
            ratio(total("acd_contacts_answered_total"), OUTCOMES),
            "percentunit",
            PROMISE,
        ),
        Panel(
            "15분별 통화 · Calls per 15 minutes",
            tuple(
                (legend, f'sum(increase({metric}{{queue=~"$queue"}}[15m]))')
                for legend, metric in (
                    ("인입 offered", "acd_contacts_offered_total"),
                    ("응대 answered", "acd_contacts_answered_total"),
                    ("포기 abandoned", "acd_contacts_abandoned_total"),
                    ("이탈 flowed out", "acd_contacts_flowed_out_total"),
                )
            ),
        ),
        Panel(
            "대기열별 서비스레벨 30분(전체 기준) · Service level by queue, 30 min (strict)",
            (("{{queue}}", 'queue:acd_service_level_strict:ratio_rate30m{queue=~"$queue"}'),),
            unit="percentunit",
            steps=PROMISE,
        ),
        Panel(
            "응대까지 대기 · Wait until answered",
            tuple(
                (
                    f"p{q:.0%}".rstrip("%"),
                    quantile(q, "acd_queue_wait_seconds", "30m", 'result="answered",queue=~"$queue"'),
                )
                for q in (0.5, 0.8, 0.95)
            ),
            unit="s",
        ),
        Panel(
            "평균 대기 · Mean wait",
            (
                ("응대 answered", mean("acd_queue_wait_seconds", 'result="answered",queue=~"$queue"')),
                ("포기 abandoned", mean("acd_queue_wait_seconds", 'result="abandoned",queue=~"$queue"')),
            ),
            "stat",
            "s",
            (12, 8),
        ),
        Panel(
            "대기열별 · By queue",
            (
                ("인입 offered", total("acd_contacts_offered_total", by="queue")),
                ("응대 answered", total("acd_contacts_answered_total", by="queue")),
                (
                    "24시간 서비스레벨 service level 24 h (strict)",
                    'queue:acd_service_level_strict:ratio_rate1d{queue=~"$queue"}',
                ),
                ("24시간 응답률 answer rate 24 h", 'queue:acd_answer_rate:ratio_rate1d{queue=~"$queue"}'),
            ),
            "table",
            size=(24, 9),
        ),
        Panel(
            "언어별 인입 · Offered by language",
            (("{{lang}}", total("acd_contacts_offered_total", by="lang")),),
            "bargauge",
            size=(6, 8),
        ),
        Panel(
            "포기 유형 · Abandoned by kind",
            (("{{kind}}", total("acd_contacts_abandoned_total", by="kind")),),
            "bargauge",
            size=(6, 8),
        ),
        Panel(
            "이탈 사유 · Flowed out by reason",
            (("{{reason}}", total("acd_contacts_flowed_out_total", by="reason")),),
            "bargauge",
            size=(6, 8),
        ),
        Panel(
            "통화 결말 · How calls ended",
            (("{{outcome}}", "sum by (outcome) (increase(ivr_calls_total[$__range]))"),),
            "bargauge",
            size=(6, 8),
        ),
        Panel(
            "많이 누른 키 · Choices most made",
            (("{{menu}} {{choice}}", "topk(15, sum by (menu, choice) (increase(ivr_choices_total[$__range])))"),),
            "bargauge",
            size=(24, 10),
        ),
    ),
)

BUSY = 'state=~"reserved|connected|hold|wrapup"'
SIGNED_ON = 'state=~"available|reserved|connected|hold|wrapup"'


def seconds(labels: str) -> str:
    """Agents' time in some states per second, by team."""
    return f'sum by (team) (rate(acd_agent_state_seconds_total{{{labels},team=~"$team"}}[30m]))'


SPENT = 'acd_agent_state_seconds_total{state!="offline",team=~"$team"}'
AGENTS = Dashboard(
    "ringmaster-agents",
    "상담사와 팀 · Agents and teams",
    since="now/d",
    refresh="30s",
    variables=(("team", "팀 · Team", "acd_agents"),),
    panels=(
        stat("응대 가능 · Available", 'sum(acd_agents{presence="available",team=~"$team"})', steps=NEEDED),
        stat("대기 · Idle", 'sum(acd_agents{presence="available",work="idle",team=~"$team"})'),
        stat("통화 · Talking", f'sum(acd_agents{{{ON_CALLS},team=~"$team"}})'),
        stat("후처리 · Wrap-up", 'sum(acd_agents{work="wrapup",team=~"$team"})'),
        stat("자리 비움 · Away", 'sum(acd_agents{presence="away",team=~"$team"})'),
        stat(
            "무응답·장애 · Not responding or error",
            'sum(acd_agents{presence=~"not_responding|error",team=~"$team"})',
            steps=ALARM,
        ),
        Panel(
            "상담사 상태 · Agents by state",
            (("{{presence}} {{work}}", 'sum by (presence, work) (acd_agents{team=~"$team"}) > 0'),),
            stacked=True,
        ),
        Panel(
            "팀별 응대 가능 · Available by team",
            (("{{team}}", 'sum by (team) (acd_agents{presence="available",team=~"$team"})'),),
        ),
        Panel(
            "팀별 점유율 30분 · Occupancy by team, 30 min",
            (
                (
                    "{{team}}",
                    f"{seconds(BUSY)} / {seconds(SIGNED_ON)}",
                ),
            ),
            unit="percentunit",
        ),
        Panel(
            "상태별 시간 · Time by state",
            (
                (
                    "{{state}}",
                    f"sum by (state) (increase({SPENT}[$__range]))",
                ),
            ),
            "bargauge",
            "s",
        ),
        Panel(
            "벨 결과 · How rings ended",
            (("{{result}}", "sum by (result) (increase(acd_reservations_total[$__range]))"),),
            "bargauge",
            size=(8, 8),
        ),
        Panel(
            "벨 무응답률 30분 · Rings without answer, 30 min",
            (("", "centre:acd_reservations_no_answer:ratio_rate30m"),),
            unit="percentunit",
            size=(8, 8),
            steps=((None, GOOD), (0.05, BAD)),
        ),
        Panel(
            "평균 처리 시간 · Mean handling time",
            (
                ("통화 talk", mean("acd_talk_seconds")),
                ("보류 hold", mean("acd_hold_seconds")),
                ("후처리 wrap-up", mean("acd_wrapup_seconds")),
            ),
            "stat",
            "s",
            (8, 8),
        ),
        Panel(
            "호 전환 결과 · How transfers ended",
            (("{{kind}} {{result}}", "sum by (kind, result) (increase(acd_transfers_total[$__range]))"),),
            "bargauge",
            size=(8, 8),
        ),
        Panel(
            "대기열별 평균 통화 · Mean talk by queue",
            (("{{queue}}", mean("acd_talk_seconds", by="queue")),),
            "bargauge",
            "s",
            (16, 8),
        ),
    ),
)

ENGINE = Dashboard(
    "ringmaster-engine",
    "엔진 상태 · Engine health",
    panels=(
        stat(
            "엔진 · Engine",
            'up{job="ringmaster"}',
            words=(("0", "응답 없음 · Down"), ("1", "정상 · Up")),
            steps=NEEDED,
        ),
        stat(
            "PBX 연결 · AMI",
            "min(acd_ami_connected)",
            words=(("0", "끊김 · Down"), ("1", "연결됨 · Connected")),
            steps=NEEDED,
        ),
        stat("기록 유실 · Facts lost", "journal_events_dropped_total", steps=ALARM),
        stat("프로그램 오류 · Steps failed", "sum(increase(acd_steps_failed_total[1d]))", steps=ALARM),
        stat("배정 누락 · Pair unmatched", "acd_unmatched_pair_seconds", "s", steps=ALARM),
        stat("지연된 예약전화 · Call-backs overdue", "sum(acd_callbacks_overdue)", steps=ALARM),
        stat("규칙 적용 후 · Since rules were loaded", "time() - ringmaster_rules_loaded_timestamp_seconds", "s"),
        stat("가동 시간 · Up for", 'time() - process_start_time_seconds{job="ringmaster"}', "s"),
        Panel(
            "배정 결정 시간 · Dispatch",
            tuple(
                (f"p{q:.0%}".rstrip("%"), quantile(q, "acd_dispatch_duration_seconds", "5m")) for q in (0.5, 0.9, 0.99)
            ),
            unit="s",
            steps=((None, GOOD), (0.1, BAD)),
        ),
        Panel(
            "AGI 명령 시간 · AGI commands",
            tuple((f"p{q:.0%}".rstrip("%"), quantile(q, "ivr_agi_command_seconds", "5m")) for q in (0.5, 0.9, 0.99)),
            unit="s",
        ),
        Panel("디스크를 기다리는 기록 · Facts that wait for the disk", (("", "journal_backlog_events"),)),
        Panel(
            "다시 연결 · AMI reconnections in an hour",
            (("{{node}}", "increase(acd_ami_reconnects_total[1h])"),),
        ),
        Panel(
            "규칙 다시 읽기(24시간) · Rules reloaded in 24 h",
            (("{{result}}", "sum by (result) (increase(ringmaster_rules_reloads_total[1d]))"),),
            "stat",
            size=(8, 8),
        ),
        Panel(
            "CPU · Processor, cores",
            (("", 'rate(process_cpu_seconds_total{job="ringmaster"}[$__rate_interval])'),),
            size=(8, 8),
        ),
        Panel(
            "메모리 · Memory",
            (("", 'process_resident_memory_bytes{job="ringmaster"}'),),
            unit="bytes",
            size=(8, 8),
        ),
        Panel(
            "열린 파일 · Open descriptors, of those allowed",
            (("", 'process_open_fds{job="ringmaster"} / process_max_fds{job="ringmaster"}'),),
            unit="percentunit",
            size=(8, 8),
        ),
        Panel(
            "수집 시간 · Scrape",
            (("", 'scrape_duration_seconds{job="ringmaster"}'),),
            unit="s",
            size=(8, 8),
        ),
        Panel(
            "시계열 수 · Series",
            (("", 'scrape_samples_scraped{job="ringmaster"}'),),
            size=(8, 8),
        ),
        Panel(
            "버전 · Version",
            (("{{version}}", "ringmaster_build_info"),),
            "table",
            size=(24, 4),
        ),
    ),
)

DASHBOARDS = {"now": NOW, "day": DAY, "agents": AGENTS, "engine": ENGINE}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, dashboard in DASHBOARDS.items():
        (FOLDER / f"{name}.json").write_text(text(dashboard), encoding="utf-8")
