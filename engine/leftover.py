"""What an `up` that was killed has left behind: its Asterisks, which hold the ports that the next one wants.

They are ended before ports are looked at, with their calls; unless the other of two engines serves with them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine import pbx
from engine.onlyone import only_one
from engine.settings import RunSettings
from engine.standby.places import other_serves, running_on
from engine.up import UpError


def make_way(state: Path, *, external: bool) -> None:
    """Before an `up` on this state; `external`: its Asterisk is somebody else's to start and to end.

    Raises AlreadyRunning when another `up` keeps them, UpError when the other engine serves with them.
    """
    if external:
        return
    try:
        earlier = RunSettings.load(state)
    except FileNotFoundError:
        return
    except ValueError:
        said = "is damaged or of another version: what an earlier `up` on this state may have left is not looked for"
        print(f"{state / 'run.json'} {said}", file=sys.stderr, flush=True)
        return
    if other_serves(earlier):
        raise UpError(
            f"the other engine serves the centre on {state}, and its calls would end with the PBX: "
            "`up --standby` joins it; or end it first"
        )
    with only_one(earlier.lock("up"), running_on(state)):
        ended = [one.node for one in earlier.pbxes if not one.pbx_external and pbx.stop_left_over(one)]
    if ended:
        which = f" ({', '.join(ended)})" if earlier.others else ""
        print(
            f"ended the Asterisk of an earlier `up` on this state that had been killed{which}",
            file=sys.stderr,
            flush=True,
        )
