"""What a scenario file may say. A file is a list of scenarios; an unknown key is an error.

Times are seconds since `at`, the moment of the scenario (Asia/Seoul). What the keys mean is said here.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

HERE = Path(__file__).parent


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, frozen=True)


class Phone(Part):
    """An agent who is available when the scenario begins; they logged in a second apart, in this order.

    `phone` is what it does when it rings: answers (after `after_s`), silent, busy, echo (an early 486 after the agent's own
    hang-up, then answers), declines, dead (no RINGING).
    """

    id: str
    phone: Literal["answers", "silent", "busy", "echo", "declines", "dead"] = "answers"
    after_s: float = 2.0
    logged_in: bool = True


class Record(Part):
    """What the facts say of the contact; what is left out may be anything. `way`: all its states, in order."""

    language: str | None = None
    topic: str | None = None
    queue: str | None = None
    ended: str | None = None
    detail: str | None = None
    agent: str | None = None
    waited_s: float | None = None
    talk_s: float | None = None
    within: bool | None = None  # answered within the queue's threshold
    way: list[str] | None = None


class Call(Part):
    """A citizen's call. `keys` are typed ahead, in order, then comes silence. `hears`: the prompts that are begun.

    `rings`: the agents who are rung for it, in order. `record: null` means that no contact is known of at all.
    """

    id: str = "a"
    at_s: float = 0.0
    number: str | None = None
    keys: str = ""
    hangs_up_s: float | None = None  # since `at`, wherever the call is then
    talk_s: float = 60.0
    called: list[Literal["answers", "busy", "silent"]] = []  # what their phone does when it is called back, in turn
    hears: list[str] | None = None
    rings: list[str] | None = None
    outcome: Literal["queue", "closed", "full", "callback", "hangup"] | None = None
    record: Record | None = Record()


class Deed(Part):
    """Something that an agent, a caller or the machine does. `what` with `agent`, `caller` or neither."""

    at_s: float
    what: Literal[
        "available", "away", "lunch", "offline", "end_wrapup", "extend_wrapup", "own_call", "own_call_ends", "hang_up", "hold",
        "unhold", "unplug", "plug", "pass_to", "press", "engine_restarts", "kill_engine", "engine_returns",
    ]  # fmt: skip
    agent: str | None = None
    caller: str | None = None
    to: str | None = None
    keys: str = ""


class Scenario(Part):
    """Who calls, what happens, and what must be so. `states`: agents as `presence/work` at `until_s`.

    `only`: why it is played on the pure engine alone. (tests/pbx/stage.py knows more reasons, by what is in it.)
    """

    name: str
    only: str | None = None
    at: datetime = datetime(2026, 11, 24, 10, 0)  # noqa: DTZ001  (Seoul, as all times without a zone)
    set: list[str] = []
    agents: list[Phone | str] = []
    calls: list[Call] = []
    deeds: list[Deed] = []
    until_s: float = 600.0
    states: dict[str, str] = {}

    def phones(self) -> list[Phone]:
        return [one if isinstance(one, Phone) else Phone(id=one) for one in self.agents]


def scenarios() -> list[tuple[str, Scenario]]:
    """All of the folder, as (`file: name`, scenario)."""
    found = []
    for path in sorted(HERE.glob("*.yaml")):
        for item in YAML(typ="safe").load(path.read_text(encoding="utf-8")):
            one = Scenario.model_validate(item)
            found.append((f"{path.stem}: {one.name}", one))
    return found
