"""What a centre of a given size needs: machines, engines, database. Arithmetic on what was measured; no I/O.

The constants are figures of this project's benches on two cores of a server (docs/scaling.md says which bench gave
which), so a faster core needs less. `needs` is linear where the benches are; where they are not, it says what ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

# --- Asterisk, per core-millisecond and kilobyte
CALL_MS = 6.0  # to set up and end one call with its session
WAITING_MS_PER_S = 3.1  # music to one caller, whose own sound comes in
TALK_MS_PER_S = 4.5  # two legs, sound both ways, not transcoded
WAITING_KB, TALK_KB = 300.0, 660.0
PORTS_PER_NODE = 55_000 // 4  # RTP and RTCP on two legs, from port 10,000 up
# --- the engine
ENGINE_MS = 6.0  # of one core, for one call, when it is busy (`bench sustained`, 90 calls a second: 54 %)
SESSION_KB = 34.0
CORE_KB = 4.5  # a contact and its agent in the core
ENGINE_BASE_MB = 80.0
AMI_EVENTS_PER_CALL, AMI_EVENTS_PER_S = 20.0, 13_900.0  # with journal, metrics, stream and log of their facts behind
CORE_EVENTS_PER_CALL, CORE_EVENTS_PER_S = 9.0, 56_000.0  # at 100,000 calls, every rule
SESSIONS_PER_ENGINE = 10_000  # a thread each: what one process was never asked for beyond
# --- the database
FACTS_PER_CALL, FACTS_PER_S = 11.4, 9_000.0
JOURNAL_KB_PER_CALL = 6.8
# --- how full a thing may be, so that it still answers at once
FULL = 0.7
ENGINE_FULL = 0.5  # its one core also wakes the next caller
MENU_S = 20.0
OCCUPANCY = 0.85


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked for: calls at the same time, and how long each part of one takes, in seconds."""

    calls: int
    talk_s: float = 180.0
    wait_s: float = 30.0
    wrapup_s: float = 30.0
    cores: int = 16  # of one node's machine

    @property
    def calls_per_s(self) -> float:
        """By Little's law."""
        return self.calls / (MENU_S + self.wait_s + self.talk_s)


@dataclass(frozen=True, slots=True)
class Needs:
    """What it takes. `engine_ends_by` names what an engine would run out of first."""

    calls: int
    calls_per_s: float
    agents: int
    nodes: int
    node_cores: float
    node_gb: float
    engines: int
    engine_ends_by: str
    engine_cores: float
    engine_gb: float
    core_events_per_s: float
    core_share: float
    ami_events_per_s: float
    facts_per_s: float
    databases: int
    journal_gb_per_day: float


def needs(load: Load) -> Needs:
    """For this load around the clock, every node and engine as full as it may be."""
    rate = load.calls_per_s
    talking = rate * load.talk_s
    waiting = load.calls - talking
    node_cores = (rate * CALL_MS + waiting * WAITING_MS_PER_S + talking * TALK_MS_PER_S) / 1000
    by_cores, by_ports = node_cores / (load.cores * FULL), load.calls / PORTS_PER_NODE
    engine_cores = rate * ENGINE_MS / 1000
    ends = {
        "processor time": engine_cores / ENGINE_FULL,
        "sessions (a thread each)": load.calls / SESSIONS_PER_ENGINE,
        "AMI events": rate * AMI_EVENTS_PER_CALL / (AMI_EVENTS_PER_S * FULL),
        "the core's events": rate * CORE_EVENTS_PER_CALL / (CORE_EVENTS_PER_S * ENGINE_FULL),
    }
    first = max(ends, key=lambda name: ends[name])
    engines = ceil(ends[first])
    facts = rate * FACTS_PER_CALL
    return Needs(
        calls=load.calls,
        calls_per_s=rate,
        agents=ceil(rate * (load.talk_s + load.wrapup_s) / OCCUPANCY),
        nodes=ceil(max(by_cores, by_ports)),
        node_cores=node_cores,
        node_gb=(waiting * WAITING_KB + talking * TALK_KB) / 1e6,
        engines=engines,
        engine_ends_by=first,
        engine_cores=engine_cores,
        engine_gb=(load.calls * (SESSION_KB + CORE_KB)) / 1e6 + engines * ENGINE_BASE_MB / 1e3,
        core_events_per_s=rate * CORE_EVENTS_PER_CALL,
        core_share=rate * CORE_EVENTS_PER_CALL / CORE_EVENTS_PER_S,
        ami_events_per_s=rate * AMI_EVENTS_PER_CALL,
        facts_per_s=facts,
        databases=ceil(facts / (FACTS_PER_S * FULL)),
        journal_gb_per_day=rate * 86_400 * JOURNAL_KB_PER_CALL / 1e6,
    )
