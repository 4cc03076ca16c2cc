"""What the rules say of many calls of one number: under what a call is counted, how many are let in, and why.

Pure. The live session counts with it (`ivr.flood`), and `explain` tells it; how many there are now is not known here.
"""

from __future__ import annotations

import re

from dialplan.numbers import normalise
from dialplan.reasons import Reason, Why, reason
from dialplan.trunkrules import FloodRule, Trunks

WITHHELD = ""
REMEDY = "flood: {calls_per_number: 20, withheld: 120}"  # for rules of trunks.yaml that have none
_DIGITS_LEAST = 7  # fewer is a withheld number, or none
_FOREIGN = re.compile(r"\+[0-9]{7,15}", re.ASCII)


def caller_of(number: str) -> str:
    """Under what a call is counted: the national digits, or the foreign ones; WITHHELD for a number that is none."""
    foreign = re.sub(r"[ ().-]", "", number.strip()[:40])
    digits = normalise(number) or (foreign if _FOREIGN.fullmatch(foreign) else "")
    return digits if len(digits) >= _DIGITS_LEAST else WITHHELD


def bound(trunks: Trunks, caller: str) -> FloodRule | None:
    """The rule that holds for this caller (of `caller_of`); None: its calls are not counted."""
    rule = trunks.flood
    if rule is None or rule.exempts(caller) or caller in trunks.numbers:
        return None
    if not trunks.carriers and not rule.development:
        return None
    return None if caller == WITHHELD and rule.withheld is None else rule


def reasons(trunks: Trunks, number: str | None) -> tuple[Reason, ...]:
    """The bound for a call of this number; nothing where there is none, or no number is known."""
    if trunks.flood is None or number is None:
        return ()
    if not trunks.carriers and not trunks.flood.development:
        return (reason(trunks.flood.source, Why.FLOOD_DEVELOPMENT),)
    caller = caller_of(number)
    rule = bound(trunks, caller)
    if rule is None:
        return () if caller == WITHHELD else (reason(trunks.flood.source, Why.FLOOD_EXEMPT),)
    per_s = f"{rule.per_s:g}"
    if caller == WITHHELD:
        return (reason(rule.source, Why.FLOOD_WITHHELD, calls=rule.withheld, per_s=per_s),)
    return (reason(rule.source, Why.FLOOD, calls=rule.calls_per_number, per_s=per_s, at_once=rule.at_once),)
