"""Prometheus metrics: the contract of docs/metrics.md, filled from facts and, at the scrape, from the state.

Counters and histograms follow the facts, at the outcome. What changes by mere time (oldest wait, agents' seconds) is
computed at the scrape, by `acd.scrape`. Every combination that the rules allow exists with 0 from the start, and no
other. Labels are closed sets: never a caller, an agent or a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from acd.core.events.contacts import Channel
from acd.core.facts import (
    NOT_COUNTED,
    AgentMoved,
    CallbackNoted,
    ContactMoved,
    Decision,
    Fact,
    ReservationEnded,
    SurveyAnswered,
    TalkNoted,
)
from acd.core.states import ContactState, Work
from acd.scrape import AtScrape, Sources, combinations
from acd.talkmetrics import TalkMetrics
from dialplan.language import Language
from dialplan.ruleset import Ruleset

TARGET_RATIO = 0.97  # the city's promise for service level and answer rate
WAIT_BUCKETS = (5, 10, 20, 30, 45, 60, 120, 300)
TALK_BUCKETS = (15, 30, 60, 120, 180, 240, 300, 450, 600, 900, 1800)
WRAPUP_BUCKETS = (5, 10, 20, 30, 45, 60, 90, 120)
FAST_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
ABANDON_KINDS = ("short", "queue", "ringing")
FLOW_REASONS = ("overflow", "closed", "callback", "full", "fallback", "error")
RESERVATION_RESULTS = ("answered", "no_answer", "busy", "declined", "unreachable", "caller_gone")
_FLOWED = {
    ContactState.OVERFLOWED: "overflow",
    ContactState.CLOSED: "closed",
    ContactState.CALLBACK_BOOKED: "callback",
    ContactState.FAILED: "error",
}
NO_KEYS = ("silence", "wrong", "*", "#")
LANGUAGE_MENU = "language"
_CALLBACK_RESULTS = (
    "booked", "kept", "busy", "no_answer", "no_line", "failed", "rang_in", "withdrawn", "on_line",
)  # fmt: skip


def _zero(metric: Counter | Histogram, rows: Iterable[tuple[str, ...]], values: Iterable[str] | None = None) -> None:
    """Make each row of labels exist, with each of the last label's values."""
    last = [()] if values is None else [(value,) for value in values]
    for row in rows:
        for value in last:
            metric.labels(*row, *value)


class Metrics:
    """All metrics in a registry of their own. `receive` is a subscriber of facts; the rest is called by its owners."""

    def __init__(self, rules: Ruleset, *, version: str, outcomes: Iterable[str] = ()) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self.registry)
        prometheus_client.PlatformCollector(registry=self.registry)
        prometheus_client.GCCollector(registry=self.registry)
        self._outcomes = tuple(outcomes)
        self.talks = TalkMetrics(self.registry)
        by_contact = ("queue", "channel", "lang")
        self.offered = self._counter("acd_contacts_offered", "Contacts that entered a queue.", *by_contact)
        self.answered = self._counter(
            "acd_contacts_answered", "Contacts that an agent answered.", *by_contact, "within_threshold"
        )
        self.abandoned = self._counter("acd_contacts_abandoned", "Callers who hung up waiting.", *by_contact, "kind")
        self.flowed_out = self._counter(
            "acd_contacts_flowed_out", "Contacts that left a queue without agent or hang-up.", *by_contact, "reason"
        )
        self.callbacks = self._counter("acd_callbacks", "Call-backs: booked, tried, and their ends.", "queue", "result")
        self.reservations = self._counter("acd_reservations", "How reservations ended.", "queue", "result")
        self.step_matches = self._counter(
            "acd_routing_step_matches", "Matches by the relaxation steps passed; 0: none.", "queue", "step"
        )
        self.estimate_error = self._histogram(
            "acd_wait_estimate_error_seconds", "Estimated less true wait, without its sign.", WAIT_BUCKETS, "queue"
        )
        self.wait = self._histogram(
            "acd_queue_wait_seconds", "Waiting time at the outcome.", WAIT_BUCKETS, "queue", "result"
        )
        self.talk = self._histogram("acd_talk_seconds", "Talk time without hold.", TALK_BUCKETS, "queue")
        self.hold = self._histogram("acd_hold_seconds", "Time on hold in a talk.", WAIT_BUCKETS, "queue")
        self.wrapup = self._histogram("acd_wrapup_seconds", "Wrap-up time.", WRAPUP_BUCKETS)
        self.dispatch = self._histogram(
            "acd_dispatch_duration_seconds", "From an event's arrival to its commands carried out.", FAST_BUCKETS
        )
        self.agi = self._histogram(
            "ivr_agi_command_seconds", "Round trip of an AGI command that takes no time of its own.", FAST_BUCKETS
        )
        self.calls = self._counter("ivr_calls", "Callers' sessions that ended.", "lang", "outcome")
        self.choices = self._counter("ivr_choices", "Choices in the menus.", "menu", "choice")
        self.reloads = self._counter("ringmaster_rules_reloads", "Attempts to load changed rules.", "result")
        self.steps_failed = self._counter("acd_steps_failed", "Events that the core failed on: bugs.", "kind")
        target = Gauge("acd_service_level_target_ratio", "The promised service level.", registry=self.registry)
        target.set(TARGET_RATIO)
        self._rules_loaded = Gauge(
            "ringmaster_rules_loaded_timestamp_seconds", "When the rules in force were loaded.", registry=self.registry
        )
        Gauge("ringmaster_build_info", "The version that runs.", ("version",), registry=self.registry).labels(
            version
        ).set(1)
        for result in ("success", "error"):
            self.reloads.labels(result)
        for kind in ("illegal_transition", "exception"):
            self.steps_failed.labels(kind)
        self.use_rules(rules, loaded_at=0.0)

    def watch(self, sources: Sources) -> None:
        """From now on read these at every scrape."""
        self.registry.register(AtScrape(lambda: self.rules, sources))

    def use_rules(self, rules: Ruleset, *, loaded_at: float) -> None:
        """Make every combination of these rules exist. `loaded_at` is epoch seconds."""
        self.rules = rules
        self._rules_loaded.set(loaded_at)
        channels = (Channel.VOICE,) if rules.callback is None else (Channel.VOICE, Channel.CALLBACK)
        contacts = [(queue, one.value, language.value) for queue, language in combinations(rules) for one in channels]
        queues = [(queue,) for queue in rules.queues]
        languages = [(language.value,) for language in Language]
        menus = [(menu.name, key) for menu in rules.menus.values() for key in (*menu.choices, *NO_KEYS)]
        menus += [(LANGUAGE_MENU, key) for key in (*rules.language_keys, *NO_KEYS)]
        _zero(self.offered, contacts)
        _zero(self.answered, contacts, ("true", "false"))
        _zero(self.abandoned, contacts, ABANDON_KINDS)
        _zero(self.flowed_out, contacts, FLOW_REASONS)
        _zero(self.reservations, queues, RESERVATION_RESULTS)
        if rules.callback is not None:
            _zero(self.callbacks, queues, _CALLBACK_RESULTS)
        _zero(self.wait, queues, ("answered", "abandoned"))
        _zero(self.estimate_error, queues)
        for queue in rules.queues.values():
            _zero(self.step_matches, [(queue.key,)], [str(number) for number in range(len(queue.steps) + 1)])
        _zero(self.talk, queues)
        _zero(self.hold, queues)
        _zero(self.calls, languages, self._outcomes)
        _zero(self.choices, menus)

    # -- facts ------------------------------------------------------------------------------------------------------

    def receive(self, facts: Sequence[Fact]) -> None:
        """Count what happened."""
        for fact in facts:
            if isinstance(fact, ContactMoved):
                self._contact(fact)
            elif isinstance(fact, TalkNoted):
                self.talks.noted(fact)
            elif isinstance(fact, SurveyAnswered):
                self.talks.answered(fact)
            elif isinstance(fact, CallbackNoted):
                self.callbacks.labels(fact.queue, fact.what).inc()
            elif isinstance(fact, ReservationEnded):
                result = fact.result if fact.result in RESERVATION_RESULTS else "caller_gone"
                self.reservations.labels(fact.queue, result).inc()
            elif isinstance(fact, Decision):
                if fact.outcome == "match":
                    self.step_matches.labels(fact.queue, str(fact.step)).inc()
            elif isinstance(fact, AgentMoved) and fact.old_work is Work.WRAPUP and fact.work is not Work.WRAPUP:
                self.wrapup.observe(fact.lasted_s)

    def _contact(self, fact: ContactMoved) -> None:
        labels = (fact.queue, fact.channel, fact.language.value)
        if fact.offered:
            self.offered.labels(*labels).inc()
        if fact.old is ContactState.CONNECTED:
            self.talk.labels(fact.queue).observe(fact.talk_s)
            self.hold.labels(fact.queue).observe(fact.hold_s)
        if fact.new is ContactState.CONNECTED and fact.within_threshold is not None:
            self.answered.labels(*labels, "true" if fact.within_threshold else "false").inc()
            self.wait.labels(fact.queue, "answered").observe(fact.waited_s)
            if fact.estimated_s is not None:
                self.estimate_error.labels(fact.queue).observe(abs(fact.estimated_s - fact.waited_s))
        elif fact.new is ContactState.ABANDONED and fact.detail not in NOT_COUNTED:
            self.abandoned.labels(*labels, fact.detail if fact.detail in ABANDON_KINDS else "queue").inc()
            self.wait.labels(fact.queue, "abandoned").observe(fact.waited_s)
        elif fact.new in _FLOWED and fact.detail not in NOT_COUNTED:
            reason = fact.detail if fact.detail in FLOW_REASONS else _FLOWED[fact.new]
            self.flowed_out.labels(*labels, reason).inc()

    # -- what sessions and threads report ----------------------------------------------------------------------------

    def agi_command(self, seconds: float) -> None:
        """A session's command took this long."""
        self.agi.observe(seconds)

    def choice_made(self, menu: str, choice: str) -> None:
        """A caller chose."""
        self.choices.labels(menu, choice).inc()

    def call_ended(self, language: Language, outcome: str) -> None:
        """A caller's session is over."""
        self.calls.labels(language.value, str(outcome)).inc()

    def text(self) -> bytes:
        """The exposition, for /metrics."""
        return prometheus_client.generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self.registry)
