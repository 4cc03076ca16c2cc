"""Nothing but the directory is ever dialled for a citizen: 10,000 numbers, typed, sent by AMI or by an agent's phone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from dialplan import numbers
from dialplan.directory import Target, endpoints, look_up
from dialplan.loader import load

CITY = load(Path(__file__).parents[2] / "dialplan" / "rules")
KNOWN = {*CITY.agents, *CITY.directory.officials, *CITY.directory.queues}
SEOUL = ZoneInfo("Asia/Seoul")

digits = st.text("0123456789*#+", max_size=15)
near = st.sampled_from(sorted(KNOWN)).flatmap(
    lambda one: st.sampled_from([one, f"0{one}", f"{one}0", f"{one}#", one[:3]])
)
dear = st.sampled_from(["060", "00", "0082", "+82", "15", "080", "050", "112", "0319099000", "01012345678"])
typed = st.one_of(digits, near, dear, st.text(max_size=12), st.builds(lambda start, rest: start + rest, dear, digits))
FIRST, LAST = datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-12-31")
moments = st.datetimes(FIRST, LAST, timezones=st.just(SEOUL))


@settings(max_examples=200, deadline=None)
@given(st.lists(typed, min_size=50, max_size=50), st.sampled_from(sorted(CITY.agents)), moments, st.booleans())
def test_only_what_the_directory_names_is_a_target(tried: list[str], by: str, at: datetime, blind: bool) -> None:
    for number in tried:
        found = look_up(CITY, number, by, at, blind=blind)
        if not isinstance(found, Target):
            continue
        assert number in KNOWN
        assert number != by
        assert sum(one is not None for one in (found.agent, found.official, found.queue)) == 1
        if found.queue is None:
            assert endpoints(CITY, found) == (f"PJSIP/{number}",)
        if found.official is not None and found.official.number is not None:
            assert numbers.check(found.official.number, CITY.trunks.numbers).allowed
