"""What sound rules may still get wrong, each with its number and its place. Nothing here keeps rules from running.

Pure: rules and a day in, warnings out. A day, because dates that are past and days that stay closed depend on it.
Who may answer is `dialplan.eligibility`'s, as for `explain` and `diff`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dialplan import calendar, flood
from dialplan.calendar import SEOUL
from dialplan.decision import callbacks_possible
from dialplan.eligibility import able, languages_of, requirements, served, unfit
from dialplan.labels import agent_name, queue_name, topic_name
from dialplan.language import Language
from dialplan.queuerules import Queue
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from dialplan.words import Words, joined, language_words, languages_words, number, same

DAYS = 366  # the coming year


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing to look at. `code` is stable, `count` the number that the sentence is about."""

    code: str
    source: Source
    count: int
    words: Words


def warnings(ruleset: Ruleset, today: date) -> list[Warned]:
    """All of them, in the order of file and line."""
    found = [
        *_alone(ruleset),
        *_late(ruleset),
        *_idle_steps(ruleset),
        *_idle_queues(ruleset),
        *_no_line(ruleset),
        *_no_bound(ruleset),
        *_idle_agents(ruleset),
        *_skills(ruleset),
        *_days(ruleset, today),
    ]
    return sorted(found, key=lambda one: (one.source.file, one.source.line, one.code, one.words.en))


def _alone(ruleset: Ruleset) -> Iterator[Warned]:
    """A requirement that one agent meets: nobody is there while that one is at lunch."""
    for key, queue in ruleset.queues.items():
        for language in languages_of(ruleset, key):
            agents = able(ruleset, key, queue.requirement(language))
            if len(agents) != 1:
                continue
            topics = [one.topic for one in served(ruleset) if one.queue.key == key and one.language is language]
            head = joined([topic_name(topic, ruleset) for topic in topics]) + same(", ") + language_words(language)
            name = agent_name(agents[0].id, ruleset)
            words = Words(
                f": 받을 수 있는 사람이 {name.ko} 1명뿐이라 식사 중에는 0명",
                f": only 1 agent can answer, {name.en}; 0 while they are at lunch",
            )
            words += _rescue(ruleset, queue, language)
            place = ruleset.topics[topics[0]]
            yield Warned("one_agent", place.queue_sources.get(language, place.source), 1, head + words)


def _rescue(ruleset: Ruleset, queue: Queue, language: Language) -> Words:
    """The first step that brings in somebody else."""
    for after_s, needed in requirements(queue, language)[1:]:
        count = len(able(ruleset, queue.key, needed))
        if count > 1:
            return Words(f" ({number(after_s)}초 뒤에는 {count}명)", f" (after {number(after_s)} s there are {count})")
    return Words("", "")


def _late(ruleset: Ruleset) -> Iterator[Warned]:
    """Agents who can answer, all of whom see the queue only after a delay."""
    for key, queue in ruleset.queues.items():
        for language in languages_of(ruleset, key):
            rows = [agent.profile.row(key) for agent in able(ruleset, key, queue.requirement(language))]
            delays = [row.delay_s for row in rows if row is not None]
            if delays and min(delays) > 0:
                wait_s = number(min(delays))
                words = queue_name(key, ruleset) + same(", ") + language_words(language)
                words += Words(
                    f": 상담사 {len(delays)}명 모두 {wait_s}초 뒤에야 봄",
                    f": all {len(delays)} agents see it only after {wait_s} s",
                )
                yield Warned("all_delayed", queue.source, len(delays), words)


def _idle_steps(ruleset: Ruleset) -> Iterator[Warned]:
    """A step after which nobody more may answer than before, in any language."""
    seen: dict[Source, list[tuple[str, bool, int]]] = {}  # the step's place: queue, whether it matters, agents
    waits: dict[Source, float] = {}
    for key, queue in ruleset.queues.items():
        for i, step in enumerate(queue.steps):
            matters, most = False, 0
            for language in languages_of(ruleset, key):
                levels = requirements(queue, language)
                before, after = (len(able(ruleset, key, levels[n][1])) for n in (i, i + 1))
                matters, most = matters or after > before, max(most, after)
            if languages_of(ruleset, key):
                seen.setdefault(step.source, []).append((key, matters, most))
                waits[step.source] = step.after_s
    for source, queues in seen.items():
        if any(matters for _, matters, _ in queues):
            continue
        names = joined([queue_name(key, ruleset) for key, _, _ in queues])
        most = max(count for _, _, count in queues)
        wait_s = number(waits[source])
        words = Words(
            f"{names.ko}: {wait_s}초 뒤 완화해도 받을 수 있는 상담사는 그대로 {most}명",
            f"{names.en}: the step after {wait_s} s changes nothing, {most} agents as before",
        )
        yield Warned("idle_step", source, most, words)


def _idle_queues(ruleset: Ruleset) -> Iterator[Warned]:
    """Queues that nobody reaches: by no topic, no code of a transfer, no queue that is gone, full or about to close."""
    reached = {*ruleset.moved_to.values(), *ruleset.directory.queues.values()}
    reached |= {rule.queue or "" for queue in ruleset.queues.values() for rule in (queue.when_full, queue.near_closing)}
    for key, queue in ruleset.queues.items():
        if not languages_of(ruleset, key) and key not in reached:
            words = queue_name(key, ruleset) + Words(" 대기열로 가는 업무가 0개", ": 0 topics lead to this queue")
            yield Warned("idle_queue", queue.source, 0, words)


def _no_line(ruleset: Ruleset) -> Iterator[Warned]:
    """Call-backs in the rules, and nothing to call citizens by: none is offered."""
    if ruleset.callback is not None and not callbacks_possible(ruleset):
        words = Words(
            "통신사가 0곳이라 콜백과 예약전화를 제안하지 않음 (trunks.yaml의 carriers)",
            "no call-back is offered: 0 carriers to call by (carriers in trunks.yaml)",
        )
        yield Warned("no_line", ruleset.callback.source, 0, words)


def _no_bound(ruleset: Ruleset) -> Iterator[Warned]:
    """Lines to the outside, and nothing that keeps one caller from taking all of them."""
    trunks = ruleset.trunks
    if trunks.carriers and trunks.flood is None:
        count = len(trunks.carriers)
        words = Words(
            f"통신사 {count}곳에서 오는 전화에 번호별 한도가 없음: trunks.yaml에 `{flood.REMEDY}`를 쓸 것",
            f"calls of one number are not bounded, from {count} carriers: write `{flood.REMEDY}` into trunks.yaml",
        )
        yield Warned("no_bound", trunks.carriers[0].source, count, words)


def _idle_agents(ruleset: Ruleset) -> Iterator[Warned]:
    """An agent whom no caller can reach, not even after the last step."""
    kinds = {(one.queue.key, needed) for one in served(ruleset) for _, needed in requirements(one.queue, one.language)}
    for agent in ruleset.agents.values():
        if all(unfit(agent, queue, needed) is not None for queue, needed in kinds):
            words = agent_name(agent.id, ruleset) + Words(
                f": 받을 수 있는 대기열이 0개 (언어 {languages_words(agent.languages).ko}, 업무 {len(agent.skills)}개)",
                f" can answer 0 queues (speaks {languages_words(agent.languages).en}, {len(agent.skills)} skills)",
            )
            yield Warned("idle_agent", agent.source, 0, words)


def _skills(ruleset: Ruleset) -> Iterator[Warned]:
    """A skill that agents have and no queue asks for."""
    asked = {skill for queue in ruleset.queues.values() for skill, _ in queue.skills}
    have = Counter(skill for agent in ruleset.agents.values() for skill in agent.skills)
    for skill in ruleset.skills:
        if skill not in asked:
            first = next((agent.source for agent in ruleset.agents.values() if skill in agent.skills), None)
            words = Words(
                f"업무 숙련도 {skill}: 상담사 {have[skill]}명에게 있지만 요구하는 대기열이 없음",
                f"skill {skill}: {have[skill]} agents have it, and no queue asks for it",
            )
            yield Warned("idle_skill", first or Source("agents.yaml", 1), have[skill], words)


def _days(ruleset: Ruleset, today: date) -> Iterator[Warned]:
    """Days of the coming year that stay closed, by the line that closes them; dates that are past."""
    hours = ruleset.hours
    closed: dict[Source, list[date]] = {}
    for ahead in range(DAYS):
        day = today + timedelta(days=ahead)
        if day.year <= calendar.LAST_YEAR and not calendar.intervals(hours, day):
            source = calendar.deciding_source(hours, datetime.combine(day, time(12), SEOUL))
            closed.setdefault(source, []).append(day)
    for source, days in closed.items():
        named = ", ".join(str(day) for day in days[:3]) + (", …" if len(days) > 3 else "")
        words = Words(
            f"1년 안에 온종일 닫는 날 {len(days)}일: {named}",
            f"closed all day on {len(days)} days of the coming year: {named}",
        )
        yield Warned("closed_days", source, len(days), words)
    dated = {day: special.source for day, special in hours.special_days.items()} | hours.sources
    past = sorted((source.line, day) for day, source in dated.items() if day < today)
    past += sorted((closure.source.line, closure.day) for closure in hours.closures if closure.day < today)
    if past:
        place = Source("hours.yaml", past[0][0])
        words = Words(f"지난 날짜 {len(past)}개가 남아 있음", f"{len(past)} dates are past and may go")
        yield Warned("past_dates", place, len(past), words)
