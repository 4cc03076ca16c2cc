"""The further Asterisks of a centre (`up --nodes`), kept running beside the first one. `up` asks at every pause.

One that dies is started again; one that dies again and again is left alone, and the others take its calls.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

from dialplan.ruleset import Ruleset
from engine import fetch, pbx, pbxconfig, ready
from engine.credentials import Credentials
from engine.keptpbx import KeptPbx
from engine.settings import RunSettings


class OtherNodes:
    """Those of one state folder; without any, nothing is done."""

    def __init__(self, settings: RunSettings) -> None:
        self._nodes = settings.pbxes[1:]
        self._state = settings.state
        self._kept: dict[str, KeptPbx] = {}

    def __bool__(self) -> bool:
        return bool(self._nodes)

    def start(
        self,
        ruleset: Ruleset,
        secrets: Credentials,
        asterisk: fetch.Program | None,
        pause: Callable[[float], None],
    ) -> None:
        """Write their files and start them. Who is somebody else's to start is not waited for. Raises PbxError.

        Those that are not ours to start (without an `asterisk` of ours: all) run perhaps already, with callers in
        their queues: the order of those is not begun anew, and only what follows from the rules is written.
        """
        for one in self._nodes:
            program = None if one.pbx_external else asterisk
            if program is not None or not (pbxconfig.etc_dir(one) / "asterisk.conf").exists():
                pbxconfig.render(one, ruleset, secrets, program)
            else:
                pbxconfig.write_rules(one, ruleset, secrets)
            if program is None:
                continue
            _say(f"starting node {one.node}")
            kept = self._kept[one.node] = KeptPbx(one, program, restart=True)
            kept.start(pause)

    def look_after(self, pause: Callable[[float], None]) -> bool:
        """Start again what has died. Whether there was anything."""
        found = False
        for name, kept in list(self._kept.items()):
            try:
                if not kept.has_died():
                    continue
                _say(f"node {name} has died; starting it again")
                kept.revive(pause)
            except pbx.PbxError as error:
                _say(f"node {name} is given up until the next `up`: {error}")
                self._kept.pop(name, None)
            found = True
        return found

    def addresses(self) -> tuple[ready.NodeAddress, ...]:
        """For ready.json."""
        return tuple(
            ready.NodeAddress(
                name=one.node,
                sip=ready.Address(host=one.bind, port=one.sip_port),
                asterisk_pid=self._kept[one.node].pid if one.node in self._kept else pbx.running_pid(one),
            )
            for one in self._nodes
        )

    def stop(self) -> None:
        """End them: calls are hung up."""
        for kept in self._kept.values():
            kept.stop()
        for one in self._nodes:
            if one.node in self._kept and self._state not in one.run_dir.parents:
                shutil.rmtree(one.run_dir, ignore_errors=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
