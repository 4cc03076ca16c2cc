"""Known vulnerabilities of the locked packages, as a Python package index tells them: its JSON API, release by release.

Only what the index says counts: a release that it does not answer for is not taken for a sound one.
Source: PyPI's JSON API (`vulnerabilities` of a release).
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlsplit

from engine.bom import Package

ANSWER_WITHIN_S = 10.0
LONGEST_ANSWER = 8_000_000  # bytes; the longest of a release is far below
GIVE_UP_AFTER = 3  # releases in a row that nobody answers for: there is no such index here


@dataclass(frozen=True, slots=True)
class Advisory:
    """One vulnerability of one locked package."""

    package: str
    version: str
    id: str
    aliases: tuple[str, ...]
    fixed_in: tuple[str, ...]
    summary: str
    link: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What could be learnt: the advisories, and the releases that nothing could be learnt about, with the reason."""

    asked: int
    advisories: tuple[Advisory, ...]
    unknown: dict[str, str]  # by name==version: a lock may have two releases of a package, for two Pythons


def ask(packages: Iterable[Package], index: str) -> Answer:
    """Ask the index, by its root's URL, about each release, one after the other. Never raises for its answers."""
    found: list[Advisory] = []
    unknown: dict[str, str] = {}
    asked = in_a_row = 0
    for package in packages:
        release = f"{package.name}=={package.version}"
        if in_a_row >= GIVE_UP_AFTER:
            unknown[release] = "not asked any more"
            continue
        asked += 1
        try:
            found += _of(package, index)
            in_a_row = 0
        except (OSError, ValueError, HTTPException, RecursionError) as error:
            unknown[release] = str(error) or type(error).__name__
            in_a_row += 1
    return Answer(asked, tuple(found), unknown)


def checked(index: str) -> str:
    """The index's root as it is. ValueError for what is no URL of https, or of http on this machine."""
    try:
        found = urlsplit(index)
        found.port  # noqa: B018 - raises for what is no port
    except ValueError as error:
        raise ValueError(f"{index} is no URL: {error}") from None
    local = found.scheme == "http" and found.hostname == "127.0.0.1"
    if not found.hostname or not (found.scheme == "https" or local):
        raise ValueError(f"{index}: an index is asked by https only; expected https://index.example")
    return index


def _of(package: Package, index: str) -> list[Advisory]:
    url = f"{checked(index).rstrip('/')}/pypi/{package.name}/{package.version}/json"
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310 - `checked` judges the scheme
            said = json.loads(answer.read(LONGEST_ANSWER))
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(f"{error.code} {error.reason}") from error
    listed = said.get("vulnerabilities") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise ValueError("the answer has no list of vulnerabilities")  # noqa: TRY004 - it is the index's text, no type
    return [
        Advisory(
            package.name,
            package.version,
            str(one.get("id")),
            _words(one.get("aliases")),
            _words(one.get("fixed_in")),
            str(one.get("summary") or one.get("details") or "").strip().partition("\n")[0],
            str(one.get("link") or ""),
        )
        for one in listed
        if isinstance(one, dict) and not one.get("withdrawn")
    ]


def _words(said: object) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, list) else ()
