"""A carrier on a loopback address of its own, and citizens behind it: they call the centre, and are called by it."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import randrange

from calls import Log, agents_of, wait_heeded
from centre import NUMBER, Centre, wait_for

from acd.callbacks.store import CallbackStore, Kept
from acd.lastagents import LastAgents
from acd.port import Booking, CallbackWanted
from dialplan.language import Language
from dialplan.loader import load
from dialplan.queuerules import Requirement
from engine import credentials
from engine.settings import default_rules
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua


def rules_with_carrier(folder: Path, host: str) -> Path:
    """The city's rules with this carrier."""
    rules = folder / "rules"
    shutil.copytree(default_rules(), rules)
    trunks = rules / "trunks.yaml"
    trunks.write_text(trunks.read_text().replace("carriers: []", f'carriers: [{{name: fake, addresses: ["{host}"]}}]'))
    return rules


def some_host() -> str:
    """An address of this machine that nobody else uses."""
    return f"127.77.{randrange(1, 255)}.{randrange(1, 255)}"


@dataclass
class Rung:
    """A call that the carrier got: which number, who was shown, and the call."""

    number: str
    shown: str
    dialog: Dialog
    text: str = field(repr=False)


class Carrier(Ua):
    """Keeps every INVITE it gets."""

    def __init__(self, loop: Loop, centre: Centre, host: str) -> None:
        super().__init__(loop, "carrier", centre.sip, own=(host, 5060))
        self.centre = centre
        self.rung: list[Rung] = []
        self.on_invite = self._keep

    def _keep(self, dialog: Dialog, text: str, now: float) -> None:
        del now
        number = re.match(r"INVITE sip:([^@]+)@", text)
        shown = re.search(r"^From:.*sip:([^@>]+)", text, re.MULTILINE)
        self.rung.append(Rung(number[1] if number else "", shown[1] if shown else "", dialog, text))

    def citizen(self, number: str = "01087654321") -> Dialog:
        """A citizen calls the centre; returns when it has answered, and listens."""
        log = Log(self.centre)
        dialog = self.call(NUMBER, number)
        assert dialog.answered.wait(20), self.centre.said()
        wait_heeded(log, number)
        return dialog

    def wait_rung(self, count: int = 1, within_s: float = 10) -> Rung:
        """The `count`th call that it got."""
        wait_for(lambda: len(self.rung) >= count, within_s, lambda: f"{self.rung}\n{self.centre.said()}")
        return self.rung[count - 1]


def agent(loop: Loop, centre: Centre, extension: str, *, answer_after_s: float | None = 0.1) -> Ua:
    """An agent's phone, registered and available."""
    phone = Ua(loop, extension, centre.sip, centre.accounts[extension]["sip_secret"]).register()
    phone.answer_after_s = answer_after_s
    say(centre, phone, "*11", "available")
    return phone


def say(centre: Centre, phone: Ua, code: str, presence: str) -> None:
    """Dial an agent's code and hang up as soon as it has acted: nobody listens to the confirmation."""
    call = phone.call(code)
    wait_for(lambda: agents_of(centre)[phone.user]["presence"] == presence, 20, lambda: f"{code}\n{centre.said()}")
    assert call.answered.wait(20), centre.said()
    call.hang_up()
    wait_for(lambda: agents_of(centre)[phone.user]["work"] != "other", 20, centre.said)  # that call is over


def book(centre: Centre, contact_id: str, number: str = "01012345678", *, ago_s: float = 0.0, **more: object) -> None:
    """Into the file, as an engine does before it tells the caller; the next engine finds it."""
    rule = load(default_rules()).callback
    assert rule is not None
    caller = LastAgents(credentials.load_or_make(centre.state).ami_secret).caller(number)
    assert caller is not None
    now = time.time()
    wanted = CallbackWanted(
        contact_id, number, Language.KO, "passport", "passport", Requirement(Language.KO, (("passport", 2),)),
        first_queued_at=now - ago_s, waited_s=ago_s,
    )  # fmt: skip
    store = CallbackStore(centre.state / "callbacks.sqlite")
    wanted = replace(wanted, **more)
    kept = Kept(wanted, caller, now - ago_s, wanted.slot_at or now - ago_s)
    assert store.book(kept, replace(rule, per_number_per_day=100)) in (None, Booking.EXISTS)
    store.release()


def close(loop: Loop, *phones: Ua) -> None:
    """All of it."""
    for phone in phones:
        phone.close()
    loop.stop()
