"""What changes by mere time, computed when Prometheus asks: waits, agents' seconds, backlog of the journal, AMI.

A part of `acd.metrics`. One look at the state a scrape; every combination that the rules allow is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from acd.core.snapshot import Snapshot
from acd.core.states import Presence, Work, agent_state
from dialplan.language import Language
from dialplan.ruleset import Ruleset


class Sources(Protocol):
    """What is read at the scrape; the composition root provides it."""

    def snapshot(self) -> Snapshot | None:
        """The state now."""

    def estimates(self) -> Mapping[tuple[str, Language], float]:
        """The wait of a contact that comes now, in seconds, by queue and language; unknown ones are missing."""

    def is_open(self) -> bool:
        """Whether the centre is open now, by the rules."""

    def ami_connected(self) -> Mapping[str, bool]:
        """Whether there is a connection to each PBX, by its name."""

    def ami_reconnects(self) -> Mapping[str, int]:
        """How often it was lost and made again."""

    def journal_backlog(self) -> int:
        """Facts that are not on the disk yet."""

    def journal_dropped(self) -> int:
        """Facts that were lost."""

    def journal_away_s(self) -> float:
        """For how long the disk has been refusing them; 0: it takes them."""

    def unmatched_s(self) -> float:
        """For how long a pair that could be matched has not been, in seconds."""


def combinations(rules: Ruleset) -> list[tuple[str, Language]]:
    """Every (queue, language) in which a caller can come to wait under these rules."""
    found = {
        (queue, language)
        for topic in rules.topics.values()
        for language, queue in topic.queue_by_language.items()
        if queue is not None
    }
    return sorted(found)


class AtScrape:
    """The custom collector: one look at the state a scrape."""

    def __init__(self, rules: Callable[[], Ruleset], sources: Sources) -> None:
        self._rules = rules
        self._sources = sources
        self._seconds: dict[tuple[str, str], float] = {}

    def describe(self) -> list[Metric]:
        """Nothing is collected at registration."""
        return []

    def collect(self) -> Iterator[Metric]:
        """What changes by mere time."""
        rules, sources = self._rules(), self._sources
        connected = GaugeMetricFamily("acd_ami_connected", "Whether AMI is connected.", labels=["node"])
        for node, there in sources.ami_connected().items():
            connected.add_metric([node], float(there))
        reconnects = CounterMetricFamily("acd_ami_reconnects", "AMI connections that were made again.", labels=["node"])
        for node, times in sources.ami_reconnects().items():
            reconnects.add_metric([node], times)
        yield from (connected, reconnects)
        yield CounterMetricFamily(
            "journal_events_dropped", "Facts that the journal lost: an alarm.", value=sources.journal_dropped()
        )
        yield GaugeMetricFamily(
            "journal_backlog_events", "Facts that are not on the disk yet.", value=sources.journal_backlog()
        )
        yield GaugeMetricFamily(
            "journal_storage_away_seconds", "For how long the disk has refused facts.", value=sources.journal_away_s()
        )
        is_open = GaugeMetricFamily("acd_queue_open", "1 while the queue is open by the rules.", labels=["queue"])
        open_now = float(sources.is_open())
        for queue in rules.queues:
            is_open.add_metric([queue], open_now)
        yield is_open
        yield GaugeMetricFamily(
            "acd_unmatched_pair_seconds",
            "For how long a match has been left undone: a bug.",
            value=sources.unmatched_s(),
        )
        snapshot = sources.snapshot()
        if snapshot is not None:
            yield from self._waiting(rules, snapshot, sources.estimates())
            yield from self._agents(rules, snapshot)

    @staticmethod
    def _waiting(
        rules: Ruleset, snapshot: Snapshot, estimates: Mapping[tuple[str, Language], float]
    ) -> Iterator[Metric]:
        labels = ["queue", "lang"]
        waiting = GaugeMetricFamily("acd_contacts_waiting", "Contacts that wait for an agent.", labels=labels)
        oldest = GaugeMetricFamily(
            "acd_oldest_contact_wait_seconds", "The longest wait of those who wait.", labels=labels
        )
        estimate = GaugeMetricFamily(
            "acd_estimated_wait_seconds", "The wait of a contact that comes now; NaN: unknown.", labels=labels
        )
        lines = {(line.queue, line.language): line for line in snapshot.lines}
        for queue, language in sorted({*combinations(rules), *lines}):
            line = lines.get((queue, language))
            values = [queue, language.value]
            waiting.add_metric(values, line.queued + line.reserved if line else 0)
            oldest.add_metric(values, (line.oldest_wait_s or 0.0) if line else 0.0)
            estimate.add_metric(values, estimates.get((queue, language), math.nan))
        yield from (waiting, oldest, estimate)
        overdue = GaugeMetricFamily(
            "acd_callbacks_overdue", "Call-backs that have been due for ten minutes.", labels=["queue"]
        )
        late = dict(snapshot.callbacks_overdue)
        for queue_key in sorted({*rules.queues, *late}):
            overdue.add_metric([queue_key], late.get(queue_key, 0))
        yield overdue

    def _agents(self, rules: Ruleset, snapshot: Snapshot) -> Iterator[Metric]:
        agents = GaugeMetricFamily("acd_agents", "Agents by presence and work.", labels=["team", "presence", "work"])
        seconds = CounterMetricFamily(
            "acd_agent_state_seconds", "Agents' time in each state.", labels=["team", "state"]
        )
        teams = sorted({*rules.teams, *(team for team, _, _ in snapshot.agent_counts)})
        totals = {(team, agent_state(p, w)): 0.0 for team in teams for p in Presence for w in Work}
        for (team, presence, work), value in snapshot.agent_seconds.items():
            key = (team, agent_state(presence, work))
            totals[key] = totals.get(key, 0.0) + value
        for team in teams:
            for presence in Presence:
                for work in Work:
                    agents.add_metric(
                        [team, presence.value, work.value], snapshot.agent_counts.get((team, presence, work), 0)
                    )
        for key, value in sorted(totals.items()):
            self._seconds[key] = max(value, self._seconds.get(key, 0.0))  # a counter never falls
            seconds.add_metric(list(key), self._seconds[key])
        yield from (agents, seconds)
