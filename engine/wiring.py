"""The composition root: builds an engine from its settings, in the order in which its parts need each other.

Nothing is decided here and nothing of calls is known; every part is handed what it needs.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from acd.callbacks.book import CallbackBook
from acd.callbacks.store import open_store
from acd.clock import SteadyClock
from acd.core.facts import Decision
from acd.core.seoul import DAY_S, midnight
from acd.core.snapshot import Snapshot
from acd.dispatcher import Dispatcher
from acd.explain import headline
from acd.journal.agents import agents_day
from acd.journal.memory import remember
from acd.journal.read import figures
from acd.journal.writer import JournalWriter
from acd.lastagents import LastAgents, talks_since
from acd.metrics import Metrics
from acd.scrape import combinations
from acd.subscribers import Fanout, Subscriber
from dialplan import calendar
from dialplan.language import Language
from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from engine import agentstoday, attempts, credentials, goodrules, pbx, snapshot
from engine.commands.rules_folder import cache_folder
from engine.heartbeat import Heartbeat
from engine.http import EventStream, HttpServer, Pages
from engine.lines import Lines
from engine.live import Live
from engine.reload import RulesInForce
from engine.settings import RunSettings
from engine.talkcare import TalkCare
from engine.today import Today
from ivr.catalogue import Catalogue
from ivr.entrances import Doors, open_doors
from ivr.pins import Pins
from ivr.session import Outcome, Services

VERSION = "0.1.0"
# The default of 5 ms lets a busy thread hold back the dispatcher, or the session it has woken, for that long. A shorter
# one than this is no quicker (BYE to INVITE, p50: 5.7 ms with 0.5, 5.9 with 0.1), and each switch is paid for: 32,000
# AMI events a second are taken with 0.5 ms, 20,000 with 0.1 (tests/bench/ami_intake).
SWITCH_INTERVAL_S = 0.0005
LONGEST_NOTICE_S = 5.0  # of a notice whose recording can't be looked at
HOST = "127.0.0.1"  # metrics never listen elsewhere

_log = structlog.get_logger(__name__)


class Engine:
    """One engine. `start` takes calls, `stop` ends every session (its callers go to the safety net)."""

    def __init__(self, settings: RunSettings, *, journal_after: Callable[[], None] = lambda: None) -> None:
        """`journal_after` returns when the journal may be written. Raises RulesError, OSError for a taken address."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self.settings = settings
        self._journal_after = journal_after
        self.clock = SteadyClock()
        self._rules_dir = settings.rules
        self.rules = RulesInForce(lambda: self._load_rules(settings.rules), first=self._first_rules)
        rules = self.rules()
        self.heartbeat = Heartbeat(settings.heartbeat)
        self.metrics = Metrics(rules, version=VERSION, outcomes=[outcome.value for outcome in Outcome])
        self.metrics.use_rules(rules, loaded_at=self.rules.loaded_at)
        self.journal = JournalWriter(
            settings.database, begin_after=journal_after, clock=self.clock, keep_days=settings.journal_keep_days
        )
        self.today = Today(self.clock(), self._sentence, lambda one: one in self.rules().agents)
        self.agents_today = agentstoday.AgentsToday()
        self.events = EventStream()
        self.last_agents = LastAgents(credentials.load_or_make(settings.state).ami_secret)
        live = Live(
            [self.metrics.receive, self.today.receive, self.agents_today.receive, self.last_agents.receive],
            self.events.publish,
        )
        self.fanout = Fanout(
            [
                self.journal,
                Subscriber("live", live.receive),
                Subscriber("callbacks", lambda facts: self.callbacks.receive(facts)),  # noqa: PLW0108 - made later
                Subscriber("talks", lambda facts: self.talks.receive(facts)),  # noqa: PLW0108
            ]
        )
        self._doors: Doors | None = None
        self._remembered = threading.Event()  # or there is nothing to remember
        self._catalogue = Catalogue.load(self._rules_dir, strict=False)
        self.lines = Lines(settings, sessions_of=self._sessions_of, remembered=self._remembered)
        self.dispatcher = Dispatcher(
            rules,
            self.lines.pbx(),
            publish=self.fanout.publish,
            clock=self.clock,
            heartbeat=self.heartbeat.dispatcher,
            room=self._room,
            observe_dispatch=self.metrics.dispatch.observe,
            count_failure=lambda kind: self.metrics.steps_failed.labels(kind).inc(),
            nodes=self.lines.marks,
            last_agent=self.last_agents.last,
            closed_until=self.closed_until,
        )
        self.callbacks = CallbackBook(
            open_store(
                settings.state / "callbacks.sqlite",
                settings.database,
                credentials.load_or_make(settings.state).ami_secret,
            ),
            self.dispatcher,
            rules=self.rules,
            clock=self.clock,
            identify=self.last_agents.caller,
        )
        self.talks = TalkCare(
            settings.recordings,
            self.rules,
            self.lines.tape(),
            self.dispatcher,
            metrics=self.metrics.talks,
            clock=self.clock,
        )
        self.lines.dispatcher, self.lines.callbacks = self.dispatcher, self.callbacks
        self.metrics.watch(self)
        self.rules.on_change(self._rules_changed, self._reload_counted, self._reload_told)
        pages = Pages(self.metrics.text, self.not_ready, self.board, self.nodes_away)
        self.http = HttpServer((HOST, settings.http_port), pages, self.events)

    def start(self) -> None:
        """Doors first, then the PBX is read: those who wait in its queues come back through the doors."""
        self.http.start()
        self.fanout.start()
        self.talks.start()
        threading.Thread(target=self._read_journal, name="read-journal", daemon=True).start()
        self.callbacks.restore()
        self.callbacks.start()
        self.dispatcher.start()
        services = Services(
            acd=self.dispatcher,
            rules=self.rules,
            clock=self.local_time,
            sound=self._sound,
            observer=self.metrics,
            now=self.clock,
            length_s=self._length_s,
            recorder=self.talks.recorder,
            marks=self.talks.marks,
            surveyed_since=self.talks.surveyed.since,
            caller=self.last_agents.caller,
            callbacks=self.callbacks,
            handle=self.dispatcher.handle,
            dialled_as=self.dispatcher.dialled_as,
            pins=Pins(lambda agent: credentials.supervisor_pin(self.settings.state, agent)),
        )
        self._doors = open_doors(
            services, (self.settings.agi_host, self.settings.agi_port), heartbeat=self.heartbeat.acceptor
        )
        self.lines.start()
        _log.info(
            "engine.started", version=VERSION, nodes=list(self.lines.connected()), digest=self.rules().digest[:12]
        )

    def stop(self) -> None:
        """In the opposite order; the journal writes what it has."""
        self.lines.stopping = True
        if self._doors is not None:
            self._doors.stop()
        self.lines.stop()
        self.dispatcher.stop()
        self.talks.stop()
        self.fanout.stop()
        self.callbacks.stop()
        self.http.stop()
        _log.info("engine.stopped")

    def not_ready(self) -> str | None:
        """Why calls are not taken, or None."""
        if self._doors is None:
            return "FastAGI is not open yet"
        if not any(self.lines.connected().values()):
            return "AMI is not connected"
        if not self.dispatcher.settled.is_set():
            return "the PBX is being read"
        return None

    def nodes_away(self) -> str:
        """For /readyz, of several Asterisks: those that take no calls now."""
        away = self.lines.away()
        return f", without {', '.join(away)}" if away and len(away) < len(self.lines.marks) else ""

    # -- acd.scrape.Sources -------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot | None:
        """The ACD now."""
        return self.dispatcher.snapshot()

    def estimates(self) -> Mapping[tuple[str, Language], float]:
        """The wait of one who comes now, in seconds; unknown ones are missing."""
        return self.dispatcher.estimates(combinations(self.rules()))

    def is_open(self) -> bool:
        """By the rules, now."""
        return calendar.is_open(self.rules().hours, self.local_time())

    def ami_connected(self) -> Mapping[str, bool]:
        """Whether AMI is logged in, by the nodes' names."""
        return self.lines.connected()

    def ami_reconnects(self) -> Mapping[str, int]:
        """Since the start."""
        return self.lines.reconnects()

    def journal_backlog(self) -> int:
        """Facts that wait for the disk."""
        return self.journal.backlog()

    def journal_dropped(self) -> int:
        """Facts that were lost."""
        return self.journal.dropped

    def journal_away_s(self) -> float:
        """Seconds since the disk was lost; 0 when it is there."""
        return self.journal.away_s()

    def unmatched_s(self) -> float:
        """The dispatcher's watch on itself."""
        return self.dispatcher.unmatched_s()

    # -- what the parts ask for ---------------------------------------------------------------------------------------

    def local_time(self) -> datetime:
        """The time by which opening hours are judged; `--at` shifts it."""
        zone = ZoneInfo(self.rules().hours.zone)
        return datetime.now(zone) + timedelta(seconds=self.settings.clock_offset_s)

    def closed_until(self, now: float) -> float | None:
        """When the centre opens, on the clock of `now` (epoch seconds, not shifted); None while it is open."""
        hours = self.rules().hours
        local = datetime.fromtimestamp(now + self.settings.clock_offset_s, ZoneInfo(hours.zone))
        if calendar.is_open(hours, local):
            return None
        opens_at = calendar.next_change(hours, local)
        return now + DAY_S if opens_at is None else opens_at.timestamp() - self.settings.clock_offset_s

    def board(self) -> bytes | None:
        """/snapshot.json, for wallboards (web.board reads it)."""
        seen = self.dispatcher.snapshot()
        if seen is None:
            return None
        in_sessions = self._doors.callers_now() if self._doors is not None else 0
        return snapshot.as_json(
            seen,
            self.rules(),
            self.today.as_json(),
            self.estimates(),
            self.agents_today.figures(seen.at),
            in_menu=max(0, in_sessions - self.dispatcher.calls()),
            ami_connected=all(self.ami_connected().values()),
            is_open=self.is_open(),
        )

    def _sound(self, language: Language, key: str) -> str:
        sounds: Path = self.settings.state / "asterisk" / "data" / "sounds"
        return str(sounds / self._catalogue.sound_path(language.value, key))

    def _length_s(self, language: Language, key: str) -> float:
        """Seconds of a recording: it is 8 kHz, 16 bit, without a header."""
        try:
            return Path(f"{self._sound(language, key)}.sln").stat().st_size / (2 * 8000)
        except OSError:
            return LONGEST_NOTICE_S

    def _sentence(self, decision: Decision) -> tuple[str, str]:
        rules = self.rules()
        return headline(decision, rules, Language.KO), headline(decision, rules, Language.EN)

    def _room(self) -> int:
        """How many more callers the rules let in."""
        in_sessions = self._doors.callers_now() if self._doors is not None else 0
        return self.rules().max_calls - max(in_sessions, self.dispatcher.calls())

    def _sessions_of(self, node: str) -> int:
        return self._doors.callers_of(node) if self._doors is not None else 0

    def _load_rules(self, folder: Path) -> Ruleset:
        return load(folder, self.settings.overrides, cache_folder())

    def _first_rules(self) -> Ruleset:
        """The operator's; while those are broken, the last that were sound: an engine that died must come back."""
        kept = goodrules.folder(self.settings.state)
        try:
            rules = self._load_rules(self.settings.rules)
        except RulesError as error:
            if not kept.exists():
                raise
            for problem in error.problems:
                _log.error("rules.refused", problem=str(problem))
            rules, self._rules_dir = self._load_rules(kept), kept
            _log.error("rules.kept", digest=rules.digest[:12], problems=len(error.problems))
        self._keep_rules()
        return rules

    def _keep_rules(self) -> None:
        try:
            goodrules.keep(self._rules_dir, self.settings.state)
        except OSError as error:
            _log.error("rules.not_kept", error=str(error))

    def _rules_changed(self, rules: Ruleset) -> None:
        self._rules_dir = self.settings.rules
        self._keep_rules()
        self._catalogue = Catalogue.load(self._rules_dir, strict=False)
        self.metrics.use_rules(rules, loaded_at=self.rules.loaded_at)
        self.dispatcher.change_rules(rules)
        pbx.apply_rules(self.settings, rules)
        self.dispatcher.snapshot()  # answered after the change: who waits to be told is told the truth

    def _reload_told(self, told: attempts.Told) -> None:
        try:
            attempts.write(self.settings.state, told)
        except OSError as error:
            _log.error("rules.attempt_not_told", error=str(error))

    def _reload_counted(self, succeeded: bool) -> None:
        self.metrics.reloads.labels("success" if succeeded else "error").inc()

    def _read_journal(self) -> None:
        now = self.clock()
        self._journal_after()
        database, begin, own = self.settings.database, midnight(now), self.journal.run
        try:
            self.dispatcher.remember(remember(database, own))
            self._remembered.set()
            self.today.add(figures(database, begin, begin + DAY_S, without_run=own))
            self.agents_today.begin_with(agents_day(database, begin, begin + DAY_S, without_run=own))
            days = max((queue.sticky.days for queue in self.rules().queues.values() if queue.sticky), default=0)
            if days:
                self.last_agents.begin_with(talks_since(database, now - days * DAY_S))
            self.talks.read_journal(database, now)
        except (SQLAlchemyError, ValueError, KeyError, TypeError) as error:
            _log.warning("journal.today_unread", error=str(error))
            self.agents_today.begin_anyway(now)
        finally:
            self._remembered.set()
