"""Facts fan out: in order, bounded, and nobody is in another's way."""

from __future__ import annotations

import threading

import structlog

from acd.core.facts import Fact
from acd.core.states import ContactState
from acd.subscribers import Fanout, Subscriber
from tests.unit.acd.test_journal import moved
from tests.unit.until import until


def test_in_order_and_all() -> None:
    got: list[Fact] = []
    fanout = Fanout([Subscriber("one", got.extend)])
    fanout.start()
    facts = [moved(f"c{n}", ContactState.QUEUED) for n in range(1000)]
    for fact in facts:
        fanout.publish(fact)
    fanout.stop()
    assert got == facts


def test_one_that_hangs_holds_nobody_up_and_loses_by_count() -> None:
    release, got = threading.Event(), []
    slow = Subscriber("slow", lambda facts: release.wait(5), most=10)
    quick = Subscriber("quick", got.extend)
    fanout = Fanout([slow, quick])
    fanout.start()
    for n in range(100):
        fanout.publish(moved(f"c{n}", ContactState.QUEUED))
    until(lambda: len(got) == 100)
    assert slow.dropped >= 80
    release.set()
    fanout.stop()


def test_a_subscriber_that_fails_gets_the_next_facts() -> None:
    got: list[str] = []

    def receive(facts: object) -> None:
        got.append("called")
        raise RuntimeError("a bug")

    with structlog.testing.capture_logs() as logs:
        subscriber = Subscriber("buggy", receive)
        subscriber.start()
        for n in range(3):
            subscriber.put(moved(f"c{n}", ContactState.QUEUED))
            until(lambda n=n: len(got) == n + 1)
        subscriber.stop()
    assert [log["event"] for log in logs] == ["facts.subscriber_failed"] * 3
