"""The Korean public holidays as data: a table of every date from 2000 to 2099, from the `holidays` package.

Only a load that has no cached table comes here; the table travels in the Ruleset. Bank holidays are no holidays for
the city, so only the category `public` counts.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from datetime import date
from types import ModuleType
from typing import Any

from dialplan.calendar import FIRST_YEAR, LAST_YEAR

_COUNTRIES = "holidays.countries"


def public_holidays() -> dict[date, str]:
    """Date to Korean name, substitute days and known elections included; several on one day are joined by `; `."""
    table = _south_korea()(years=range(FIRST_YEAR, LAST_YEAR + 1), language="ko", categories=("public",))
    return {day: str(name) for day, name in sorted(table.items()) if FIRST_YEAR <= day.year <= LAST_YEAR}


def _south_korea() -> Any:
    """The calendar's class. Its package imports 250 countries (0.3 s of CPU), so Korea is imported without them."""
    package = importlib.util.find_spec("holidays")
    if _COUNTRIES in sys.modules or package is None or not package.submodule_search_locations:
        return importlib.import_module(f"{_COUNTRIES}.south_korea").SouthKorea
    bare = ModuleType(_COUNTRIES)
    bare.__path__ = [f"{place}/countries" for place in package.submodule_search_locations]
    sys.modules[_COUNTRIES] = bare
    try:
        return importlib.import_module(f"{_COUNTRIES}.south_korea").SouthKorea
    finally:
        del sys.modules[_COUNTRIES]
