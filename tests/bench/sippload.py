"""SIPp as the city: so many citizens a second, each with a number of their own (`tests/bench/citizen.xml`)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from engine import fetch
from tests.pbx.centre import NUMBER

SCENARIO = Path(__file__).with_name("citizen.xml")
CALL_S = 2.8  # from the INVITE to the caller's BYE, when nothing is late


class Citizens:
    """One run of SIPp. `first` keeps numbers apart over runs."""

    def __init__(self, folder: Path, sip: tuple[str, int], per_s: float, count: int, first: int) -> None:
        numbers = folder / f"numbers-{first}.csv"
        lines = "\n".join(f"010{first + at:08d};" for at in range(count))
        numbers.write_text(f"SEQUENTIAL\n{lines}\n")
        self.count = count
        self._log = folder / f"sipp-{first}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*fetch.program("sipp").argv(), f"{sip[0]}:{sip[1]}", "-sf", str(SCENARIO), "-s", NUMBER,
                 "-inf", str(numbers), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin",
                 "-r", f"{10 * per_s:.0f}", "-rp", "10000", "-m", str(count), "-l", str(10 * count),
                 "-recv_timeout", "8000", "-trace_err", "-error_file", str(folder / f"sipp-{first}.err")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=folder,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Of SIPp."""
        return self._process.pid

    def wait(self, within_s: float) -> bool:
        """Whether every call went as the scenario says. A SIPp that does not end is ended."""
        try:
            return self._process.wait(within_s) == 0
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
