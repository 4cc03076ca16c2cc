"""One Asterisk with the centre's own configuration and no engine: it answers citizens by itself, in the safety net."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from dialplan.ruleset import Ruleset
from engine import credentials, fetch, pbx, pbxconfig
from engine.commands.explain import parse_at
from engine.settings import RunSettings, default_rules, default_sounds, free_port, run_dir_for
from tests.pbx.centre import wait_for

SOON_S = 20.0


class Node:
    """One Asterisk with the centre's own configuration."""

    def __init__(self, folder: Path, rules: Ruleset, taken: set[int]) -> None:
        ports = {name: free_port(taken) for name in ("sip_port", "http_port", "ami_port", "agi_port")}
        at = parse_at("2026-11-24T10:00").timestamp()
        self.settings = RunSettings(
            state=folder, rules=default_rules(), sounds=default_sounds(), bind="127.0.0.1", **ports,
            rtp_start=10000, rtp_end=19999, run_dir=run_dir_for(folder), clock_offset_s=at - time.time(),
        )  # fmt: skip
        asterisk = fetch.program("asterisk")
        secrets = credentials.load_or_make(folder, pbxconfig.accounts(rules))
        pbxconfig.render(self.settings, rules, secrets, asterisk)
        self.pbx = pbx.Pbx(self.settings, asterisk)

    @property
    def sip(self) -> tuple[str, int]:
        return self.settings.bind, self.settings.sip_port

    def kill(self) -> None:
        os.kill(self.pbx.pid, signal.SIGKILL)
        wait_for(lambda: self.pbx.ended() is not None, SOON_S)

    def channels(self) -> int:
        return sum("!" in line for line in pbx.console(self.settings, "core show channels concise").splitlines())
