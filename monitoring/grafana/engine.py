"""The dashboard *Engine health*: whether the engine lives, and keeps up."""

# ruff: noqa: INP001 - a folder of data with its maker, not a package of the program
from __future__ import annotations

from monitoring.grafana.panels import BAD, GOOD, Dashboard, Panel
from monitoring.grafana.queries import ALARM, NEEDED, quantile, stat

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
