"""A full house: 43 agents and 100 calls on a real PBX. Memory, and a real Prometheus held against the journal."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from calls import Log, wait_heeded
from centre import NUMBER, Centre, wait_for

from acd.core.facts import ReservationEnded
from acd.journal.history import facts_between
from acd.journal.read import Figures, figures
from engine import fetch
from engine.settings import free_port
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua

CONFIGURATION = Path(__file__).parents[2] / "monitoring/prometheus/prometheus.yml"
AGENTS, CALLS = 43, 100
START_MB, FULL_MB = 120, 200
T = TypeVar("T")


class Prometheus:
    """A server that scrapes the centre every second with the configuration that we ship."""

    def __init__(self, folder: Path, target_port: int) -> None:
        self._port = free_port(set())
        text = CONFIGURATION.read_text().replace("127.0.0.1:9100", f"127.0.0.1:{target_port}")
        text = text.replace("127.0.0.1:9090", f"127.0.0.1:{self._port}").replace(
            "scrape_interval: 5s", "scrape_interval: 1s"
        )
        assert f":{target_port}" in text
        (folder / "prometheus.yml").write_text(text)
        self._log = (folder / "prometheus.log").open("wb")
        self._process = subprocess.Popen(
            [*fetch.program("prometheus").argv(), f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self._port}"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, cwd=folder,
        )  # fmt: skip

    def value(self, expression: str) -> float | None:
        """A single number; None when there is none (yet)."""
        found = self.by("", expression)
        return found.get("")

    def by(self, label: str, expression: str) -> dict[str, float]:
        """The values by one label."""
        words = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api/v1/query?{words}", timeout=20) as answer:
                data = json.load(answer)
        except OSError:
            return {}
        return {one["metric"].get(label, ""): float(one["value"][1]) for one in data["data"]["result"]}

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._log.close()


class House:
    """A centre, its phones in this process, and Prometheus beside it."""

    def __init__(self, centre: Centre, prometheus: Prometheus) -> None:
        self.centre, self.prometheus = centre, prometheus
        self.start_mb = centre_mb(centre)
        self.loop = Loop()
        self.loop.start()
        self.phones: list[Ua] = []

    def agent(self, extension: str) -> Ua:
        """A phone that is registered, available and answers."""
        phone = Ua(self.loop, extension, self.centre.sip, self.centre.accounts[extension]["sip_secret"]).register()
        self.phones.append(phone)
        code = phone.call("*11")
        assert code.answered.wait(20)
        code.hang_up()
        return phone

    def citizen(self, number: str, keys: str) -> Dialog:
        phone = Ua(self.loop, number, self.centre.sip)
        self.phones.append(phone)
        log = Log(self.centre)
        dialog = phone.call(NUMBER)
        assert dialog.answered.wait(20)
        wait_heeded(log, number)
        phone.press(dialog, keys)
        return dialog

    def board(self) -> dict:
        return json.loads(self.centre.get("/snapshot.json"))

    def waiting(self) -> int:
        return sum(line["count"] for line in self.board()["waiting"].values())

    def working(self, work: str) -> int:
        return sum(agent["work"] == work for agent in self.board()["agents"])

    def close(self) -> None:
        for phone in self.phones:
            phone.close()
        self.loop.stop()


def centre_mb(centre: Centre) -> float:
    """VmRSS of ready.json's pid."""
    status = Path(f"/proc/{centre.engine_pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def _stopped_after(prometheus: Prometheus) -> Iterator[Prometheus]:
    try:
        yield prometheus
    finally:
        prometheus.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with ExitStack() as stack:
        words = ("--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=1")
        centre = stack.enter_context(Centre.start(folder, *words))
        prometheus = stack.enter_context(_stopped_after(Prometheus(folder, centre.ready["http"]["port"])))
        one = House(centre, prometheus)
        stack.callback(one.close)
        yield one


def _all_at_once(what: Callable[[int], T], times: int) -> list[T]:
    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(what, range(times)))


def test_memory_and_what_prometheus_counts(house: House) -> None:
    centre, prometheus = house.centre, house.prometheus
    began = time.time()
    print(f"\nafter start {house.start_mb:.1f} MB")
    assert house.start_mb <= START_MB
    extensions = sorted(centre.accounts)
    assert len(extensions) == AGENTS
    agents = _all_at_once(lambda at: house.agent(extensions[at]), AGENTS)
    wait_for(
        lambda: (
            sum(one["presence"] == "available" and one["work"] == "idle" for one in house.board()["agents"]) == AGENTS
        ),
        15,
    )

    # --- 100 calls: one for each agent, the others wait, topics of three queues among them
    keys = ("10", "13", "12")
    calls = _all_at_once(lambda at: house.citizen(f"010{at:08d}", keys[at % 3]), CALLS)
    # Every agent has Korean, not every one the topic's skill: so some may stay idle, and nobody who fits does.
    wait_for(lambda: house.waiting() + house.working("connected") == CALLS, 30, lambda: f"{house.board()['waiting']}")
    talking = house.working("connected")
    full_mb = centre_mb(centre)
    print(f"{CALLS} calls, {AGENTS} agents: {full_mb:.1f} MB, {talking} talks")
    assert full_mb <= FULL_MB
    assert talking >= AGENTS // 2
    wait_for(lambda: prometheus.value("sum(acd_contacts_waiting)") == CALLS - talking, 10)
    assert prometheus.value('sum(acd_agents{work="connected"})') == talking

    # --- some hang up, waiting or talking; the rest are answered one after the other
    # Half of those who hang up do it now; the others when each of them has waited for more than the 5 s of "short".
    everybody_queued_at = time.monotonic()
    for call in calls[4::8]:
        call.hang_up()
    wait_for(lambda: time.monotonic() > everybody_queued_at + 5.5, 10)
    for call in calls[::8]:
        call.hang_up()
    deadline = time.monotonic() + 90
    while house.board()["in_menu"] or house.waiting() or house.working("connected"):
        assert time.monotonic() < deadline, house.board()["waiting"]
        for agent in agents:
            for dialog in list(agent.dialogs.values()):
                if dialog.cseq >= 100 and dialog.answered.is_set() and not dialog.ended.is_set():
                    dialog.hang_up()
        time.sleep(0.3)
    wait_for(lambda: not centre.channels(), 20)

    # --- what was counted
    journal = centre.settings.database
    wait_for(lambda: _written(journal, began).offered == CALLS, 10)
    counted = _written(journal, began)
    print(f"journal: {counted}")
    assert counted.answered + counted.abandoned == CALLS
    assert counted.answered >= talking
    assert 5 <= counted.abandoned <= len(calls[::4])
    assert counted.abandoned_short < counted.abandoned
    assert counted.flowed_out == 0
    for expression, wanted in {
        "sum(acd_contacts_offered_total)": counted.offered,
        "sum(acd_contacts_answered_total)": counted.answered,
        'sum(acd_contacts_answered_total{within_threshold="true"})': counted.answered_within,
        "sum(acd_contacts_abandoned_total)": counted.abandoned,
        'sum(acd_contacts_abandoned_total{kind="short"})': counted.abandoned_short,
        "sum(acd_contacts_flowed_out_total)": 0,
        'sum(acd_reservations_total{result="answered"})': _rings_answered(journal, began),
        'sum(acd_queue_wait_seconds_count{result="answered"})': counted.answered,
        "sum(acd_talk_seconds_count)": counted.answered,
        "sum(acd_contacts_waiting)": 0,
        "journal_events_dropped_total": 0,
    }.items():
        wait_for(
            lambda e=expression, w=wanted: prometheus.value(e) == w,
            5,
            lambda e=expression: f"{e} = {prometheus.value(e)}",
        )
    waits_s = prometheus.value('sum(acd_queue_wait_seconds_sum{result="answered"})')
    assert waits_s == pytest.approx(counted.wait_sum_s, abs=0.01)
    for queue, offered in prometheus.by("queue", "sum by (queue) (acd_contacts_offered_total)").items():
        of_queue = figures(journal, began, time.time(), queue)
        assert of_queue.offered == offered, queue
        assert of_queue.answered == prometheus.value(f'sum(acd_contacts_answered_total{{queue="{queue}"}})'), queue
    assert prometheus.value("count({job='ringmaster'})") < 6000
    assert prometheus.value("acd_ami_connected") == 1
    print(f"after it {centre_mb(centre):.1f} MB")


def _rings_answered(journal: Path, began: float) -> int:
    """Fewer than the talks on a busy machine: who is given up as dead, and answers all the same, has no ring."""
    lives = facts_between(journal, began, time.time())
    return sum(isinstance(fact, ReservationEnded) and fact.result == "answered" for life in lives for fact in life)


def _written(journal: Path, began: float) -> Figures:
    return figures(journal, began, time.time())
