"""The dashboard *Day*: what became of the calls since midnight."""

# ruff: noqa: INP001 - a folder of data with its maker, not a package of the program
from __future__ import annotations

from monitoring.grafana.panels import Dashboard, Panel
from monitoring.grafana.queries import PROMISE, mean, quantile, ratio, stat, total

OUTCOMES = (
    f"({total('acd_contacts_answered_total')} + {total('acd_contacts_abandoned_total')}"
    f" + {total('acd_contacts_flowed_out_total')})"
)
WITHIN = total("acd_contacts_answered_total", 'within_threshold="true"')
SHORT = total("acd_contacts_abandoned_total", 'kind="short"')
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
