"""What `up` tells the person at the terminal when calls are taken. Words only."""

from __future__ import annotations

from dialplan.trunkrules import Trunks
from engine.settings import RunSettings


def words(settings: RunSettings, host: str, trunks: Trunks | None, pages: str | None) -> str:
    """A few lines for the person at the terminal: addresses, accounts, what to press.

    `trunks`: as `up` started; None where an engine joins an Asterisk that runs, whose first `up` has told it.
    """
    where = f"{host}:{settings.sip_port}"
    return (
        "Calls are taken.\n"
        + (_citizen(where, host, trunks) if trunks else "")
        + f"  Agents:   register 1001, 1002, … at {where}; passwords in {settings.state}/agents.csv\n"
        "            *11 available, *12 away, *13 log out\n"
        + "".join(f"  Node {node.name}: the same at {node.bind}:{node.sip_port}\n" for node in settings.others)
        + (f"  Wallboard: {pages}\n" if pages else "")
        + f"  Metrics:  http://127.0.0.1:{settings.http_port}/metrics\n"
        "  Ctrl-C ends it."
    )


def _citizen(where: str, host: str, trunks: Trunks) -> str:
    number = trunks.numbers[0]
    if trunks.lets_in(host):
        said = f"any SIP phone on this machine calls sip:{number}@{where}"
    else:
        names = ", ".join(carrier.name for carrier in trunks.carriers)
        said = f"calls to {number} from {names} (trunks.yaml), and from nowhere else"
    return (
        f"  Citizen:  {said}\n"
        "            keys: 1 Korean, 2 English, 3 Japanese, 4 Chinese; then a topic, or 0 for any agent\n"
    )
