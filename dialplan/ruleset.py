"""The checked rules, as frozen data: what every other room sees of the operators' YAML, a file for each of theirs.

Built by `dialplan.loader` only, after every check has passed, so holders need not check again.
Pure: no I/O, no clock. `Source` remembers the file, line and column that each rule came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dialplan.agentrules import AgentRule, Directory
from dialplan.hourrules import Hours
from dialplan.language import Language
from dialplan.menurules import Menu, Topic
from dialplan.queuerules import CallbackRule, CallerRule, Queue
from dialplan.source import Source
from dialplan.talkrules import Recordings, Survey
from dialplan.trunkrules import Trunks
from dialplan.wallboardrules import WallboardRule


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
