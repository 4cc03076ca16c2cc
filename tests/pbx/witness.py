"""A second pair of eyes on the PBX: its AMI events as they come, whatever the engine does. By itself it writes nothing to the PBX."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from asterisk.ami import Action
from centre import LATE_S, Centre

from acd.ami.client import AmiClient
from acd.ami.packets import Packet


@dataclass(frozen=True, slots=True)
class Seen:
    """One event, and when it came (monotonic seconds, as the phones' events)."""

    at_s: float
    packet: Packet

    def __getitem__(self, header: str) -> str:
        return self.packet.get(header)


class Witness:
    """All events from its start on. A context manager."""

    def __init__(self, centre: Centre) -> None:
        ami = centre.ready["ami"]
        self._seen: list[Seen] = []
        self._news = threading.Condition()
        self._client = AmiClient(ami["host"], ami["port"], ami["user"], ami["secret"], on_packet=self._take)

    def __enter__(self) -> Self:
        self._client.start()
        if not self._client.logged_in.wait(20):
            raise AssertionError("the witness could not log in to AMI")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop()

    def send(self, action: Action) -> None:
        """What a desk would do: send an action with the engine's own rights, and see that Asterisk takes it."""
        answered: list[Packet] = []
        self._client.request(action, callback=answered.append)
        deadline = time.monotonic() + LATE_S
        while not answered and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [one.status.lower() for one in answered] == ["success"]

    def _take(self, packet: Packet) -> None:
        with self._news:
            self._seen.append(Seen(time.monotonic(), packet))
            self._news.notify_all()

    def events(self, name: str, *, after: float = 0.0, **headers: str) -> list[Seen]:
        """Those of this name at or after `after` in which the headers are so."""
        with self._news:
            return [one for one in self._seen if _is(one, name, after, headers)]

    def wait(
        self,
        name: str,
        within_s: float,
        *,
        after: float = 0.0,
        otherwise: Callable[[], str] = lambda: "",
        **headers: str,
    ) -> Seen:
        """The first such event, waited for until `within_s` from now, or as late as the machine may be."""
        deadline = time.monotonic() + within_s + LATE_S
        with self._news:
            while True:
                for one in self._seen:
                    if _is(one, name, after, headers):
                        return one
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    seen = [
                        (round(one.at_s - after, 2), one.packet.name, one["CallerIDNum"])
                        for one in self._seen
                        if one.at_s >= after
                    ]
                    raise AssertionError(
                        f"no {name} {headers} within {within_s:.1f} s; seen {seen[-60:]}\n{otherwise()}"
                    )
                self._news.wait(left_s)

    def uniqueid(self, number: str, *, after: float = 0.0) -> str:
        """The Uniqueid of the latest call of this number: the contact's id."""
        calls = self.events("Newchannel", after=after, CallerIDNum=number)
        return calls[-1]["Uniqueid"]


def _is(one: Seen, name: str, after: float, headers: dict[str, str]) -> bool:
    return one.packet.name == name and one.at_s >= after and all(one[key] == value for key, value in headers.items())
