"""The city's rules, with times that a test can wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from acd.core.model import Limits
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from tests.unit.acd.twincentre import Centre

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def city() -> Ruleset:
    return load(ROOT / "dialplan" / "rules")


@pytest.fixture
def rules(city: Ruleset) -> Ruleset:
    """Two agents, no wrap-up, a ring of a second."""
    queues = {key: replace(queue, wrapup_s=0.0, ring_timeout_s=1.0) for key, queue in city.queues.items()}
    agents = {key: city.agents[key] for key in ("1001", "1002")}
    return replace(city, queues=queues, agents=agents)


@pytest.fixture
def make_centre(rules: Ruleset) -> Iterator[Callable[..., Centre]]:
    made: list[Centre] = []

    def make(**words: Any) -> Centre:
        words.setdefault("limits", Limits(no_ringing_s=0.1, retry_after_s=0.01))
        centre = Centre(words.pop("rules", rules), **words).start()
        made.append(centre)
        return centre

    with structlog.testing.capture_logs():
        yield make
        for centre in made:
            centre.stop()


@pytest.fixture
def centre(make_centre: Callable[..., Centre]) -> Centre:
    return make_centre()
