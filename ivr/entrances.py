"""The doors of this room: which script of the PBX's dialplan leads to which session, and the server in front."""

from __future__ import annotations

from collections.abc import Callable

from dialplan.limits import AGI_SPARE_SESSIONS
from ivr.abuse import abuse
from ivr.callout import give_number, ring_agent, take_report
from ivr.consult import consult
from ivr.features import feature, ping
from ivr.flow import receive, resume
from ivr.server import AgiServer
from ivr.session import Services, Sessions
from ivr.talkkeys import talk_key
from ivr.transfer import transferred


class Doors(AgiServer):
    """The server with the sessions behind it. `stop` sends every caller to the safety net; talks go on in the PBX."""

    def __init__(self, services: Services, address: tuple[str, int], heartbeat: Callable[[], None]) -> None:
        self._sessions = Sessions(
            services,
            callers={"call": receive, "resume": resume, "transfer": transferred},
            agents={
                "feature": feature,
                "ping": ping,
                "talk": talk_key,
                "consult": consult,
                "abuse": abuse,
                "callback": ring_agent,
                "callback-number": give_number,
                "callback-over": take_report,
            },
        )
        super().__init__(
            address,
            self._sessions.serve,
            most_calls=lambda: services.rules().max_calls + AGI_SPARE_SESSIONS,
            heartbeat=heartbeat,
        )

    def callers_of(self, node: str) -> int:
        """Those whose calls this Asterisk has."""
        return self._sessions.callers_of(node)

    def callers_now(self) -> int:
        """Callers in sessions: in the menus, waiting, talking. `connections` counts agents' codes too."""
        return self._sessions.callers_now()


def open_doors(services: Services, address: tuple[str, int], *, heartbeat: Callable[[], None] = lambda: None) -> Doors:
    """Listen for the PBX at `address` (port 0: any) and serve it. OSError when the address is taken.

    `heartbeat` is called by the accept loop at least every 250 ms.
    """
    doors = Doors(services, address, heartbeat)
    doors.start()
    return doors
