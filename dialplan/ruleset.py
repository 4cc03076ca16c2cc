"""The checked rules, as frozen data: what every other room sees of the operators' YAML.

Built by `dialplan.loader` only, after every check has passed, so holders need not check again.
Pure: no I/O, no clock. `Source` remembers the file, line and column that each rule came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from ipaddress import ip_address, ip_network

from dialplan.talkrules import Recordings, Survey


class Language(StrEnum):
    """The four languages of the centre, as ISO 639-1 codes."""

    KO = "ko"
    EN = "en"
    JA = "ja"
    ZH = "zh"


class DayKind(StrEnum):
    """What a day is for the opening hours. A holiday on a weekend is PUBLIC_HOLIDAY."""

    WEEKDAY = "weekday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    PUBLIC_HOLIDAY = "public_holiday"


class Strategy(StrEnum):
    """How an arriving contact chooses among idle eligible agents (routing.md, Matching 2)."""

    LONGEST_IDLE = "longest_idle"
    BEST_SKILL = "best_skill"
    LEAST_OCCUPIED = "least_occupied"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule stands: file name relative to the rules folder, 1-based line and column."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """Who may answer: a hard language filter and minimum levels, all of which must hold. An index key."""

    language: Language | None  # None: any, because a step's `allow_interpreter` dropped it
    skills: tuple[tuple[str, int], ...] = ()  # sorted (skill, minimum level 1-5)

    def met_by(self, languages: frozenset[Language], skills: dict[str, int]) -> bool:
        """Whether an agent with these languages and skill levels may take the contact."""
        if self.language is not None and self.language not in languages:
            return False
        for name, level in self.skills:  # noqa: SIM110  (asked of every agent for every lane: `all` takes twice as long)
            if skills.get(name, 0) < level:
                return False
        return True

    def __str__(self) -> str:
        language = "any language" if self.language is None else self.language.value
        return " & ".join([language, *(f"{name}>={level}" for name, level in self.skills)])


@dataclass(frozen=True, slots=True)
class Interval:
    """Opening hours of a day, half open: opens <= t < closes, local time in Asia/Seoul. `closes` 00:00 is 24:00."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One date that differs: its hours (empty = closed all day) and, where it is a holiday, its Korean name."""

    day: date
    intervals: tuple[Interval, ...]
    name: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Closure:
    """A temporary closure on top of everything: from `start` until `end` (exclusive; 00:00 is 24:00) on one day."""

    day: date
    start: time
    end: time
    reason: str
    source: Source


@dataclass(frozen=True, slots=True)
class Hours:
    """hours.yaml: the weekly pattern and what changes it."""

    zone: str
    weekday: tuple[Interval, ...]
    day_off: tuple[Interval, ...]
    special_days: dict[date, SpecialDay]
    closures: tuple[Closure, ...]
    added_holidays: dict[date, str]
    removed_holidays: frozenset[date]
    weekday_source: Source
    day_off_source: Source
    sources: dict[date, Source] = field(default_factory=dict)  # of added and removed holidays
    public_holidays: dict[date, str] = field(default_factory=dict)  # the calendar's own, 2000-2099, before corrections
    saturday: tuple[Interval, ...] | None = None  # of Saturdays that are no holiday; None: those of `day_off`
    saturday_source: Source | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What one key of a topic menu does: go to a topic, or to another menu. Exactly one of the two is set."""

    key: str
    topic: str | None
    menu: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Menu:
    """A topic menu: the prompt that asks, the keys, and the topic that silence and the last wrong key lead to.

    `tries` counts all tries: with 2, one wrong key is asked again and the second leads to `default_topic`.
    """

    name: str
    prompt: str
    choices: dict[str, Choice]
    default_topic: str
    tries: int
    wait_s: float
    source: Source


@dataclass(frozen=True, slots=True)
class Topic:
    """What the caller wants. `queue_by_language` names the queue, or None where the operator wrote `none`."""

    key: str
    labels: dict[Language, str]
    queue_by_language: dict[Language, str | None]
    share: float  # of the calls, 0-1; 0 when unknown
    source: Source
    queue_sources: dict[Language, Source] = field(default_factory=dict)
    points: float = 0.0  # of priority, added to the queue's and the number's


@dataclass(frozen=True, slots=True)
class Relaxation:
    """After so many seconds of waiting these skills are enough; the language stays unless `any_language`."""

    after_s: float
    skills: tuple[tuple[str, int], ...]
    any_language: bool  # the operator wrote `allow_interpreter`
    source: Source


@dataclass(frozen=True, slots=True)
class Sticky:
    """Who calls again within `days` waits up to `wait_s` for the agent they talked with last (지정상담원)."""

    days: int
    wait_s: float


class OverflowKind(StrEnum):
    """What becomes of a caller who may not wait in a queue, and for whom nobody is free at once."""

    MESSAGE = "message"  # a sentence, goodbye
    CALLBACK = "callback"  # a sentence, the offer of a call-back, goodbye
    QUEUE = "queue"  # waits in another queue


@dataclass(frozen=True, slots=True)
class Overflow:
    """The rule for such callers; `queue` is set for QUEUE only."""

    kind: OverflowKind
    queue: str | None = None
    source: Source = Source("queues.yaml", 1)


@dataclass(frozen=True, slots=True)
class Queue:
    """Where contacts of a family of topics wait, and who may take them. Seconds unless named otherwise."""

    key: str
    labels: dict[Language, str]
    skills: tuple[tuple[str, int], ...]  # minimum levels; the language comes from the caller
    strategy: Strategy
    service_level_s: float
    short_abandon_s: float
    ring_timeout_s: float
    wrapup_s: float
    wrapup_extend_s: float
    rona_exclude_s: float
    announce_every_s: float
    max_waiting: int
    music: str
    source: Source
    entry_prompt: str = "connecting"  # said on entering
    steps: tuple[Relaxation, ...] = ()  # by rising `after_s`
    points: float = 0.0  # of priority: each is a head start of a minute
    order_class: int = 1  # lower ones are served before all others
    sticky: Sticky | None = None
    when_full: Overflow = Overflow(OverflowKind.MESSAGE)  # for callers above `max_waiting`
    stop_queueing_before_close_s: float = 0.0  # from so long before the centre closes nobody begins to wait
    near_closing: Overflow = Overflow(OverflowKind.MESSAGE)  # for callers in that time
    whisper: bool = True  # the agent hears language, topic and waiting time before the caller is joined
    recording: str | None = None  # the class that its talks are recorded as; None: they are not

    def requirement(self, language: Language) -> Requirement:
        """The requirement of a contact that waits here in this language."""
        return Requirement(language, self.skills)

    def relaxed(self, language: Language) -> tuple[tuple[float, Requirement], ...]:
        """Each step as (seconds of waiting, the requirement from then on)."""
        return tuple(
            (step.after_s, Requirement(None if step.any_language else language, step.skills)) for step in self.steps
        )


@dataclass(frozen=True, slots=True)
class CallbackRule:
    """Call-backs (예약전화): when they are offered, how often they are tried, and what bounds them."""

    offer_after_s: float  # of waiting
    attempts: int  # then it is closed as failed
    retry_every_s: float
    ring_timeout_s: float  # the citizen's phone
    per_number_per_day: int  # bookings of one number in a day in Seoul
    per_day: int  # bookings of all numbers
    slot_minutes: int  # a booked time is one of these from the full hour on
    days_ahead: int  # today is 0
    source: Source
    when_closed: bool = True  # a call may be booked outside the opening hours


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """Which contacts of a queue the agents of a profile see, and in which order.

    `rank` is strict: a lower one is served first, equal ranks form one order. `delay_s`: only contacts that have
    waited so long. `reserve_idle`: only while more than so many agents of the profile are idle.
    """

    queue: str | None  # None: every queue that has no row of its own
    rank: int = 1
    delay_s: float = 0.0
    reserve_idle: int = 0
    source: Source = Source("agents.yaml", 1)


@dataclass(frozen=True, slots=True)
class Profile:
    """A routing profile: the queues that a group of agents serves."""

    name: str
    rows: tuple[ProfileRow, ...]
    source: Source = Source("agents.yaml", 1)

    def row(self, queue: str) -> ProfileRow | None:
        """The row for this queue, or None: its agents do not serve it."""
        others: ProfileRow | None = None
        for row in self.rows:
            if row.queue == queue:
                return row
            if row.queue is None:
                others = row
        return others


EVERY_QUEUE = Profile("default", (ProfileRow(None),))  # of agents who name none


@dataclass(frozen=True, slots=True)
class CallerRule:
    """Numbers whose calls have priority: whole numbers, or beginnings that end in `*`."""

    numbers: tuple[str, ...]
    points: float
    order_class: int | None  # None: the queue's
    source: Source

    def names(self, number: str) -> bool:
        """Whether a number of digits only is one of these."""
        return any(number.startswith(one[:-1]) if one.endswith("*") else number == one for one in self.numbers)


@dataclass(frozen=True, slots=True)
class AgentRule:
    """One agent of agents.yaml: staff label, extension (SIP user), team, languages, skill levels 1-5."""

    id: str  # the extension, "1001"
    name: str  # a staff label such as "상담사 07", never a person's name
    team: str
    languages: frozenset[Language]
    skills: dict[str, int]
    supervisor: bool
    source: Source
    profile: Profile = EVERY_QUEUE


@dataclass(frozen=True, slots=True)
class Official:
    """One desk of the city hall (담당자): our phone `id`, or an outside `number`. Never a person's name."""

    id: str  # four digits: what an agent types, and the phone's extension
    department: str
    work: str
    number: str | None  # on the allow-list of dialplan/numbers.py
    hours: tuple[Interval, ...]  # on working days; on days off nobody is there
    blind: bool  # a citizen may be sent there without a word before
    source: Source


@dataclass(frozen=True, slots=True)
class Directory:
    """directory.yaml: whom and what an agent may hand a citizen on to, besides the other agents."""

    officials: dict[str, Official] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)  # what is typed -> the queue
    blind_to_agents: bool = True


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier's trunk: by source address, or by registration (then `registration` names host and user)."""

    name: str
    addresses: tuple[str, ...]
    registration: str | None
    source: Source
    encrypted: bool = False  # SIP over TLS, sound as SRTP, both ways; anything else of this carrier is refused


@dataclass(frozen=True, slots=True)
class FloodRule:
    """How many calls of one number are let in: in any `per_s` seconds, and at once; `withheld`: of all without one."""

    calls_per_number: int
    per_s: float
    at_once: int
    withheld: int | None  # None: not bounded
    exempt: tuple[str, ...]  # whole numbers, or beginnings that end in `*`
    source: Source
    development: bool = False  # it holds while no carrier is named too, when all calls are this machine's own

    def exempts(self, number: str) -> bool:
        """Whether a number of digits only is one of those that are not counted."""
        return any(number.startswith(one[:-1]) if one.endswith("*") else number == one for one in self.exempt)


@dataclass(frozen=True, slots=True)
class Trunks:
    """trunks.yaml: carriers, the numbers that are the centre's, and the address that media is offered at."""

    numbers: tuple[str, ...]
    carriers: tuple[Carrier, ...]
    external_media_address: str | None
    emergency: tuple[str, ...]  # dialled natively by agents, before any allow-list
    flood: FloodRule | None = None  # None: calls of one number are not bounded

    def lets_in(self, address: str) -> bool:
        """Whether an INVITE from this address of the machine itself may be a citizen's call. Names are of nobody."""
        if not self.carriers:
            return True
        try:
            here = ip_address(address)
        except ValueError:
            return False
        return any(here in ip_network(one) for each in self.carriers for one in each.addresses)


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where on a figure is called good, and bad; between them it asks for attention."""

    good: float
    bad: float


@dataclass(frozen=True, slots=True)
class WallboardRule:
    """wallboard.yaml. Shares are 0-1 and better the higher they are; counts and seconds the lower they are."""

    service_level_variant: str = "short_excluded"  # a value of acd.core.figures.ServiceLevel
    service_level: Bounds = Bounds(0.97, 0.90)
    answer_rate: Bounds = Bounds(0.97, 0.90)
    waiting: Bounds = Bounds(3, 10)
    oldest_wait_s: Bounds = Bounds(20, 60)
    estimated_wait_s: Bounds = Bounds(30, 120)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules of one checked folder. `digest` is the content's SHA-256; equal digests mean equal rules."""

    digest: str
    hours: Hours
    language_keys: dict[str, Language]  # "1" -> KO
    language_tries: int  # in all: with 3, a wrong key is asked again twice, the third is Korean
    language_grace_s: float  # a key up to this long after the greeting's end is the language
    greeting: str  # prompt key
    root_menu: dict[Language, str]
    menus: dict[str, Menu]
    topics: dict[str, Topic]
    any_topic: str  # the topic behind key 0 and silence: requirement without skills
    queues: dict[str, Queue]
    agents: dict[str, AgentRule]
    teams: tuple[str, ...]
    presence_reasons: dict[str, dict[Language, str]]  # lunch -> 식사
    presence_keys: dict[str, str]  # "1" -> lunch, after *12
    max_calls: int
    trunks: Trunks
    prompts: dict[str, dict[Language, str]]
    skills: tuple[str, ...] = ()
    team_labels: dict[str, dict[Language, str]] = field(default_factory=dict)
    closed_prompt: str = "closed"  # said with the next opening, then hang-up
    goodbye_prompt: str = "goodbye"
    directory: Directory = Directory()
    not_served_prompt: str | None = None  # for a topic whose queue is `none` in this language, then hang-up
    wrong_key_prompt: str = "wrong_key"
    language_again_prompt: str = "language_again"
    language_sources: dict[Language, Source] = field(default_factory=dict)
    languages_source: Source = Source("menus.yaml", 1)
    any_topic_source: Source = Source("menus.yaml", 1)
    callers: tuple[CallerRule, ...] = ()
    callback: CallbackRule | None = None  # None: not offered
    moved_to: dict[str, str] = field(default_factory=dict)  # a queue that is gone -> the one that takes who waits in it
    wallboard: WallboardRule = WallboardRule()
    recordings: Recordings = field(default_factory=Recordings)
    survey: Survey | None = None
