"""What `up` tells the person at the terminal when calls are taken. Words only."""

from __future__ import annotations

from engine.settings import RunSettings


def words(settings: RunSettings, host: str, pages: str | None) -> str:
    """A few lines for the person at the terminal: addresses, accounts, what to press."""
    where = f"{host}:{settings.sip_port}"
    return (
        "Calls are taken.\n"
        f"  Citizen:  any SIP phone on this machine calls sip:0319099000@{where}\n"
        "            keys: 1 Korean, 2 English, 3 Japanese, 4 Chinese; then a topic, or 0 for any agent\n"
        f"  Agents:   register 1001, 1002, … at {where}; passwords in {settings.state}/agents.csv\n"
        "            *11 available, *12 away, *13 log out\n"
        + (f"  Wallboard: {pages}\n" if pages else "")
        + f"  Metrics:  http://127.0.0.1:{settings.http_port}/metrics\n"
        "  Ctrl-C ends it."
    )
