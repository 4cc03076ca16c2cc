"""A centre with two Asterisks on loopback addresses, as `up --nodes` starts it: pbx1 at 127.0.0.1, pbx2 at 127.0.0.2."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from centre import NUMBER, Centre, wait_for
from tones import heard_by, write_tone

from engine import pbx
from engine.phone import Phone
from engine.settings import RunSettings

SECOND = "pbx2"
NODES = f"nodes:\n- name: {SECOND}\n  bind: 127.0.0.2\n  sip_port: 0\n  ami_port: 0\n"


class TwoNodes:
    """What the tests of two nodes need beside a centre's own words."""

    def __init__(self, centre: Centre, host: str) -> None:
        """`host`: the carrier's address, which citizens call from."""
        self.centre, self.host = centre, host

    @property
    def second(self) -> RunSettings:
        """The second node's settings."""
        return self.centre.settings.pbxes[1]

    @property
    def second_pid(self) -> int:
        return int(self.centre.ready["nodes"][0]["asterisk_pid"])

    def phone(self, node: int, user: str, *, secret: str | None = None, answers: bool = True) -> Phone:
        """A phone at the first (1) or second (2) node; an agent's has no call waiting, as the city's own."""
        sip = self.centre.sip if node == 1 else (self.second.bind, self.second.sip_port)
        address = "127.0.0.1" if secret is not None else self.host
        return Phone(user, sip, secret, answers=answers, address=address, call_waiting=secret is None)

    def agent(self, node: int, extension: str, *, answers: bool = True) -> Phone:
        return self.phone(node, extension, secret=self.centre.accounts[extension]["sip_secret"], answers=answers)

    @contextmanager
    def sounding(self, folder: Path, node: int, who: str) -> Iterator[Phone]:
        """A phone with its own tone (tests/pbx/tones.py) at this node: `citizen`, or an agent's extension."""
        citizen = who == "citizen"
        user, secret = ("01011150001", None) if citizen else (who, self.centre.accounts[who]["sip_secret"])
        sip = self.centre.sip if node == 1 else (self.second.bind, self.second.sip_port)
        place = folder / who
        place.mkdir()
        write_tone(place, who)
        address = self.host if citizen else "127.0.0.1"
        with Phone(user, sip, secret, answers=True, folder=place, address=address) as phone:
            yield phone

    @staticmethod
    def wait_hears(phone: Phone, who: str, within_s: float = 20) -> None:
        """Wait until this tone is what the phone hears."""
        wait_for(lambda: who in heard_by(phone), within_s, lambda: f"{phone.user} hears {heard_by(phone)}, not {who}")

    def channels(self, node: int) -> list[str]:
        lines = pbx.console(self.centre.settings.pbxes[node - 1], "core show channels concise").splitlines()
        return [line.split("!")[0] for line in lines if "!" in line]

    def connected(self, node: str) -> bool:
        return f'acd_ami_connected{{node="{node}"}} 1.0' in self.centre.metrics()

    def kill_second(self) -> int:
        """kill -9; the pid that was killed."""
        pid = self.second_pid
        os.kill(pid, signal.SIGKILL)
        return pid

    def quiet(self, within_s: float = 20) -> None:
        wait_for(
            lambda: not self.channels(1) and not self.channels(2),
            within_s,
            lambda: str(self.channels(1) + self.channels(2)),
        )


def dial_in(citizen: Phone, keys: str = "10") -> float:
    began = citizen.call(NUMBER)
    citizen.wait_talking(20, after=began)
    citizen.keys(keys, gap_s=0.3)
    return began


@contextmanager
def two_nodes(folder: Path, host: str, *words: str) -> Iterator[TwoNodes]:
    file = folder / "nodes.yaml"
    file.write_text(NODES)
    with Centre.start(folder, "--nodes", str(file), "--at", "2026-11-24T10:00", *words) as centre:
        both = TwoNodes(centre, host)
        wait_for(lambda: both.connected(SECOND), 30, centre.said)
        yield both
