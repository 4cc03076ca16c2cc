"""Whether an engine that `up` has started takes calls: its parent asks until it does, and says why not meanwhile.

Of one engine's life. What is done when it does take calls is the parent's.
"""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable

from engine import ready
from engine.settings import RunSettings

SAY_WHY_AFTER_S = 15.0
SOON_S = 0.05
STANDS_BY = "standing by"  # how an engine begins that waits for its turn (engine/standby/)


class Readiness:
    """`is_ready`: calls are taken, and ready.json says so. `did_its_work`: it took calls, or stood by to."""

    def __init__(self, settings: RunSettings, tell: Callable[[], None]) -> None:
        """`tell` writes ready.json: each time calls are taken again."""
        self._settings, self._tell = settings, tell
        self._patient_until = time.monotonic() + SAY_WHY_AFTER_S
        self._stands_by = False
        self.is_ready = self.did_its_work = False

    def look(self) -> float:
        """Ask, unless it is known. Seconds until it should be asked again, at the latest."""
        if self.is_ready and ready.path(self._settings.state).exists():
            return float("inf")
        # Or the other engine's `up` has removed the file: it is told again.
        why_not = self._why_not()
        self.is_ready = why_not is None
        if why_not is None:
            self.did_its_work, self._stands_by = True, False
            self._tell()
            return float("inf")
        if why_not.startswith(STANDS_BY):
            self.did_its_work = True
            if not self._stands_by:
                self._stands_by = True
                print(f"{why_not} (as the {self._settings.place} engine)", file=sys.stderr, flush=True)
            return 5 * SOON_S
        if time.monotonic() > self._patient_until:
            self._patient_until += SAY_WHY_AFTER_S
            print(f"still not ready: {why_not}", file=sys.stderr, flush=True)
        return SOON_S

    def _why_not(self) -> str | None:
        """None when the engine takes calls, else its own words."""
        line = http.client.HTTPConnection("127.0.0.1", self._settings.http_port, timeout=1.0)
        try:
            line.request("GET", "/readyz")
            answer = line.getresponse()
            said = answer.read(1000).decode("utf-8", "replace").strip()
            return None if answer.status == http.HTTPStatus.OK else said or str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            return f"the engine does not answer on port {self._settings.http_port} ({error})"
        finally:
            line.close()
