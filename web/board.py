"""What the wallboard shows, as frozen data read from a centre's `/snapshot.json`.

Reads only: no clock, no terminal, nothing of a running engine. A key that a newer or older engine does not send
becomes its empty value, so that a wallboard never dies of a version; a value of the wrong type is a BoardError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from acd.core import figures
from acd.core.states import Presence, Work, agent_state
from dialplan.wallboardrules import Bounds, WallboardRule

LANGUAGES = ("ko", "en", "ja", "zh")


class BoardError(Exception):
    """The answer is not a snapshot; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The callers of one language who wait for an agent."""

    language: str
    count: int
    oldest_s: float | None  # None: nobody waits
    estimated_s: float | None = None  # of one who comes now; None: unknown


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent as the board sees them."""

    agent_id: str
    name: str
    team: str
    presence: Presence
    work: Work
    reason: str | None

    @property
    def state(self) -> str:
        """The one word for what they do, a key of web.words.AGENT_STATES."""
        return agent_state(self.presence, self.work)


@dataclass(frozen=True, slots=True)
class Said:
    """One decision in words."""

    at: float
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Contacts since `since`, each counted once per queue it entered."""

    offered: int = 0
    answered: int = 0
    answered_within: int = 0
    abandoned: int = 0  # short ones included
    abandoned_short: int = 0
    flowed_out: int = 0
    callbacks_kept: int = 0
    transferred: int = 0
    to_officials: int = 0

    @property
    def service_level(self) -> float | None:
        """`short_excluded`: answered within the threshold / (offered - short abandoned); None before the first."""
        return self.service_level_of(figures.ServiceLevel.SHORT_EXCLUDED)

    def service_level_of(self, variant: figures.ServiceLevel) -> float | None:
        """0-1, of this variant; None before the first."""
        return figures.service_level(self._at_outcome, variant)

    @property
    def answer_rate(self) -> float | None:
        """Answered / (offered - short abandoned); None before the first."""
        return figures.answer_rate(self._at_outcome)

    @property
    def _at_outcome(self) -> figures.Counts:
        return figures.at_outcome(self)


@dataclass(frozen=True, slots=True)
class Board:
    """A snapshot of the centre. `at` and `since` are epoch seconds."""

    at: float
    since: float
    threshold_s: float
    in_menu: int
    waiting: tuple[Waiting, ...]
    agents: tuple[AgentLine, ...]
    counts: Counts
    decisions: tuple[Said, ...]  # newest first
    is_open: bool | None = None  # None: the engine does not say
    teams: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # labels by language
    rule: WallboardRule = field(default_factory=WallboardRule)

    @property
    def service_level(self) -> float | None:
        """0-1, of the variant that the rules name; None before the first."""
        return self.counts.service_level_of(figures.ServiceLevel(self.rule.service_level_variant))

    @property
    def waiting_now(self) -> int:
        """Callers of all languages who wait."""
        return sum(line.count for line in self.waiting)

    def working(self, *states: Work) -> int:
        """Agents whose work is one of `states`."""
        return sum(agent.work in states for agent in self.agents)


def read(raw: object) -> Board:
    """The board of a decoded snapshot. Raises BoardError."""
    if not isinstance(raw, Mapping):
        raise BoardError(f"a snapshot is a JSON object, this is a {type(raw).__name__}")
    try:
        return _read(raw)
    except (TypeError, ValueError, AttributeError) as error:
        raise BoardError(f"the snapshot cannot be read: {error}") from error


def _read(raw: Mapping[str, object]) -> Board:
    counts = _mapping(raw.get("counts"))
    waiting = _mapping(raw.get("waiting"))
    languages = [*LANGUAGES, *(key for key in waiting if key not in LANGUAGES)]
    return Board(
        at=_number(raw.get("at")),
        since=_number(raw.get("since")),
        threshold_s=_number(raw.get("threshold_s"), 20.0),
        in_menu=int(_number(raw.get("in_menu"))),
        waiting=tuple(_waiting(language, _mapping(waiting.get(language))) for language in languages),
        agents=tuple(_agent(_mapping(each)) for each in _sequence(raw.get("agents"))),
        counts=Counts(**{name: int(_number(counts.get(name))) for name in Counts.__dataclass_fields__}),
        decisions=tuple(_said(_mapping(each)) for each in _sequence(raw.get("decisions"))),
        is_open=None if raw.get("open") is None else bool(raw.get("open")),
        teams={
            key: {k: str(v) for k, v in _mapping(label).items()} for key, label in _mapping(raw.get("teams")).items()
        },
        rule=_rule(_mapping(raw.get("wallboard"))),
    )


def _rule(raw: Mapping[str, object]) -> WallboardRule:
    usual = WallboardRule()
    given: dict[str, Bounds] = {}
    for name in ("service_level", "answer_rate", "waiting", "oldest_wait_s", "estimated_wait_s"):
        if name in raw:
            bounds = _mapping(raw[name])
            given[name] = Bounds(_number(bounds.get("good")), _number(bounds.get("bad")))
    variant = figures.ServiceLevel(str(raw.get("service_level_variant", usual.service_level_variant)))
    return replace(usual, service_level_variant=variant.value, **given)


def _waiting(language: str, raw: Mapping[str, object]) -> Waiting:
    count = int(_number(raw.get("count")))
    estimated = raw.get("estimated_s")
    return Waiting(
        language,
        count,
        _number(raw.get("oldest_s")) if count else None,
        None if estimated is None else _number(estimated),
    )


def _agent(raw: Mapping[str, object]) -> AgentLine:
    reason = raw.get("reason")
    return AgentLine(
        agent_id=str(raw.get("id", "")),
        name=str(raw.get("name", "")),
        team=str(raw.get("team", "")),
        presence=Presence(str(raw.get("presence", "offline"))),
        work=Work(str(raw.get("work", "idle"))),
        reason=None if reason is None else str(reason),
    )


def _said(raw: Mapping[str, object]) -> Said:
    return Said(_number(raw.get("at")), str(raw.get("ko", "")), str(raw.get("en", "")))


def _mapping(raw: object) -> Mapping[str, object]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise TypeError(f"expected an object, got {raw!r}")
    return raw


def _sequence(raw: object) -> Sequence[object]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise TypeError(f"expected a list, got {raw!r}")
    return raw


def _number(raw: object, missing: float = 0.0) -> float:
    if raw is None:
        return missing
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise TypeError(f"expected a number, got {raw!r}")
    return float(raw)
