"""What is counted of talks: transfers, recordings, endings for abuse, opinions. A part of acd.metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from acd.core.facts import SurveyAnswered, TalkNoted

SCORES = ("very_satisfied", "satisfied", "neutral", "dissatisfied")
RECORDING_RESULTS = ("started", "failed", "skipped")
_TRANSFERS = {
    "blind": ("answered", "returned", "requeued", "abandoned"),
    "consult": ("answered", "returned", "abandoned"),
}


class TalkMetrics:
    """Filled by facts; the gauges by who looks at the disk."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.transfers = Counter(
            "acd_transfers", "Transfers by agents, by how they ended.", ("kind", "result"), registry=registry
        )
        self.recordings = Counter(
            "acd_recordings",
            "Recordings of talks that began, were lost, or found no room.",
            ("result",),
            registry=registry,
        )
        self.surveys = Counter(
            "acd_survey_responses", "Opinions that callers gave after a talk.", ("score",), registry=registry
        )
        self.abuse = Counter("acd_abuse_terminations", "Talks that an agent ended for abuse.", registry=registry)
        self.free_bytes = Gauge(
            "ringmaster_recordings_free_bytes", "What is free on the disk of the recordings.", registry=registry
        )
        self.reserve_bytes = Gauge(
            "ringmaster_recordings_reserve_bytes", "With less free than this, no talk is recorded.", registry=registry
        )
        for kind, results in _TRANSFERS.items():
            for result in results:
                self.transfers.labels(kind, result)
        for result in RECORDING_RESULTS:
            self.recordings.labels(result)
        for score in SCORES:
            self.surveys.labels(score)

    def noted(self, fact: TalkNoted) -> None:
        """Something was done in a talk."""
        detail, _, rest = fact.detail.partition(":")
        if fact.what == "transfer":
            self.transfers.labels(detail, rest).inc()
        elif fact.what == "recording" and detail in RECORDING_RESULTS:
            self.recordings.labels(detail).inc()
        elif fact.what == "abuse" and detail == "ended":
            self.abuse.inc()

    def answered(self, fact: SurveyAnswered) -> None:
        """A caller was asked."""
        if fact.score in SCORES:
            self.surveys.labels(fact.score).inc()
