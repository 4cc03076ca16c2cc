"""Which part of the picture one call goes through: an imagined one (`explain`'s arguments), or one that was."""

from __future__ import annotations

from dialplan.chart.graph import Lit
from dialplan.decision import Outcome
from dialplan.dialogue import RouteDecision
from dialplan.eligibility import able
from dialplan.labels import queue_name, topic_name
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from dialplan.words import Words, language_words, same


def of_decision(ruleset: Ruleset, decision: RouteDecision) -> Lit:
    """What `explain` says of a call, as a way through the picture; its teams are those who could answer at once."""
    told = same(f"{decision.at:%Y-%m-%d %H:%M}  ") + language_words(decision.language)
    nodes = {"number", f"language:{decision.language}"}
    if decision.outcome is Outcome.CLOSED:
        return Lit(frozenset({*nodes, "closed"}), 0, told + Words(": 상담 시간 외", ": closed"))
    nodes |= {"hours", f"topic:{decision.topic}"}
    told += same(" → ") + topic_name(str(decision.topic), ruleset)
    if decision.queue is not None:
        nodes.add(f"queue:{decision.queue}")
        agents = able(ruleset, decision.queue, decision.requirement)
        nodes |= {f"team:{agent.team}" for agent in agents}
        told += same(" → ") + queue_name(decision.queue, ruleset)
        told += Words(f" → 상담사 {len(agents)}명 중 한 명", f" → one of {len(agents)} agents")
    return Lit(frozenset(nodes), 0, told)


def of_contact(
    ruleset: Ruleset, contact_id: str, language: Language, topic: str, queue: str, *, agent: str | None, step: int
) -> Lit:
    """A past contact: where it waited, how many steps it passed, and the team of the agent who answered."""
    nodes = {"number", "hours", f"language:{language}", f"topic:{topic}", f"queue:{queue}"}
    told = same(f"{contact_id}  ") + language_words(language) + same(" → ") + topic_name(topic, ruleset)
    told += same(" → ") + queue_name(queue, ruleset)
    rule = ruleset.agents.get(agent or "")
    if rule is not None:
        nodes.add(f"team:{rule.team}")
        told += same(f" → {rule.name} ({rule.id})")
    elif agent is None:
        told += Words(" → 상담사와 이어지지 않음", " → no agent")
    sticky = queue in ruleset.queues and ruleset.queues[queue].sticky is not None
    return Lit(frozenset(nodes), step + sticky if step else 0, told)
