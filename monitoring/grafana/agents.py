"""The dashboard *Agents and teams*: what they do, and how long."""

# ruff: noqa: INP001 - a folder of data with its maker, not a package of the program
from __future__ import annotations

from monitoring.grafana.panels import BAD, GOOD, Dashboard, Panel
from monitoring.grafana.queries import ALARM, NEEDED, ON_CALLS, mean, stat

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
