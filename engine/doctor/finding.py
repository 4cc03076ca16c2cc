"""What a check found: where, how bad, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.settings import RunSettings


class Level(StrEnum):
    """How bad it is. Only FAILURE makes `doctor` exit 1."""

    FINE = "fine"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One look at one thing. `security`: it belongs to the list that `doctor --security` holds a system against."""

    area: str  # machine, programs, rules, files, security, network, centre, pbx
    name: str  # what was looked at, in one or two words
    level: Level
    what: str
    remedy: str = ""  # empty exactly when it is fine
    security: bool = False
    node: str = ""  # of several Asterisks the one that it is about; "" for the centre as a whole


def of_node(settings: RunSettings, one: RunSettings, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings about `one` of the centre's Asterisks (`RunSettings.pbxes`), with its name where there are several."""
    name = one.node if settings.others else ""
    return (replace(finding, node=name) for finding in findings)


def fine(area: str, name: str, what: str, *, security: bool = False) -> Finding:
    """As it should be."""
    return Finding(area, name, Level.FINE, what, security=security)


def warning(area: str, name: str, what: str, remedy: str, *, security: bool = False) -> Finding:
    """The centre runs, but not as well or as safely as it could."""
    return Finding(area, name, Level.WARNING, what, remedy, security)


def failure(area: str, name: str, what: str, remedy: str, *, security: bool = False) -> Finding:
    """Calls are lost, or will be; or somebody gets in who must not."""
    return Finding(area, name, Level.FAILURE, what, remedy, security)
