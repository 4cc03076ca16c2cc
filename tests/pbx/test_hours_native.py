"""The compiled opening hours in a real Asterisk: a thousand random instants and every boundary ± 1 s of two years.

An Asterisk with nothing but a dialplan runs all instants in one channel, each by shifting CLOCK_OFFSET, and logs what
`[hours]` said. A second that ends between two reads of EPOCH would move the instant, so such a reading is taken again.
"""

import random
import subprocess
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from dialplan import calendar
from dialplan.loader import load
from dialplan.native import compile_native
from dialplan.ruleset import Ruleset
from engine import fetch

pytestmark = pytest.mark.pbx

RULES = Path(__file__).resolve().parents[2] / "dialplan" / "rules"
FIRST, DAYS = date(2026, 11, 24), 731
MODULES = (
    "pbx_config", "app_stack", "app_verbose", "func_strings", "func_logic", "func_global", "bridge_simple",
    "res_clioriginate", "res_timing_timerfd",
)  # fmt: skip
SPECIAL = [
    "hours.weekday=['08:00-12:00', '12:30-19:00']",
    "hours.holidays={add: {2027-01-29: 임시공휴일}, remove: [2026-12-25]}",
    "hours.special_days={2027-03-03: {hours: [], name: 선거일}, 2027-03-06: {hours: ['00:00-24:00']}}",
    "hours.closures=[{day: 2027-03-12, from: '13:00', to: '14:30', reason: 정전}]",
]


def instants(ruleset: Ruleset) -> list[datetime]:
    start = datetime(2026, 11, 24, tzinfo=calendar.SEOUL)
    draw = random.Random(22)
    found = [start + timedelta(seconds=draw.randrange(DAYS * 86_400)) for _ in range(1000)]
    edge = calendar.next_change(ruleset.hours, start)
    while edge is not None and edge < start + timedelta(days=DAYS):
        found += [edge + timedelta(seconds=by) for by in (-1, 0, 1)]
        edge = calendar.next_change(ruleset.hours, edge)
    return found


PROBE = """
[globals]
CLOCK_OFFSET = 0

[ask]
exten => s,1,Set(LOCAL(before)=${EPOCH})
 same => n,Set(CLOCK_OFFSET=$[${ARG1} - ${before}])
 same => n,Gosub(hours,s,1)
 same => n,GotoIf($[${EPOCH} != ${before}]?s,1)
 same => n,Log(NOTICE,hours ${ARG1} ${RM_OPEN})
 same => n,Return()

[probe]
exten => s,1,NoOp()
"""


class Pbx:
    """An Asterisk with a dialplan only, in a folder of its own."""

    def __init__(self, folder: Path, dialplan: str) -> None:
        self.log = folder / "messages"
        asterisk = fetch.program("asterisk")
        modules = next(path.parent for path in asterisk.root.glob("usr/lib/**/asterisk/modules/pbx_config.so"))
        directories = {f"ast{name}dir": folder for name in ("etc", "varlib", "db", "key", "spool", "run", "log")}
        directories |= {"astmoddir": modules, "astdatadir": asterisk.path("usr/share/asterisk")}
        lines = [f"{name} => {path}" for name, path in directories.items()]
        (folder / "asterisk.conf").write_text("\n".join(["[directories]", *lines, "[options]", "verbose = 0", ""]))
        (folder / "modules.conf").write_text(
            "\n".join(["[modules]", "autoload = no", *(f"load = {name}.so" for name in MODULES), ""])
        )
        (folder / "logger.conf").write_text(f"[logfiles]\n{self.log} => notice,warning,error\n")
        (folder / "extensions.conf").write_text(dialplan, encoding="utf-8")
        self._console = [*asterisk.argv(), "-C", str(folder / "asterisk.conf")]
        self._process = subprocess.Popen([*self._console, "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait(self.log.exists, "Asterisk did not start")
        self._wait(lambda: "fully booted" in self.console("core waitfullybooted").lower(), "Asterisk did not start")

    def console(self, command: str) -> str:
        done = subprocess.run([*self._console, "-rx", command], capture_output=True, text=True, check=False, timeout=60)
        return done.stdout

    def wait_for_line(self, line: str, timeout_s: float) -> None:
        self._wait(lambda: line in self.log.read_text(errors="replace"), f"no {line} in the log", timeout_s)

    def _wait(self, condition: object, otherwise: str, timeout_s: float = 60) -> None:
        assert callable(condition)
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert self._process.poll() is None, "Asterisk has ended"
            assert time.monotonic() < deadline, otherwise
            time.sleep(0.1)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


@pytest.fixture(params=["city", "special"])
def ruleset(request: pytest.FixtureRequest) -> Ruleset:
    return load(RULES, SPECIAL if request.param == "special" else ())


@pytest.fixture
def answers(ruleset: Ruleset, tmp_path: Path) -> Iterator[dict[int, bool]]:
    moments = [int(at.timestamp()) for at in instants(ruleset)]
    asked = [f" same => n,Gosub(ask,s,1({moment}))" for moment in moments]
    end = [" same => n,Log(NOTICE,hours end)", " same => n,Hangup()"]
    dialplan = compile_native(ruleset, FIRST, DAYS) + "\n".join([PROBE.rstrip(), *asked, *end, ""])
    pbx = Pbx(tmp_path, dialplan)
    try:
        pbx.console("channel originate Local/s@probe application Wait 60")
        pbx.wait_for_line("hours end", 100)
        found = {}
        for line in pbx.log.read_text(errors="replace").splitlines():
            words = line.split()
            if "hours" in words and words[-1] in {"0", "1"}:
                found[int(words[-2])] = words[-1] == "1"
        assert set(found) == set(moments)
        yield found
    finally:
        pbx.stop()


def test_asterisk_agrees_with_the_rules(ruleset: Ruleset, answers: dict[int, bool]) -> None:
    assert len(answers) > 5000
    for moment, open_there in answers.items():
        at = datetime.fromtimestamp(moment, calendar.SEOUL)
        assert open_there is calendar.is_open(ruleset.hours, at), at
