"""The metrics' contract: names, closed label sets, zeros for exactly what the rules allow, and a bound on series."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from acd.core.events.rules import RulesChanged
from acd.core.facts import AgentMoved, Decision, ReservationEnded, SurveyAnswered, TalkNoted
from acd.core.snapshot import Snapshot, snapshot
from acd.core.states import ContactState, Presence, Work
from acd.core.step import new_state, step
from acd.metrics import Metrics
from acd.scrape import combinations
from dialplan.language import Language
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset
from tests.unit.acd.test_journal import moved

OUTCOMES = ("served", "closed", "abandoned", "overflow", "fallback", "left", "error")
CONTRACT = {  # name -> labels; what this version fills of docs/metrics.md
    "acd_contacts_offered_total": {"queue", "channel", "lang"},
    "acd_contacts_answered_total": {"queue", "channel", "lang", "within_threshold"},
    "acd_contacts_abandoned_total": {"queue", "channel", "lang", "kind"},
    "acd_contacts_flowed_out_total": {"queue", "channel", "lang", "reason"},
    "acd_reservations_total": {"queue", "result"},
    "acd_agent_state_seconds_total": {"team", "state"},
    "acd_ami_reconnects_total": {"node"},
    "ivr_calls_total": {"lang", "outcome"},
    "ivr_choices_total": {"menu", "choice"},
    "ringmaster_rules_reloads_total": {"result"},
    "journal_events_dropped_total": set(),
    "acd_queue_wait_seconds_bucket": {"queue", "result", "le"},
    "acd_routing_step_matches_total": {"queue", "step"},
    "acd_wait_estimate_error_seconds_bucket": {"queue", "le"},
    "acd_talk_seconds_bucket": {"queue", "le"},
    "acd_hold_seconds_bucket": {"queue", "le"},
    "acd_wrapup_seconds_bucket": {"le"},
    "acd_dispatch_duration_seconds_bucket": {"le"},
    "ivr_agi_command_seconds_bucket": {"le"},
    "acd_contacts_waiting": {"queue", "lang"},
    "acd_oldest_contact_wait_seconds": {"queue", "lang"},
    "acd_estimated_wait_seconds": {"queue", "lang"},
    "acd_agents": {"team", "presence", "work"},
    "acd_ami_connected": {"node"},
    "acd_service_level_target_ratio": set(),
    "acd_queue_open": {"queue"},
    "journal_backlog_events": set(),
    "journal_storage_away_seconds": set(),
    "ringmaster_build_info": {"version"},
    "ringmaster_rules_loaded_timestamp_seconds": set(),
    "process_resident_memory_bytes": set(),
    "process_open_fds": set(),
}


class Sources:
    def __init__(self, rules: Ruleset) -> None:
        self.known: dict[tuple[str, Language], float] = {}
        self.state = new_state(rules.agents, rules.queues, now=1000.0)
        self.now = 1000.0

    def snapshot(self) -> Snapshot | None:
        return snapshot(self.state, self.now)

    def is_open(self) -> bool:
        return True

    def estimates(self) -> dict[tuple[str, Language], float]:
        return self.known

    def ami_connected(self) -> dict[str, bool]:
        return {"pbx1": True}

    def ami_reconnects(self) -> dict[str, int]:
        return {"pbx1": 0}

    def journal_backlog(self) -> int:
        return 3

    def journal_dropped(self) -> int:
        return 0

    def journal_away_s(self) -> float:
        return 4.5

    def unmatched_s(self) -> float:
        return 0.0


class Scraped:
    def __init__(self, metrics: Metrics) -> None:
        self.samples = [
            sample for family in text_string_to_metric_families(metrics.text().decode()) for sample in family.samples
        ]

    def of(self, name: str, **labels: str) -> list[float]:
        return [
            one.value for one in self.samples
            if one.name == name and all(one.labels.get(key) == value for key, value in labels.items())
        ]  # fmt: skip

    def one(self, name: str, **labels: str) -> float:
        (value,) = self.of(name, **labels)
        return value


@pytest.fixture
def sources(city: Ruleset) -> Sources:
    return Sources(city)


@pytest.fixture
def metrics(city: Ruleset, sources: Sources) -> Iterator[Metrics]:
    metrics = Metrics(city, version="0.1.0", outcomes=OUTCOMES)
    metrics.watch(sources)
    return metrics


def test_names_and_labels(metrics: Metrics) -> None:
    scraped = Scraped(metrics)
    for name, labels in CONTRACT.items():
        found = [set(sample.labels) for sample in scraped.samples if sample.name == name]
        assert found, f"{name} is missing"
        assert all(one == labels for one in found), f"{name}: {found[0]}"
    assert not [sample.name for sample in scraped.samples if sample.name.endswith("_created")]


def test_series_are_bounded(metrics: Metrics) -> None:
    assert len(Scraped(metrics).samples) < 6000


def test_exactly_the_combinations_that_the_rules_allow(metrics: Metrics, city: Ruleset) -> None:
    allowed = {(queue, language.value) for queue, language in combinations(city)}
    for name in ("acd_contacts_offered_total", "acd_contacts_waiting", "acd_contacts_flowed_out_total"):
        found = {(one.labels["queue"], one.labels["lang"]) for one in Scraped(metrics).samples if one.name == name}
        assert found == allowed
    assert {queue for queue, _ in allowed} == set(city.queues)


def test_all_zero_at_first(metrics: Metrics) -> None:
    scraped = Scraped(metrics)
    for name in CONTRACT:
        if name.startswith(("acd_contacts", "acd_reservations", "ivr_", "acd_queue_wait", "acd_talk")):
            assert set(scraped.of(name)) == {0.0}, name
    assert math.isnan(scraped.of("acd_estimated_wait_seconds")[0])
    assert scraped.one("journal_backlog_events") == 3
    assert scraped.one("journal_storage_away_seconds") == 4.5
    assert scraped.one("acd_service_level_target_ratio") == 0.97


def test_facts_are_counted_at_the_outcome(metrics: Metrics) -> None:
    where = {"queue": "passport", "language": Language.EN}
    metrics.receive(
        [
            moved("c1", ContactState.QUEUED, offered=True, **where),
            moved("c1", ContactState.QUEUED, old=ContactState.RESERVED, **where),  # RONA: not offered again
            moved("c1", ContactState.CONNECTED, within_threshold=True, waited_s=7.0, **where),
            moved("c1", ContactState.WRAPUP, old=ContactState.CONNECTED, talk_s=65.0, hold_s=12.0, **where),
            moved("c2", ContactState.ABANDONED, detail="short", waited_s=2.0, **where),
            moved("c3", ContactState.OVERFLOWED, detail="fallback", **where),
            moved("c4", ContactState.FAILED, detail="error", **where),
            moved("c5", ContactState.CONNECTED, within_threshold=None, **where),  # adopted: counted by nobody
            ReservationEnded(1.0, 1, "c1", "1001", "passport", "no_answer", 10.0),
            TalkNoted(2.0, "c1", "1002", "transfer", "blind:answered", "1001"),
            TalkNoted(2.0, "c1", "1002", "supervision", "listen", "1001"),
            TalkNoted(2.0, "c1", "1001", "recording", "started:talk", None),
            TalkNoted(2.0, "c1", "1001", "recording", "paused", None),
            TalkNoted(2.0, "c1", "1001", "abuse", "warned", None),
            TalkNoted(2.0, "c1", "1001", "abuse", "ended", None),
            SurveyAnswered(2.0, "c1", "1001", "tax", "tax", Language.KO, "very_satisfied", comment=False),
            SurveyAnswered(2.0, "c2", "1001", "tax", "tax", Language.KO, None, comment=False),
            AgentMoved(
                9.0, "1001", "team1", Presence.AVAILABLE, Work.WRAPUP, Presence.AVAILABLE, Work.IDLE, None, 28.0
            ),
        ]
    )
    scraped = Scraped(metrics)
    here = {"queue": "passport", "lang": "en", "channel": "voice"}
    assert scraped.one("acd_contacts_offered_total", **here) == 1
    assert scraped.one("acd_contacts_answered_total", within_threshold="true", **here) == 1
    assert scraped.one("acd_contacts_answered_total", within_threshold="false", **here) == 0
    assert scraped.one("acd_contacts_abandoned_total", kind="short", **here) == 1
    assert scraped.one("acd_contacts_flowed_out_total", reason="fallback", **here) == 1
    assert scraped.one("acd_contacts_flowed_out_total", reason="error", **here) == 1
    assert scraped.one("acd_reservations_total", queue="passport", result="no_answer") == 1
    assert scraped.one("acd_transfers_total", kind="blind", result="answered") == 1
    assert scraped.one("acd_recordings_total", result="started") == 1
    assert scraped.of("acd_recordings_total") == [1, 0, 0]
    assert scraped.one("acd_abuse_terminations_total") == 1
    assert scraped.of("acd_survey_responses_total") == [1, 0, 0, 0]
    assert scraped.one("acd_transfers_total", kind="consult", result="answered") == 0
    assert scraped.one("acd_queue_wait_seconds_sum", queue="passport", result="answered") == 7
    assert scraped.one("acd_queue_wait_seconds_bucket", queue="passport", result="answered", le="10.0") == 1
    assert scraped.one("acd_queue_wait_seconds_bucket", queue="passport", result="answered", le="5.0") == 0
    assert scraped.one("acd_talk_seconds_sum", queue="passport") == 65
    assert scraped.one("acd_hold_seconds_sum", queue="passport") == 12
    assert scraped.one("acd_wrapup_seconds_sum") == 28


def test_agents_seconds_grow_with_time_alone_and_never_fall(metrics: Metrics, sources: Sources, city: Ruleset) -> None:
    agents = len(city.agents)
    sources.now = 1060.0
    assert sum(Scraped(metrics).of("acd_agent_state_seconds_total", state="offline")) == pytest.approx(60 * agents)
    sources.now = 1120.0
    assert sum(Scraped(metrics).of("acd_agent_state_seconds_total")) == pytest.approx(120 * agents)
    step(sources.state, RulesChanged({}, city.queues), 1120.0)  # all leave
    sources.now = 1180.0
    assert sum(Scraped(metrics).of("acd_agent_state_seconds_total")) >= 120 * agents - 0.001
    assert sum(Scraped(metrics).of("acd_agents")) == 0


def test_every_agent_is_in_one_place(metrics: Metrics, city: Ruleset) -> None:
    assert sum(Scraped(metrics).of("acd_agents")) == len(city.agents)
    assert sum(Scraped(metrics).of("acd_agents", presence="offline", work="idle")) == len(city.agents)


def test_a_scrape_without_the_dispatcher_still_answers(metrics: Metrics, sources: Sources) -> None:
    sources.snapshot = lambda: None  # type: ignore[method-assign]
    assert Scraped(metrics).one("acd_ami_connected") == 1


def test_what_sessions_report(metrics: Metrics) -> None:
    metrics.agi_command(0.002)
    metrics.choice_made("topics", "1")
    metrics.call_ended(Language.JA, "served")
    scraped = Scraped(metrics)
    assert scraped.one("ivr_agi_command_seconds_count") == 1
    assert scraped.one("ivr_choices_total", menu="topics", choice="1") == 1
    assert scraped.one("ivr_calls_total", lang="ja", outcome="served") == 1


def test_estimates_are_gauges_and_their_error_is_counted(metrics: Metrics, sources: Sources) -> None:
    sources.known = {("passport", Language.KO): 42.0}
    metrics.receive(
        [moved("c1", ContactState.CONNECTED, queue="passport", within_threshold=True, waited_s=31.0, estimated_s=40.0)]
    )
    metrics.receive([moved("c2", ContactState.CONNECTED, queue="passport", within_threshold=True, waited_s=0.5)])
    scraped = Scraped(metrics)
    assert scraped.one("acd_estimated_wait_seconds", queue="passport", lang="ko") == 42
    assert math.isnan(scraped.one("acd_estimated_wait_seconds", queue="passport", lang="en"))
    assert scraped.one("acd_wait_estimate_error_seconds_sum", queue="passport") == 9
    assert scraped.one("acd_wait_estimate_error_seconds_count", queue="passport") == 1


def test_matches_are_counted_by_step_and_refusals_are_none(metrics: Metrics) -> None:
    def decision(**values: object) -> Decision:
        told = {"step": 0, "outcome": "match"} | values
        asked = Requirement(Language.KO)
        return Decision(
            1.0, "c1", "1001", 1, "passport", asked, "longest_idle", "step", 1.0, 1, (), "queues.yaml:1", **told
        )

    metrics.receive([decision(), decision(), decision(outcome="refusal")])
    assert Scraped(metrics).one("acd_routing_step_matches_total", queue="passport", step="0") == 2
