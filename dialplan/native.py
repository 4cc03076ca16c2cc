"""Compiles the opening hours to an Asterisk include, so that they hold when the engine is dead.

Context `[hours]`, extension `s`: sets RM_OPEN to 1 or 0 and returns (call it with Gosub). Pure text; judged by a small
evaluator in the unit tests and by a real Asterisk in `tests/pbx`, both against `dialplan.calendar`.

Ways that were tried elsewhere and misfire: `GotoIfTime` is still open half a minute after closing, and an unknown zone
silently becomes UTC (tzdata must be installed). So the local date is the extension that is gone to, and the minute of
the day is a number, compared half-open. Nothing of a caller's is read.

CLOCK_OFFSET is a global of whole seconds, 0 unless `up --at` shifted the clock.
"""

from __future__ import annotations

from datetime import date, time, timedelta

from dialplan import calendar
from dialplan.hourrules import Hours, Interval
from dialplan.ruleset import Ruleset

DAYS_AHEAD = 430  # at least 400 days, with a month in which nobody reloads the rules
_ZONE = "Asia/Seoul"


def compile_native(ruleset: Ruleset, first_day: date, days: int = DAYS_AHEAD) -> str:
    """The include file's text, right for every moment of `days` days from `first_day`.

    After that the weekly pattern still holds, without holidays. ValueError for fewer than one day.
    """
    if days < 1:
        raise ValueError("a native calendar has at least one day")
    hours = ruleset.hours
    lines = [
        "; Opening hours, compiled from dialplan/rules/hours.yaml. Do not edit: rewritten at every start and reload.",
        f"; Rules {ruleset.digest[:12]}, days that differ from {first_day} for {days} days.",
        "[hours]",
        "exten => s,1,Set(LOCAL(rm_epoch)=$[${EPOCH} + ${CLOCK_OFFSET}])",
        f" same => n,Set(LOCAL(rm_minute)=$[{_local('%H')} * 60 + {_local('%M')}])",
        *_saturday(hours),
        f" same => n,GotoIf($[{_local('%u')} > 5]?w{_local('%Y%m%d')},1:d{_local('%Y%m%d')},1)",
        "; w is a weekend, d another day. A date of its own wins over the patterns.",
        *_extension("_dXXXXXXXX", hours.weekday, ""),
        *_extension("_wXXXXXXXX", hours.day_off, ""),
        *(_extension("_aXXXXXXXX", hours.saturday, "") if hours.saturday is not None else ()),
    ]
    for ahead in range(days):
        day = first_day + timedelta(days=ahead)
        if day.year > calendar.LAST_YEAR:
            break
        kind, name = calendar.day_kind(hours, day)
        stretches = calendar.intervals(hours, day)
        usual, week = hours.weekday, "d"
        if day.weekday() == 5 and hours.saturday is not None:
            usual, week = hours.saturday, "a"
        elif day.weekday() >= 5:
            usual, week = hours.day_off, "w"
        if stretches != usual:
            lines += _extension(f"{week}{day:%Y%m%d}", stretches, name or kind.value)
    return "\n".join(lines) + "\n"


def _saturday(hours: Hours) -> list[str]:
    """Saturdays with hours of their own go first, to a pattern of their own."""
    if hours.saturday is None:
        return []
    day = _local("%u")
    return [f" same => n,GotoIf($[{day} > 5 & {day} < 7]?a{_local('%Y%m%d')},1)"]


def _local(pattern: str) -> str:
    return f"${{STRFTIME(${{rm_epoch}},{_ZONE},{pattern})}}"


def _extension(name: str, stretches: tuple[Interval, ...], why: str) -> list[str]:
    """`Set(RM_OPEN=1)` when the minute lies in one of the stretches; then Return."""
    comment = f" ; {_comment(why)}" if why else ""
    tests = " | ".join(
        f"(${{rm_minute}} >= {start} & ${{rm_minute}} < {end})" for start, end in map(_minutes, stretches)
    )
    first = f"Set(RM_OPEN=$[{tests}])" if tests else "Set(RM_OPEN=0)"
    return [f"exten => {name},1,{first}{comment}", " same => n,Return()"]


def _minutes(stretch: Interval) -> tuple[int, int]:
    end = stretch.closes.hour * 60 + stretch.closes.minute
    return stretch.opens.hour * 60 + stretch.opens.minute, end if stretch.closes != time(0) else 24 * 60


def _comment(text: str) -> str:
    """A holiday's name as a comment of one line; `;--` would begin a comment of many lines."""
    return " ".join(text.replace(";", ",").replace("--", "-").split())
