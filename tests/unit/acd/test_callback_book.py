"""The book of call-backs on the twin of the PBX: booking, the calls themselves, and each end, over engines' deaths."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from acd.callbacks.store import CallbackStore
from acd.core.facts import CallbackNoted
from acd.core.states import Presence
from acd.port import Booking, CallbackWanted
from acd.reconcile import PbxSnapshot
from dialplan.language import Language
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from dialplan.trunkrules import Carrier
from tests.unit.acd.twin import Phone
from tests.unit.acd.twincentre import Centre
from tests.unit.until import until

NUMBER = "01012345678"


@pytest.fixture
def rules(rules: Ruleset) -> Ruleset:
    """With a line to the outside, and tries that a test can wait for."""
    assert rules.callback is not None
    trunks = replace(rules.trunks, carriers=(Carrier("a", ("127.0.0.2",), None, Source("trunks.yaml", 1)),))
    return replace(rules, trunks=trunks, callback=replace(rules.callback, retry_every_s=0.2))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "callbacks.sqlite"


def wanted(contact_id: str, number: str = NUMBER, **more: object) -> CallbackWanted:
    return CallbackWanted(contact_id, number, Language.KO, "any", "general", Requirement(Language.KO), **more)


def noted(centre: Centre, contact_id: str = "c1") -> list[str]:
    return [fact.what for fact in centre.facts if isinstance(fact, CallbackNoted) and fact.contact_id == contact_id]


def available(centre: Centre, agent: str = "1001", **phone: object) -> Phone:
    made = centre.twin.register(agent, Phone(**phone))
    centre.dispatcher.ask_presence(agent, Presence.AVAILABLE)
    return made


def open_in(path: Path) -> list[str]:
    return [one.wanted.contact_id for one in CallbackStore(path).open_ones()]


def test_press_one_and_be_called_back(centre: Centre, path: Path) -> None:
    book = centre.keep_callbacks(path)
    line = centre.call("c1")
    until(lambda: centre.dispatcher.position("c1") == 1)
    assert book.book(wanted("c1", first_queued_at=time.time(), waited_s=1.0)) is Booking.KEPT
    assert open_in(path) == ["c1"]
    line.dead.set()  # the session says goodbye, and the caller hangs up
    centre.twin.event("Hangup", Uniqueid="c1", Channel=line.channel, Cause="16")
    until(lambda: centre.moves("c1")[-1] == "queued")
    until(lambda: centre.dispatcher.calls() == 0)
    phone = available(centre)
    until(lambda: centre.moves("c1")[-1] == "connected")
    assert centre.dialled == [NUMBER]
    assert noted(centre) == ["booked", "kept"]
    assert centre.dispatcher._writer.view.caller_channel["c1"] == centre.call_outs[0].channel, "for a transfer"
    phone.stopped.set()  # the agent hangs up
    until(lambda: centre.moves("c1")[-1] == "completed")
    assert centre.agent("1001") == "available/idle"
    until(lambda: open_in(path) == [])
    assert centre.failures == []


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("0607001234", Booking.NOT_ALLOWED),
        ("0015551234567", Booking.NOT_ALLOWED),
        ("15881234", Booking.NOT_ALLOWED),
        ("0319099000", Booking.NOT_ALLOWED),
        ("anonymous", Booking.NOT_ALLOWED),
        ("", Booking.NOT_ALLOWED),
        ("+82 31-909-9001", Booking.KEPT),
    ],
)
def test_the_allow_list_when_booked(centre: Centre, path: Path, number: str, answer: Booking) -> None:
    assert centre.keep_callbacks(path).book(wanted("c1", number)) is answer


def test_the_allow_list_when_dialled(make_centre: Callable[..., Centre], rules: Ruleset, path: Path) -> None:
    """What was booked under other rules is judged again: the centre has got this number meanwhile."""
    centre = make_centre()
    book = centre.keep_callbacks(path)
    book.book(wanted("c1", "0319099001"))
    centre.rules = replace(rules, trunks=replace(rules.trunks, numbers=("0319099001",)))
    available(centre)
    until(lambda: "queued" in centre.moves("c1")[-1:] and len(centre.call_outs) == 1)
    assert centre.dialled == []
    assert noted(centre) == ["booked"]


def test_one_open_call_back_for_each_number(centre: Centre, path: Path) -> None:
    book = centre.keep_callbacks(path)
    assert book.open_for(NUMBER) is None
    book.book(wanted("c1"))
    assert book.book(wanted("c2", "+82 10-1234-5678")) is Booking.EXISTS
    found = book.open_for("+821012345678")
    assert found is not None
    assert (found.contact_id, found.slot_at) == ("c1", None)
    assert book.open_for("anonymous") is None


def test_a_slot_is_within_the_days_that_may_be_booked(centre: Centre, path: Path) -> None:
    book = centre.keep_callbacks(path)
    assert book.book(wanted("c1", slot_at=time.time() + 60 * 86_400)) is Booking.UNAVAILABLE
    assert book.book(wanted("c1", slot_at=time.time() - 3600)) is Booking.UNAVAILABLE
    assert book.book(wanted("c1", slot_at=time.time() + 3600)) is Booking.BOOKED
    until(lambda: centre.moves("c1") == ["callback_booked"])


def test_nothing_is_offered_without_a_rule_or_a_line(
    make_centre: Callable[..., Centre], rules: Ruleset, path: Path
) -> None:
    centre = make_centre()
    book = centre.keep_callbacks(path)
    assert book.offered()
    centre.rules = replace(rules, callback=None)
    assert (book.offered(), book.book(wanted("c1"))) == (False, Booking.UNAVAILABLE)
    centre.rules = replace(rules, trunks=replace(rules.trunks, carriers=()))
    assert (book.offered(), book.book(wanted("c1"))) == (False, Booking.UNAVAILABLE)


def test_a_file_that_is_away_means_no_call_back_and_it_heals(centre: Centre, path: Path) -> None:
    path.mkdir()
    book = centre.keep_callbacks(path)
    assert book.book(wanted("c1")) is Booking.UNAVAILABLE
    assert not book.offered()
    path.rmdir()
    assert book.book(wanted("c1")) is Booking.KEPT
    assert book.offered()


def test_a_file_that_is_away_when_the_engine_starts_is_read_when_it_is_back(
    centre: Centre, make_centre: Callable[..., Centre], path: Path
) -> None:
    centre.keep_callbacks(path).book(wanted("c1"))
    kept = path.rename(path.with_name("elsewhere"))
    path.mkdir()
    new = make_centre()
    book = new.keep_callbacks(path, restored=True)
    assert not book.offered()
    path.rmdir()
    kept.rename(path)
    until(lambda: new.moves("c1") == ["callback_booked", "queued"])
    assert book.offered()


def test_busy_again_and_again_and_then_it_is_closed(centre: Centre, path: Path) -> None:
    centre.citizen = "BUSY"
    book = centre.keep_callbacks(path)
    available(centre)
    book.book(wanted("c1"))
    until(lambda: noted(centre)[-1:] == ["failed"])
    assert noted(centre) == ["booked", "busy", "busy", "busy", "failed"]
    assert centre.dialled == [NUMBER] * 3
    assert centre.agent("1001") == "available/idle"
    until(lambda: open_in(path) == [])


def test_an_agent_who_does_not_answer_costs_no_attempt(centre: Centre, path: Path) -> None:
    book = centre.keep_callbacks(path)
    available(centre, answers=False)
    book.book(wanted("c1"))
    until(lambda: centre.agent("1001") == "not_responding/idle")
    assert centre.dialled == []
    available(centre, "1002")
    until(lambda: centre.moves("c1")[-1] == "connected")
    assert noted(centre) == ["booked", "kept"]


def test_the_agent_hangs_up_while_the_citizen_rings(centre: Centre, path: Path) -> None:
    centre.citizen = "rings"
    book = centre.keep_callbacks(path)
    phone = available(centre)
    book.book(wanted("c1"))
    until(lambda: centre.dialled == [NUMBER])
    centre.dispatcher.ask_presence("1001", Presence.AWAY, "lunch")
    phone.stopped.set()
    until(lambda: noted(centre) == ["booked", "no_answer"])
    assert centre.agent("1001") == "away/idle"
    (kept,) = CallbackStore(path).open_ones()
    assert kept.attempts == 1


def test_who_rings_in_and_is_answered_is_not_called(centre: Centre, path: Path) -> None:
    book = centre.keep_callbacks(path)
    book.book(wanted("c1", slot_at=time.time() + 3600))
    caller = book._identify(NUMBER)
    line = centre.line("c2")
    line.caller = caller
    line.start()
    available(centre)
    until(lambda: noted(centre) == ["booked", "rang_in"])
    assert centre.moves("c1")[-1] == "closed"
    until(lambda: open_in(path) == [])


def test_closed_the_call_backs_wait_for_the_opening(centre: Centre, path: Path) -> None:
    centre.closed_until = time.time() + 3600
    book = centre.keep_callbacks(path)
    available(centre)
    until(lambda: centre.dispatcher._writer.state.closed_until is not None)
    book.book(wanted("c1"))
    until(lambda: centre.moves("c1") == ["callback_booked"])
    centre.closed_until = None
    until(lambda: centre.moves("c1")[-1] == "connected")


def test_a_session_that_the_pbx_finds_late_rings_nobody(centre: Centre, path: Path) -> None:
    book = centre.keep_callbacks(path)
    centre.twin.call_out = lambda contact, reservation: None
    available(centre)
    book.book(wanted("c1"))
    until(lambda: len(centre.twin.called_back) == 1)
    contact, reservation = centre.twin.called_back[0]
    assert centre.dispatcher.take(contact, reservation + 7) is None
    assert centre.dispatcher.take(contact, reservation) is not None
    assert centre.dispatcher.take(contact, reservation) is None


def next_engine(make_centre: Callable[..., Centre], path: Path) -> Centre:
    """Another engine on the same file, before it has read the PBX."""
    centre = make_centre()
    centre.keep_callbacks(path, restored=True)
    return centre


EMPTY = PbxSnapshot((), (), (), {})


def test_engine_killed_with_open_call_backs(centre: Centre, make_centre: Callable[..., Centre], path: Path) -> None:
    book = centre.keep_callbacks(path)
    first = time.time() - 500.0
    book.book(wanted("c1", first_queued_at=first, waited_s=500.0))
    book.book(wanted("c2", "0319099001", slot_at=time.time() + 3600))
    new = next_engine(make_centre, path)
    until(lambda: (new.moves("c1"), new.moves("c2")) == (["callback_booked", "queued"], ["callback_booked"]))
    contact = new.dispatcher._writer.state.contacts["c1"]
    assert contact.first_queued_at == first
    assert contact.waited_s(time.time()) >= 500.0
    assert noted(new) == []
    assert new.book is not None
    assert new.book.open_for(NUMBER) is not None
    available(new)
    until(lambda: new.moves("c1")[-1] == "connected")


def test_engine_killed_while_the_agent_rings(centre: Centre, make_centre: Callable[..., Centre], path: Path) -> None:
    """Whoever answers then hears that nobody is to be dialled; the next engine rings an agent again."""
    book = centre.keep_callbacks(path)
    phone = available(centre, answers=False)
    book.book(wanted("c1"))
    until(lambda: centre.agent("1001") == "available/reserved")
    new = next_engine(make_centre, path)
    assert new.book is not None
    assert new.book.may_dial("c1") is None, "the old engine's session asks the new one"
    until(lambda: new.moves("c1") == ["callback_booked", "queued"])
    assert CallbackStore(path).open_ones()[0].attempts == 0
    phone.stopped.set()


def test_engine_killed_while_the_citizen_rings(centre: Centre, make_centre: Callable[..., Centre], path: Path) -> None:
    """The attempt is on the disk: the citizen is not rung again before its time."""
    centre.citizen = "rings"
    book = centre.keep_callbacks(path)
    available(centre)
    book.book(wanted("c1"))
    until(lambda: centre.dialled == [NUMBER])
    new = next_engine(make_centre, path)
    until(lambda: new.moves("c1") == ["callback_booked"])
    contact = new.dispatcher._writer.state.contacts["c1"]
    assert contact.attempts == 1
    assert contact.due_at > time.time()


def test_engine_killed_in_the_talk_which_ended_before_the_next_one(
    centre: Centre, make_centre: Callable[..., Centre], path: Path
) -> None:
    """The PBX has noted that the citizen answered: kept, and not dialled again."""
    book = centre.keep_callbacks(path)
    centre.citizen = "rings"
    available(centre)
    book.book(wanted("c1"))
    book.book(wanted("c2", "0319099001", slot_at=time.time() + 3600))
    until(lambda: centre.dialled == [NUMBER])
    new = next_engine(make_centre, path)
    assert new.book is not None
    new.book.answered_meanwhile({"c1": time.time(), "c2": time.time(), "somebody": 1.0})
    until(lambda: noted(new) == ["kept"])
    assert new.moves("c1")[-1] == "closed"
    until(lambda: open_in(path) == ["c2"])
