"""The Korean public holidays as data: a table of every date from 2000 to 2099, from the `holidays` package.

Importing that package takes a third of a second, so only a load of unknown rules does it; the table travels in the
Ruleset. Bank holidays are no holidays for the city, so only the category `public` counts.
"""

from __future__ import annotations

from datetime import date

from dialplan.calendar import FIRST_YEAR, LAST_YEAR


def public_holidays() -> dict[date, str]:
    """Date to Korean name, substitute days and known elections included; several on one day are joined by `; `."""
    from holidays.countries.south_korea import SouthKorea  # noqa: PLC0415 - a third of a second

    table = SouthKorea(years=range(FIRST_YEAR, LAST_YEAR + 1), language="ko", categories=("public",))  # type: ignore[no-untyped-call]
    return {day: str(name) for day, name in sorted(table.items()) if FIRST_YEAR <= day.year <= LAST_YEAR}
