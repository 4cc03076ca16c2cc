"""What `staffing` answers, as a table and as JSON. Rates are fractions (0-1), times seconds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dialplan.language import Language
from engine.staffing.check import Played
from engine.staffing.need import HourNeed, Target
from engine.staffing.shifts import Shift


@dataclass(frozen=True, slots=True)
class Answer:
    """All that the command tells."""

    source: str
    target: Target
    hours: list[HourNeed]
    shifts: list[Shift]
    grown: list[Shift]
    played: Played | None  # with `grown`
    fewer: Played | None  # with one agent less


def as_text(answer: Answer) -> Iterator[str]:
    """Hours, shifts, and the played day."""
    target = answer.target
    yield (
        f"Target: {target.share:.0%} answered within {target.threshold_s:g} s (short_excluded); "
        f"AHT {target.aht_s:.0f} s, patience {target.patience_s:.0f} s; calls from {answer.source}"
    )
    foreign = [language for language in Language if language is not Language.KO]
    heads = "".join(f" {language.value:>4}" for language in foreign)
    yield ""
    yield f"hour     calls  agents{heads}  occupancy     SL   lost | one fewer:     SL   lost  ASA s"
    for one in answer.hours:
        yield _hour_line(one, target, foreign)
    if not answer.shifts:
        yield "Nobody calls."
        return
    yield ""
    yield "team   shift          agents" + heads + ("   played with" if answer.played else "")
    for number, (shift, more) in enumerate(zip(answer.shifts, answer.grown, strict=True), 1):
        spoken = "".join(f" {shift.speakers.get(language, 0):>4}" for language in foreign)
        line = f"{number:<6} {shift.begins:02d}:00-{shift.ends:02d}:00 {shift.agents:>9}{spoken}"
        yield line + (f" {more.agents:>13}" if answer.played else "")
    yield f"in all {sum(shift.agents for shift in answer.shifts):>21}"
    yield from _played_lines(answer)


def _hour_line(one: HourNeed, target: Target, foreign: Sequence[Language]) -> str:
    whole, fewer = one.whole, one.with_fewer()
    spoken = "".join(f" {one.speakers.get(language, 0):>4}" for language in foreign)
    line = f"{one.hour:02d}-{one.hour + 1:02d} {one.calls:>8.1f} {one.agents:>7}{spoken}"
    if whole is None:
        return line
    level: Callable[..., float] = lambda it: it.service_level(target.threshold_s, target.short_abandon_s)  # noqa: E731
    line += f"  {whole.occupancy:>9.1%} {level(whole):>6.1%} {whole.abandons:>6.1%} |"
    if fewer is None:
        return line + "            nobody is left"
    return line + f"            {level(fewer):>6.1%} {fewer.abandons:>6.1%} {fewer.asa_s:>6.1f}"


def _played_lines(answer: Answer) -> Iterator[str]:
    played, fewer = answer.played, answer.fewer
    if played is None or fewer is None:
        return
    more = played.agents - sum(shift.agents for shift in answer.shifts)
    yield ""
    yield (
        f"Played with the rules' skills and languages: {played.agents} agents reach {played.service_level or 0:.1%}"
        + (f" ({more} more than one pool would need)." if more > 0 else ".")
    )
    lost, rate = played.day.total.counts.abandoned, played.day.total
    lost_fewer, rate_fewer = fewer.day.total.counts.abandoned, fewer.day.total
    yield (
        f"One agent fewer: {fewer.service_level or 0:.1%}, {lost_fewer - lost:+d} callers hang up "
        f"({lost} to {lost_fewer}), mean wait {rate.asa_s or 0:.1f} to {rate_fewer.asa_s or 0:.1f} s."
    )


def as_json(answer: Answer) -> dict[str, object]:
    """Rates are fractions (0-1), times seconds."""
    target = answer.target
    return {
        "source": answer.source,
        "target": {
            "share": target.share,
            "threshold_s": target.threshold_s,
            "variant": "short_excluded",
            "aht_s": round(target.aht_s, 3),
            "patience_s": round(target.patience_s, 3),
        },
        "hours": [_hour_json(one, target) for one in answer.hours],
        "shifts": [_shift_json(shift) for shift in answer.shifts],
        "agents": sum(shift.agents for shift in answer.shifts),
        "played": _played_json(answer.played, answer.grown),
        "one_agent_fewer": _played_json(answer.fewer, None),
    }


def _hour_json(one: HourNeed, target: Target) -> dict[str, object]:
    whole, fewer = one.whole, one.with_fewer()
    found: dict[str, object] = {
        "hour": one.hour,
        "calls": round(one.calls, 3),
        "agents": one.agents,
        "by_language": {language.value: count for language, count in one.speakers.items()},
    }
    for name, queue in (("with", whole), ("one_fewer", fewer)):
        found[name] = queue and {
            "service_level": round(queue.service_level(target.threshold_s, target.short_abandon_s), 6),
            "abandoned": round(queue.abandons, 6),
            "asa_s": round(queue.asa_s, 3),
            "occupancy": round(queue.occupancy, 6),
            "lost_calls": round(queue.abandons * one.calls, 3),
        }
    return found


def _shift_json(shift: Shift) -> dict[str, object]:
    spoken = {language.value: count for language, count in shift.speakers.items()}
    return {"begins": shift.begins, "ends": shift.ends, "agents": shift.agents, "by_language": spoken}


def _played_json(played: Played | None, shifts: Sequence[Shift] | None) -> dict[str, object] | None:
    if played is None:
        return None
    total = played.day.total
    return {
        "agents": played.agents,
        "service_level": None if played.service_level is None else round(played.service_level, 6),
        "answer_rate": None if total.answer_rate is None else round(total.answer_rate, 6),
        "abandoned": total.counts.abandoned,
        "asa_s": None if total.asa_s is None else round(total.asa_s, 3),
        **({} if shifts is None else {"shifts": [_shift_json(shift) for shift in shifts]}),
    }
