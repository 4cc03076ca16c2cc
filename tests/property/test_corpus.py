"""The corpus on the pure readers: YAML as rules, AMI packets into what happened; and that the corpus is as its README says."""

from __future__ import annotations

import random

import pytest

from acd.ami.packets import Framer, NotAnAmiPeer, parse
from acd.ami.translate import translate
from acd.ami.view import Attributes, View
from dialplan import checks, validation
from dialplan.language import Language
from dialplan.yamlsource import read
from tests.corpus.generate import KINDS, cases, many
from tests.property.test_malformed_rules import DOCUMENTS

SEED = 20261124
COUNTS = [150, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
TRUE_FILE = "trunks.yaml"


def test_every_case_says_what_a_reader_does() -> None:
    for kind in KINDS:
        names = [name for name, _ in cases(kind)]
        assert len(names) > 20
        assert {name.split("-")[0] for name in names} == {"accept", "refuse", "survive"}


def test_a_seed_is_the_same_bytes_again() -> None:
    for kind in (*KINDS, "http"):
        assert list(many(kind, 5, 20)) == list(many(kind, 5, 20))
        assert list(many(kind, 5, 20)) != list(many(kind, 6, 20))


@pytest.mark.parametrize(("name", "data"), cases("yaml"), ids=[name for name, _ in cases("yaml")])
def test_yaml(name: str, data: bytes) -> None:
    """As the loader does: text that is no UTF-8 is refused before anything reads it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        assert name.startswith("refuse")
        return
    document = read("any.yaml", text)
    if name.startswith("accept"):
        assert not document.problems
    if name.startswith("refuse"):
        assert document.problems
        assert all(problem.position.line >= 1 and problem.message for problem in document.problems)


@pytest.mark.parametrize("count", COUNTS)
def test_damaged_yaml_as_rules(count: int) -> None:
    for number, data in enumerate(many("yaml", SEED, count)):
        document = read(TRUE_FILE, data.decode("utf-8", "replace"))
        documents = {**DOCUMENTS, TRUE_FILE: document}
        files = validation.validate(documents)
        problems = [*document.problems, *files.problems, *checks.check(files)]
        assert problems or TRUE_FILE in files.models, f"case {number} of seed {SEED}"
        assert all(one.position.line >= 1 and one.message for one in problems), f"case {number} of seed {SEED}"


def understood(data: bytes, view: View) -> None:
    """All of a stream through framer, parser and translation, in pieces of odd lengths."""
    framer, at, rng = Framer(), 0, random.Random(len(data))
    try:
        while at < len(data):
            piece = data[at : at + rng.choice((1, 7, 500, 5000))] if len(data) < 5000 else data[at : at + 65_536]
            at += len(piece)
            for raw in framer.feed(piece):
                packet = parse(raw)
                if packet is not None:
                    translate(view, packet, 1_000_000.0)
    except NotAnAmiPeer:
        return


def a_view() -> View:
    view = View(lambda variables, queue: Attributes(Language.KO, "any", "general"))
    view.agents = frozenset({"1001", "1002"})
    return view


@pytest.mark.parametrize("count", COUNTS)
def test_damaged_ami_is_understood_or_refused(count: int) -> None:
    view = a_view()
    for _, data in cases("ami"):
        understood(data, view)
    for number, data in enumerate(many("ami", SEED, count)):
        if number % 100 == 0:
            view = a_view()
        try:
            understood(data, view)
        except Exception as error:
            raise AssertionError(f"case {number} of seed {SEED}: {data!r}") from error
