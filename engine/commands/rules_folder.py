"""Where the rules and their cache are, for the commands that read them. Standard library only: it must import fast."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
CITY_RULES = CHECKOUT / "dialplan" / "rules"


def cache_folder() -> Path:
    """The folder of checked rules below RINGMASTER_HOME, by default `.ringmaster/` in the checkout."""
    return Path(os.environ.get("RINGMASTER_HOME") or CHECKOUT / ".ringmaster") / "cache"
