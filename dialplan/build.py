"""Turns checked models into the frozen `Ruleset`. Decides nothing: `validation` and `checks` have passed before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TypeVar

from pydantic import BaseModel

from dialplan import queueshapes, schema
from dialplan.agentrules import EVERY_QUEUE, AgentRule, Directory, Official, Profile, ProfileRow
from dialplan.hourrules import Closure, Hours, Interval, SpecialDay
from dialplan.language import Language
from dialplan.menurules import Choice, Menu, Topic
from dialplan.queuerules import CallbackRule, CallerRule, Overflow, Queue, Relaxation, Sticky
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from dialplan.talkrules import NOT_RECORDED
from dialplan.trunkrules import Carrier, FloodRule, Trunks
from dialplan.validation import Files
from dialplan.wallboardrules import Bounds, WallboardRule

_Shape = TypeVar("_Shape", bound=BaseModel)
NOT_SERVED = "none"  # written where a language has no queue for a topic


def build(files: Files, digest: str, public_holidays: dict[date, str]) -> Ruleset:
    """The whole Ruleset. `files` must be free of problems."""
    menus = _model(files, schema.MenusShape)
    agents = _model(files, schema.AgentsShape)
    queues = _model(files, queueshapes.QueuesShape)
    prompts = _model(files, schema.PromptsShape)
    trunks = _model(files, schema.TrunksShape)
    reasons = agents.away_reasons
    return Ruleset(
        digest=digest,
        hours=_hours(files, public_holidays),
        language_keys=dict(menus.languages.keys),
        language_tries=menus.languages.tries,
        language_grace_s=menus.languages.grace_s,
        greeting=menus.greeting,
        root_menu=dict(menus.root),
        menus={name: _menu(files, name, menu) for name, menu in menus.menus.items()},
        topics={key: _topic(files, key, topic) for key, topic in menus.topics.items()},
        any_topic=menus.any_topic,
        queues=_queues(files),
        moved_to=dict(queues.moved_to),
        callback=_callback(files, queues.callback),
        agents=_agents(files, agents),
        teams=tuple(agents.teams),
        presence_reasons={name: dict(reason.label) for name, reason in reasons.items()},
        presence_keys={reason.key: name for name, reason in reasons.items()},
        max_calls=trunks.max_calls,
        trunks=_trunks(files, trunks),
        directory=_directory(files),
        prompts={key: prompt.texts() for key, prompt in prompts.prompts.items()},
        skills=tuple(agents.skills),
        team_labels={name: dict(team.label) for name, team in agents.teams.items()},
        closed_prompt=menus.said.closed,
        goodbye_prompt=menus.said.goodbye,
        not_served_prompt=menus.said.not_served,
        wrong_key_prompt=menus.said.wrong_key,
        language_again_prompt=menus.said.language_again,
        language_sources={
            language: _source(files, "menus.yaml", "languages", "keys", key)
            for key, language in menus.languages.keys.items()
        },
        languages_source=_source(files, "menus.yaml", "languages"),
        any_topic_source=_source(files, "menus.yaml", "any_topic"),
        callers=tuple(
            CallerRule(tuple(rule.numbers), rule.points, rule.order_class, _source(files, "queues.yaml", "callers", i))
            for i, rule in enumerate(queues.callers)
        ),
        wallboard=_wallboard(_model(files, schema.WallboardShape)),
        recordings=queues.recordings.built(),
        survey=queues.survey.built() if queues.survey else None,
    )


def _wallboard(shape: schema.WallboardShape) -> WallboardRule:
    def bounds(of: schema.RisingShape | schema.FallingShape) -> Bounds:
        return Bounds(of.good, of.bad)

    return WallboardRule(
        service_level_variant=shape.service_level_variant,
        service_level=bounds(shape.service_level),
        answer_rate=bounds(shape.answer_rate),
        waiting=bounds(shape.waiting),
        oldest_wait_s=bounds(shape.oldest_wait_s),
        estimated_wait_s=bounds(shape.estimated_wait_s),
    )


def _model(files: Files, shape: type[_Shape]) -> _Shape:
    model = files.model(shape)
    if model is None:
        raise LookupError(f"{shape.__name__} was not validated")
    return model


def _source(files: Files, file: str, *path: str | int) -> Source:
    place = files.documents[file].key_at(*path)
    return Source(place.file, place.line, place.column)


def _hours(files: Files, public_holidays: dict[date, str]) -> Hours:
    shape = _model(files, schema.HoursShape)
    file = "hours.yaml"
    sources = {day: _source(files, file, "holidays", "add", day.isoformat()) for day in shape.holidays.add}
    for i, day in enumerate(shape.holidays.remove):
        sources[day] = _source(files, file, "holidays", "remove", i)
    return Hours(
        zone=shape.zone,
        weekday=_in_order(shape.weekday),
        day_off=_in_order(shape.day_off),
        special_days={
            day: SpecialDay(
                day, _in_order(special.hours), special.name, _source(files, file, "special_days", day.isoformat())
            )
            for day, special in shape.special_days.items()
        },
        closures=tuple(
            Closure(closure.day, closure.start, closure.end, closure.reason, _source(files, file, "closures", i))
            for i, closure in enumerate(shape.closures)
        ),
        added_holidays=dict(shape.holidays.add),
        removed_holidays=frozenset(shape.holidays.remove),
        weekday_source=_source(files, file, "weekday"),
        day_off_source=_source(files, file, "day_off"),
        saturday=None if shape.saturday is None else _in_order(shape.saturday),
        saturday_source=None if shape.saturday is None else _source(files, file, "saturday"),
        sources=sources,
        public_holidays=public_holidays,
    )


def _in_order(stretches: list[Interval]) -> tuple[Interval, ...]:
    return tuple(sorted(stretches, key=lambda stretch: stretch.opens))


def _menu(files: Files, name: str, shape: schema.MenuShape) -> Menu:
    choices = {
        key: Choice(key, choice.topic, choice.menu, _source(files, "menus.yaml", "menus", name, "keys", key))
        for key, choice in shape.keys.items()
    }
    source = _source(files, "menus.yaml", "menus", name)
    return Menu(name, shape.prompt, choices, shape.silence, shape.tries, shape.wait_s, source)


def _topic(files: Files, key: str, shape: schema.TopicShape) -> Topic:
    return Topic(
        key=key,
        labels=dict(shape.label),
        queue_by_language={language: None if queue == NOT_SERVED else queue for language, queue in shape.queue.items()},
        share=shape.share,
        source=_source(files, "menus.yaml", "topics", key),
        queue_sources={
            language: _source(files, "menus.yaml", "topics", key, "queue", language.value) for language in Language
        },
        points=shape.points,
    )


def _queues(files: Files) -> dict[str, Queue]:
    shape = _model(files, queueshapes.QueuesShape)
    defaults = shape.defaults
    queues = {}
    for key, own in shape.queues.items():
        written = {name: getattr(own, name) for name in own.model_fields_set - {"label", "skills"}}
        seen = defaults.model_copy(update={name: value for name, value in written.items() if value is not None})
        where = ("defaults",) if own.steps is None else ("queues", key)
        queues[key] = Queue(
            key=key,
            labels=dict(own.label),
            skills=tuple(sorted(own.skills.items())),
            strategy=seen.strategy,
            service_level_s=seen.service_level_s,
            short_abandon_s=seen.short_abandon_s,
            ring_timeout_s=seen.ring_timeout_s,
            wrapup_s=seen.wrapup_s,
            wrapup_extend_s=seen.wrapup_extend_s,
            rona_exclude_s=seen.rona_exclude_s,
            announce_every_s=seen.announce_every_s,
            max_waiting=seen.max_waiting,
            music=seen.music,
            source=_source(files, "queues.yaml", "queues", key),
            entry_prompt=seen.entry,
            steps=_steps(files, seen.steps, *where),
            points=seen.points,
            order_class=seen.order_class,
            sticky=Sticky(seen.sticky.days, seen.sticky.wait_s) if seen.sticky and seen.sticky.days else None,
            whisper=seen.whisper,
            when_full=_overflow(files, seen.when_full, key, own, "when_full"),
            stop_queueing_before_close_s=seen.stop_queueing_before_close_s,
            near_closing=_overflow(files, seen.near_closing, key, own, "near_closing"),
            recording=None if seen.recording == NOT_RECORDED else seen.recording,
        )
    return queues


def _callback(files: Files, shape: queueshapes.CallbackShape | None) -> CallbackRule | None:
    if shape is None:
        return None
    return CallbackRule(**shape.model_dump(), source=_source(files, "queues.yaml", "callback"))


def _overflow(files: Files, seen: Overflow, key: str, own: queueshapes.QueueShape, name: str) -> Overflow:
    where = ("defaults",) if getattr(own, name) is None else ("queues", key)
    return replace(seen, source=_source(files, "queues.yaml", *where, name))


def _steps(files: Files, steps: list[queueshapes.StepShape], *where: str) -> tuple[Relaxation, ...]:
    return tuple(
        Relaxation(
            step.after_s,
            tuple(sorted(step.skills.items())),
            step.allow_interpreter,
            _source(files, "queues.yaml", *where, "steps", i),
        )
        for i, step in enumerate(steps)
    )


def _agents(files: Files, shape: schema.AgentsShape) -> dict[str, AgentRule]:
    profiles = {EVERY_QUEUE.name: EVERY_QUEUE}
    for name, profile in shape.profiles.items():
        rows = tuple(
            ProfileRow(
                None if row.queue == "*" else row.queue,
                row.rank,
                row.delay_s,
                row.reserve_idle,
                _source(files, "agents.yaml", "profiles", name, "queues", i),
            )
            for i, row in enumerate(profile.queues)
        )
        profiles[name] = Profile(name, rows, _source(files, "agents.yaml", "profiles", name))
    return {
        number: _agent(files, number, agent, profiles[agent.profile or EVERY_QUEUE.name])
        for number, agent in shape.agents.items()
    }


def _agent(files: Files, number: str, shape: schema.AgentShape, profile: Profile) -> AgentRule:
    return AgentRule(
        id=number,
        name=shape.name,
        team=shape.team,
        languages=frozenset(shape.languages),
        skills=dict(shape.skills),
        supervisor=shape.supervisor,
        source=_source(files, "agents.yaml", "agents", number),
        profile=profile,
    )


def _directory(files: Files) -> Directory:
    shape = _model(files, schema.DirectoryShape)
    return Directory(
        officials={
            typed: Official(
                id=typed,
                department=official.department,
                work=official.work,
                number=official.number,
                hours=_in_order(official.hours or shape.hours),
                blind=official.blind,
                source=_source(files, "directory.yaml", "officials", typed),
            )
            for typed, official in shape.officials.items()
        },
        queues=dict(shape.queues),
        blind_to_agents=shape.blind_to_agents,
    )


def _trunks(files: Files, shape: schema.TrunksShape) -> Trunks:
    return Trunks(
        numbers=tuple(shape.numbers),
        carriers=tuple(
            Carrier(
                carrier.name,
                tuple(carrier.addresses),
                carrier.registration,
                _source(files, "trunks.yaml", "carriers", i),
                carrier.encrypted,
            )
            for i, carrier in enumerate(shape.carriers)
        ),
        external_media_address=shape.external_media_address,
        emergency=tuple(shape.emergency),
        flood=_flood(files, shape.flood),
    )


def _flood(files: Files, shape: schema.FloodShape | None) -> FloodRule | None:
    if shape is None:
        return None
    written = shape.model_dump() | {"exempt": tuple(shape.exempt)}
    return FloodRule(**written, source=_source(files, "trunks.yaml", "flood"))
