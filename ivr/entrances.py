"""The doors of this room: which script of the PBX's dialplan leads to which session, and the server in front."""

from __future__ import annotations

from collections.abc import Callable

from ivr.features import feature, ping
from ivr.flow import receive, resume
from ivr.server import AgiServer
from ivr.session import Services, Sessions
from ivr.transfer import transferred

# Beyond the callers that the rules admit: agents' codes, callers who hear that all lines are busy.
SPARE_SESSIONS = 128


class Doors:
    """The open doors. `close` sends every caller to the safety net; talks go on in the PBX."""

    def __init__(self, server: AgiServer, sessions: Sessions) -> None:
        self._server = server
        self._sessions = sessions

    @property
    def port(self) -> int:
        """Where the PBX is listened for."""
        return self._server.port

    def callers_now(self) -> int:
        """Callers in sessions: in the menus, waiting, talking. The bound on calls counts these."""
        return self._sessions.callers_now()

    def connections(self) -> int:
        """All sessions, agents' codes too."""
        return self._server.connections()

    def close(self) -> None:
        """No new session, and the end of those that run."""
        self._server.stop()


def open_doors(services: Services, address: tuple[str, int], *, heartbeat: Callable[[], None] = lambda: None) -> Doors:
    """Listen for the PBX at `address` (port 0: any) and serve it. OSError when the address is taken.

    `heartbeat` is called by the accept loop at least every 250 ms.
    """
    sessions = Sessions(
        services,
        callers={"call": receive, "resume": resume, "transfer": transferred},
        agents={"feature": feature, "ping": ping},
    )
    server = AgiServer(
        address, sessions.serve, most_calls=services.rules().max_calls + SPARE_SESSIONS, heartbeat=heartbeat
    )
    server.start()
    return Doors(server, sessions)
