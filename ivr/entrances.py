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


def open_doors(
    services: Services, address: tuple[str, int], *, heartbeat: Callable[[], None] = lambda: None
) -> AgiServer:
    """Listen for the PBX at `address` (port 0: any) and serve it; `AgiServer.stop` ends it. OSError when taken."""
    sessions = Sessions(
        services,
        callers={"call": receive, "resume": resume, "transfer": transferred},
        agents={"feature": feature, "ping": ping},
    )
    server = AgiServer(
        address, sessions.serve, most_calls=services.rules().max_calls + SPARE_SESSIONS, heartbeat=heartbeat
    )
    server.start()
    return server
