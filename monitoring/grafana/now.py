"""The dashboard *Now*: who waits, who is free, and the last half hour."""

# ruff: noqa: INP001 - a folder of data with its maker, not a package of the program
from __future__ import annotations

from monitoring.grafana.panels import BAD, FAIR, GOOD, NEUTRAL, Dashboard, Panel
from monitoring.grafana.queries import ALARM, NEEDED, ON_CALLS, PROMISE, WAIT, stat

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
