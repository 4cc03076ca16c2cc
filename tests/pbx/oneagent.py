"""A centre with one agent who answers, and as many citizens as a test likes: SIP phones of this process."""

from __future__ import annotations

import json

from calls import Log, wait_heeded
from centre import NUMBER, Centre, wait_for

from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua


class OneAgent:
    """Agent 1001 is registered and available when this has been made. `close` ends all phones."""

    def __init__(self, centre: Centre) -> None:
        self._centre, self._loop = centre, Loop()
        self._loop.start()
        self.phones: list[Ua] = []
        self.agent = self._phone("1001", centre.accounts["1001"]["sip_secret"]).register()
        self.log_in()

    def log_in(self) -> None:
        assert self.agent.call("*11").ended.wait(20)

    def _phone(self, user: str, secret: str = "") -> Ua:
        self.phones.append(Ua(self._loop, user, self._centre.sip, secret))
        return self.phones[-1]

    def citizen(self, number: int) -> Dialog:
        """Calls, chooses Korean and any topic."""
        phone = self._phone(f"010{number:08d}")
        log = Log(self._centre)
        dialog = phone.call(NUMBER)
        assert dialog.answered.wait(20)
        wait_heeded(log, phone.user)
        phone.press(dialog, "10")
        return dialog

    def talk(self) -> Dialog:
        """The agent's side of the one talk."""

        def found() -> list[Dialog]:
            dialogs = self.agent.dialogs.values()
            return [one for one in dialogs if one.cseq >= 100 and one.answered.is_set() and not one.ended.is_set()]

        (dialog,) = wait_for(found, 12)
        return dialog

    def waiting(self) -> int:
        """Citizens who wait, by the engine."""
        lines = json.loads(self._centre.get("/snapshot.json"))["waiting"].values()
        return sum(line["count"] for line in lines)

    def close(self) -> None:
        for phone in self.phones:
            phone.close()
        self._loop.stop()
