"""`./ringmaster chaos [NAME] [--seed N] [--minutes N | --full] [--json]`: breaks a centre of its own, on purpose.

The programs are tests/chaos/; each is a process of its own with its own Asterisk, engine and phones on free ports.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from engine.commands import arguments, oneorall
from engine.programs import Row, rows_of

MOST_SEED = 2**31 - 1
LEAST_MINUTES, MOST_MINUTES = 0.1, 7 * 24 * 60.0

PROGRAMS = {
    "kill": "kill -9 of the engine under talks, callers who wait, ring, or are in the menus; order over kills",
    "hang": "an engine that is stopped, or whose dispatcher or accept loop is stuck",
    "pbx": "Asterisk killed, alone and with the engine, and stopped for seconds",
    "ami": "AMI cut, half-open, slow, doubled, reordered",
    "flood": "two thousand AMI events a second that are none of the centre's",
    "descriptors": "an engine without descriptors left; AGI connections that say nothing",
    "load": "three times the calls that are admitted, and a kill in the midst of it",
    "storage": "the journal's disk full, locked, its PostgreSQL hung and away, under calls",
    "clock": "clocks set by an hour, hosts in zones with summer time, leap days",
    "soak": "calls without end: failures, memory, descriptors",
    "journal": "a writer killed thousands of times; writes that fail at every point; a corrupted tail",
    "restart": "a new engine's first call with a million facts in the journal",
    "core": "a million simulated contacts, with spoilt events",
}


def run(arguments: Sequence[str]) -> int:
    """Exit 1 when anything was lost, or came later than promised, or a program could not be run."""
    options = _parser().parse_args(arguments)
    rows = oneorall.rows_of_each(options.name, PROGRAMS, lambda name: _try(name, options))
    return oneorall.tell(rows, _line, as_json=options.json)


def _parser() -> argparse.ArgumentParser:
    parser = oneorall.parser(
        "chaos",
        "Break a centre of its own on purpose, and count what was lost.",
        "program",
        PROGRAMS,
        "name, value, unit, bar, pass, detail and more",
    )
    seed = arguments.whole(MOST_SEED)
    parser.add_argument("--seed", type=seed, default=1, metavar="N", help="of the plan of faults, by default 1")
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--minutes", type=arguments.number(LEAST_MINUTES, MOST_MINUTES), metavar="N",
        help="the promises' own counts, for at most this long each",
    )  # fmt: skip
    size.add_argument("--full", action="store_true", help="the promises' own counts, to their end: hours")
    return parser


def _try(name: str, options: argparse.Namespace) -> list[Row]:
    """Its findings; one that failed has a row that says so."""
    words = ["--seed", str(options.seed), "--size", "full" if options.full or options.minutes else "short"]
    if options.minutes:
        words += ["--minutes", str(options.minutes)]
    found = rows_of(f"tests.chaos.{name}", *words)
    if not isinstance(found, int):
        return found
    lost = {"name": name, "value": 1, "unit": "lost", "bar": 0, "pass": False, "program": name, "promise": 0}
    more = {"seed": options.seed, "plan": "", "tried": 0, "lost": 1, "late": 0, "passed": False, "seconds": 0.0}
    return [{**lost, **more, "figures": {}, "detail": f"ended with {found} and no findings"}]


def _line(row: Row) -> str:
    late = f", {row['late']} late" if row["late"] else ""
    promise = f"(promise {row['promise']}, seed {row['seed']})"
    figures = ", ".join(f"{name} {value:g}" for name, value in row["figures"].items())
    told = "; ".join(filter(None, [row["detail"], figures]))
    return f"{row['name']}: {row['lost']} of {row['tried']}{late}  {promise}" + (f"\n     {told}" if told else "")
