"""Plays a scenario of tests/scenarios with real phones on a running centre: what its agents and callers do, in its order.

Time is squeezed: an action follows the one before as soon as the centre is quiet, and a talk ends when all actions have
been played. So what is judged is who rings for whom, in which order, and what becomes of each contact and agent; seconds
are the pure engine's to judge. The centre has short rings and wrap-ups (`SETS`).
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from calls import Log, agents_of, wait_quiet
from centre import NUMBER, Centre, wait_for

from dialplan.calendar import SEOUL
from dialplan.dialogue import Asking, begin, press
from dialplan.loader import load
from engine.settings import default_rules
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua
from tests.scenarios.model import Call, Deed, Phone, Scenario

SETS = ("queues.defaults.ring_timeout_s=2", "queues.defaults.wrapup_s=0.2")
QUIET_S, QUIET_WITHIN_S = 0.25, 4.0
LATE_ANSWER_S = 1.2  # of a phone that is answered late: within the ring, after the next action
RINGS_OUT_S = 4.0
JUDGED_WITHIN_S = 20.0
_CODES = {
    "available": "*11",
    "lunch": "*121",
    "away": "*125",
    "offline": "*13",
    "end_wrapup": "*14",
    "extend_wrapup": "*15",
}
_numbers = itertools.count(1)


def why_pure(scenario: Scenario) -> str | None:
    """Why real phones do not play it; None: they do."""
    plain = Scenario(name="plain")
    phones = {phone.phone for phone in scenario.phones()}
    deeds = {deed.what for deed in scenario.deeds}
    if scenario.only:
        return scenario.only
    if scenario.at != plain.at:
        return "another hour: test_call_hours.py, test_hours_native.py play some"
    if scenario.set:
        return "other rules than those of the centre that all of these share"
    if scenario.until_s != plain.until_s:
        return "it is about what is so at one second"
    if phones & {"echo"}:
        return "a phone that is late in hanging up: test_ringing.py has the moment to the millisecond"
    if deeds & {"own_call", "own_call_ends"}:
        return "test_call_endings.py plays a call of the agent's own"
    if deeds & {"unplug", "plug"}:
        return "test_agents.py plays phones that are gone and come back"
    if deeds & {"hold", "unhold", "pass_to", "extend_wrapup"}:
        return "test_call_hold.py, test_call_transfer.py and test_call_codes.py play it"
    if not scenario.agents and not scenario.deeds and not side_by_side(scenario):
        return "a caller alone: test_call_flow.py, test_call_endings.py"
    return None


def side_by_side(scenario: Scenario) -> bool:
    """Whether it is one caller's way through the menus, which is played among all of them at once (test_scenarios.py)."""
    told = [call for call in scenario.calls if call.record and (call.record.language or call.record.topic)]
    return not scenario.deeds and len(scenario.calls) == 1 and bool(told)


def typed_to_the_end(call: Call) -> bool:
    """Whether its keys alone lead to a queue: others wait for greetings and questions to end."""
    rules = load(default_rules())
    now = Scenario(name="plain").at.replace(tzinfo=SEOUL)
    dialogue = begin(rules)
    for key in call.keys:
        if dialogue.asking is Asking.DONE:
            break
        dialogue = press(rules, dialogue, key, now)
    return dialogue.asking is Asking.DONE


class Stage:
    """One scenario on one centre."""

    def __init__(self, centre: Centre, loop: Loop, scenario: Scenario) -> None:
        self._centre, self._loop, self._scenario = centre, loop, scenario
        self._log = Log(centre)
        self._agents: dict[str, Ua] = {}
        self._citizens: dict[str, tuple[Ua, Dialog]] = {}
        self._contact: dict[str, str] = {}  # call -> contact

    def play(self) -> None:
        """All of it; AssertionError with everything that is not as the scenario says."""
        try:
            for phone in self._scenario.phones():
                self._enters(phone)
            self._log = Log(self._centre)
            for at_s, act, following_s in self._actions():
                act()
                self._settle(following_s - at_s)
            self._ends_well()
        finally:
            self._goes_home()

    # -- what is done

    def _actions(self) -> list[tuple[float, Callable[[], None], float]]:
        """When, what, and when the next one is."""
        acts: list[tuple[float, int, Callable[[], None]]] = []
        for call in self._scenario.calls:
            acts.append((call.at_s, len(acts), lambda call=call: self._dials_in(call)))
            if call.hangs_up_s is not None:
                acts.append((call.hangs_up_s, len(acts), lambda call=call: self._hangs_up(call.id)))
        for deed in self._scenario.deeds:
            acts.append((deed.at_s, len(acts), lambda deed=deed: self._does(deed)))
        acts.sort(key=lambda one: one[:2])
        times = [one[0] for one in acts]
        return [(at_s, act, times[min(n + 1, len(acts) - 1)]) for n, (at_s, _, act) in enumerate(acts)]

    def _enters(self, phone: Phone) -> None:
        secret = self._centre.accounts[phone.id]["sip_secret"]
        ua = self._agents[phone.id] = Ua(self._loop, phone.id, self._centre.sip, secret).register()
        late = phone.after_s > 2.0
        ua.answer_after_s = None if phone.phone != "answers" else LATE_ANSWER_S if late else 0.1
        ua.reject_with = {"busy": "486 Busy Here", "declines": "603 Decline"}.get(phone.phone)
        if phone.logged_in:
            self._code(phone.id, "*11", "available")
        ua.dead = phone.phone == "dead"

    def _code(self, agent: str, code: str, presence: str | None = None) -> None:
        """Dial it, and hang up when it has acted: nobody listens to the confirmation."""
        log = Log(self._centre)
        dialog = self._agents[agent].call(code)
        log.wait("feature.done", 8, agent=agent)
        if not dialog.ended.is_set():
            dialog.hang_up()
        if presence is not None:
            wait_for(lambda: self._state(agent) == f"{presence}/idle", 5, self._centre.said)

    def _dials_in(self, call: Call) -> None:
        number = f"0108{next(_numbers):07d}"
        ua, log = Ua(self._loop, number, self._centre.sip), Log(self._centre)
        dialog = ua.call(NUMBER)
        self._citizens[call.id] = (ua, dialog)
        assert dialog.answered.wait(20), f"{call.id} was not answered: {dialog.status}"
        began = log.wait("call.began", 5)
        self._contact[call.id] = began["call_id"]
        time.sleep(0.25)  # nobody presses a key sooner
        ua.press(dialog, call.keys, gap_s=0.1)

    def _hangs_up(self, call: str) -> None:
        _, dialog = self._citizens[call]
        if not dialog.ended.is_set():
            dialog.hang_up()

    def _does(self, deed: Deed) -> None:
        if deed.what in _CODES:
            assert deed.agent
            self._code(deed.agent, _CODES[deed.what])
        elif deed.what == "hang_up" and deed.caller:
            self._hangs_up(deed.caller)
        elif deed.what == "hang_up":
            assert deed.agent
            self._talk_of(deed.agent).hang_up()
        elif deed.what == "press":
            ua, dialog = self._citizens[deed.caller or ""]
            ua.press(dialog, deed.keys, gap_s=0.25)
        elif deed.what == "kill_engine":
            self._killed = self._centre.kill_engine()
        elif deed.what == "engine_returns":
            self._centre.wait_ready(20, not_pid=self._killed)
        elif deed.what == "engine_restarts":
            self._centre.wait_ready(20, not_pid=self._centre.kill_engine())
        else:
            raise AssertionError(deed.what)

    def _talk_of(self, agent: str) -> Dialog:
        dialogs = self._agents[agent].dialogs.values()
        return next(one for one in dialogs if one.cseq >= 100 and one.answered.is_set() and not one.ended.is_set())

    def _settle(self, until_next_s: float) -> None:
        """Until nothing more happens; through the rings that run, when the scenario waits that long."""
        if until_next_s >= 10.0:
            deadline = time.monotonic() + RINGS_OUT_S
            while any(self._state(one).endswith("/reserved") for one in self._agents) and time.monotonic() < deadline:
                time.sleep(0.05)
        deadline, size, quiet_since = time.monotonic() + QUIET_WITHIN_S, -1, time.monotonic()
        while time.monotonic() < deadline and time.monotonic() - quiet_since < QUIET_S:
            if (now := self._centre.log.stat().st_size) != size:
                size, quiet_since = now, time.monotonic()
            time.sleep(0.03)

    # -- how it ends

    def _ends_well(self) -> None:
        """Talks end one after the other; then all must be as it is written."""
        deadline = time.monotonic() + JUDGED_WITHIN_S
        while True:
            for call in self._scenario.calls:
                moves = self._moves(call.id)
                if moves and moves[-1]["new"] == "connected":
                    self._hangs_up(call.id)
            wrong = self._wrong()
            if not wrong:
                return
            if time.monotonic() > deadline:
                raise AssertionError(json.dumps(wrong, ensure_ascii=False, indent=1) + "\n" + self._centre.said(60))
            time.sleep(0.1)

    def _wrong(self) -> list[str]:
        wrong: list[str] = []

        def must(what: str, is_so: Any, wanted: Any) -> None:
            if wanted is not None and is_so != wanted:
                wrong.append(f"{what}: {is_so!r}, not {wanted!r}")

        for call in self._scenario.calls:
            moves, wanted = self._moves(call.id), call.record
            must(f"{call.id} rings", self._rings(call.id), call.rings)
            if wanted is None:
                must(f"{call.id} contacts", len(moves), 0)
                continue
            way = [move["new"] for move in moves]
            must(f"{call.id} way", way, wanted.way)
            for what in ("language", "topic", "queue"):
                must(f"{call.id} {what}", moves[-1][what] if moves else None, getattr(wanted, what))
            must(f"{call.id} ended", way[-1] if way else None, wanted.ended)
            must(f"{call.id} detail", moves[-1]["detail"] if moves else None, wanted.detail)
            agents = [move["agent_id"] for move in moves if move["agent_id"]]
            must(f"{call.id} agent", agents[-1] if agents else None, wanted.agent)
        for agent, state in self._scenario.states.items():
            must(f"agent {agent}", self._state(agent), state)
        return wrong

    def _moves(self, call: str) -> list[dict[str, Any]]:
        return self._log.lines("contact.moved", contact_id=self._contact[call])

    def _rings(self, call: str) -> list[str]:
        return [line["agent_id"] for line in self._log.lines("contact.matched", contact_id=self._contact[call])]

    def _state(self, agent: str) -> str:
        one = agents_of(self._centre)[agent]
        return f"{one['presence']}/{one['work']}"

    def _goes_home(self) -> None:
        for call in self._citizens:
            self._hangs_up(call)
        for ua, _ in self._citizens.values():
            ua.close()
        wait_quiet(self._centre, 12)
        for agent, ua in self._agents.items():
            with closing(ua):
                ua.dead, ua.reject_with = False, None
                if not self._state(agent).startswith("offline"):
                    self._code(agent, "*13")
                    wait_for(lambda agent=agent: self._state(agent) == "offline/idle", 8, self._centre.said)
        wait_quiet(self._centre, 12)


def start(folder: Path) -> Centre:
    """The centre that all scenarios share."""
    sets = (word for one in SETS for word in ("--set", one))
    return Centre.start(folder, "--at", "2026-11-24T10:00", *sets)
