"""A running centre for the tests of this folder; each test that gets one has it for itself unless it says otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from carrier import Carrier
from centre import Centre

from tests.bench.sip_loop import Loop


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.pbx)


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    """What a file's SIP phones of this process run on."""
    loop = Loop()
    loop.start()
    yield loop
    loop.stop()


@pytest.fixture
def start_centre(tmp_path: Path) -> Iterator[Callable[..., Centre]]:
    """`start_centre("--no-restart", …)`: starts a centre on free ports; it is ended after the test."""
    started: list[Centre] = []

    def start(*words: str, **more: bool) -> Centre:
        folder = tmp_path / f"centre{len(started)}"
        folder.mkdir()
        centre = Centre.start(folder, *words, **more)
        started.append(centre)
        return centre

    yield start
    for centre in started:
        centre.stop()


@pytest.fixture(scope="module")
def open_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """One centre for a whole file, on a working day at ten, without wrap-up."""
    folder = tmp_path_factory.mktemp("centre")
    with Centre.start(folder, "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0") as centre:
        yield centre


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is there when something was evaluated that names it."""
    return tmp_path_factory.mktemp("c") / "canary"


@pytest.fixture
def carrier(request: pytest.FixtureRequest, centre: Centre, loop: Loop) -> Iterator[Carrier]:
    """The carrier of the file's own `centre`, at the file's `HOST`."""
    carrier = Carrier(loop, centre, request.module.HOST)
    yield carrier
    carrier.close()
