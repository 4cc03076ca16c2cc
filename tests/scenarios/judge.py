"""Holds what happened in a scenario against what it says must be so."""

from __future__ import annotations

from typing import Any

from acd.core.states import ContactState
from tests.scenarios.pure import Play


def judge(play: Play) -> list[str]:
    """What is not as the scenario says."""
    wrong = []

    def must(what: str, is_so: Any, wanted: Any) -> None:
        if wanted is not None and is_so != wanted:
            wrong.append(f"{what}: {is_so!r}, not {wanted!r}")

    for name, line in play.lines.items():
        call = line.call
        must(f"{name} hears", line.heard, call.hears)
        must(f"{name} rings", line.rung, call.rings)
        must(f"{name} outcome", line.outcome, call.outcome)
        if call.record is None:
            must(f"{name} facts", line.facts, [])
            continue
        if call.record == type(call.record)():
            continue
        if not line.facts:
            wrong.append(f"{name}: nothing is known of it")
            continue
        last, wanted = line.facts[-1], call.record
        must(f"{name} language", last.language.value, wanted.language)
        must(f"{name} topic", last.topic, wanted.topic)
        must(f"{name} queue", last.queue, wanted.queue)
        must(f"{name} ended", last.new.value, wanted.ended)
        must(f"{name} detail", last.detail, wanted.detail)
        must(f"{name} agent", next((one.agent_id for one in reversed(line.facts) if one.agent_id), None), wanted.agent)
        must(f"{name} waited_s", round(last.waited_s, 1), wanted.waited_s)
        must(f"{name} talk_s", round(sum(one.talk_s for one in line.facts), 1), wanted.talk_s)
        within = [one.within_threshold for one in line.facts if one.within_threshold is not None]
        must(f"{name} within", within[-1] if within else None, wanted.within)
        must(f"{name} way", [one.new.value for one in line.facts], wanted.way)
        queues = {one.queue for one in line.facts if one.new is not ContactState.CALLBACK_BOOKED}
        must(f"{name} offered times", sum(one.offered for one in line.facts), len(queues))
    for agent_id, state in play.scenario.states.items():
        agent = play.state.agents[agent_id]
        must(f"agent {agent_id}", f"{agent.presence.value}/{agent.work.value}", state)
    return wrong
