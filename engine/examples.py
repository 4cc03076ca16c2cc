"""What each command is good for, as examples: the end of its `--help`. A test holds their options against the help."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "up": (
        ("up --demo", "43 simulated agents, callers, and a live wallboard"),
        ("up --bind 192.0.2.10", "for phones and carriers on the network"),
        ("up --at 2026-12-25T10:00 --set queues.defaults.wrapup_s=0", "Christmas morning, without wrap-up"),
        ("up --engine-only", "only an engine, for the Asterisk that runs already"),
        ("up --nodes nodes.yaml", "with the further Asterisks that the file names"),
        ("up --standby", "a second engine, which waits until the first is lost"),
    ),
    "call": (
        ("call --press 1,3 --at-agent 1001", "Korean, passports; agent 1001's phone answers"),
        ("call --from 01012345678 --json", "one call told as data"),
    ),
    "watch": (("watch", "until Ctrl-C"), ("watch --once", "one frame")),
    "capacity": (
        ("capacity", "from 100 to 100,000 calls"),
        ("capacity --calls 5000 --talk-s 240 --cores 32 --json", "a size of your own, as data"),
    ),
    "edge": (("edge --bind 192.0.2.9 --port 5060", "for carriers on the network"),),
    "wallboard": (("wallboard --port 8080", "the pages of the running centre, at another port"),),
    "draw": (
        ("draw --out rules.svg", "the rules, from the number to the teams"),
        ("draw --at 2026-11-24T10:00 --press 2,4 --out call.svg", "with one call's way lit up"),
        ("draw --calendar 2027 --out hours.svg", "a year's opening hours at a glance"),
    ),
    "report": (
        ("report --day yesterday --by hour", "a table for each hour"),
        ("report --month 2026-11 --pdf november.pdf", "all tables and plots, for the mayor's desk"),
        ("report --week today --csv - --by agent", "for a spreadsheet, to stdout"),
    ),
    "validate": (
        ("validate", "the city's own rules"),
        ("validate --rules /tmp/new-rules --set queues.defaults.wrapup_s=0", "others, with one value changed"),
    ),
    "diff": (
        ("diff HEAD dialplan/rules", "what is not committed yet, in words"),
        ("diff .ringmaster/state/rules", "what the running centre does not follow yet"),
    ),
    "schema": (("schema --out .schema", "a file for each rules file; docs/rules.md shows an editor use them"),),
    "explain": (
        ("explain --at 2026-12-25T08:30", "Christmas, half an hour before opening"),
        ("explain --at 2027-01-29T17:30 --language en --press 3 --json", "a call in English, as data"),
    ),
    "simulate": (
        ("simulate", "a working day of 2,200 calls under these rules"),
        ("simulate --agents 12 --seed 7 --json", "as bad as twelve agents must be"),
    ),
    "staffing": (
        ("staffing --calls 2600", "a busier day of the city's mix"),
        ("staffing --from-journal --target 0.97 --json", "by the journal's past days of that kind, as data"),
    ),
    "replay": (
        ("replay 2026-11-24", "that day's journal through the present core and rules"),
        ("replay day.jsonl --rules /tmp/new-rules", "a golden journal through other rules"),
    ),
    "show": (
        ("show", "the latest contacts"),
        ("show --agents", "what each agent did today"),
    ),
    "reload": (("reload", "the running centre follows the changed rules"),),
    "prompts": (("prompts render", "speak the sentences whose words have changed"),),
    "sbom": (("sbom --out ringmaster.cdx.json", "for whoever keeps the city's list of software"),),
    "audit": (
        ("audit --index https://index.example", "the running centre's packages"),
        ("audit --index https://index.example --lock requirements-test.lock --json", "the tests', as data"),
    ),
    "phones": (
        ("phones --for yealink --server 192.0.2.10 --macs phones.csv --out /srv/provisioning", "a file a phone"),
    ),
    "doctor": (("doctor", "machine, files, running centre"), ("doctor --security", "only what keeps others out")),
    "backup": (("backup /backup/centre-2026-11-24.tar.gz", "while the centre runs"),),
    "restore": (("restore /backup/centre-2026-11-24.tar.gz --state /srv/ringmaster", "into an empty folder"),),
    "bench": (
        ("bench freed_to_invite", "beside app_queue, on one PBX"),
        ("bench core --json", "the pure core, as data"),
    ),
    "chaos": (
        ("chaos kill --seed 7", "a minute of kill -9; the same seed, the same plan"),
        ("chaos --minutes 10 --json", "every program with the promises' own counts, ten minutes each, as data"),
        ("chaos journal --full", "ten thousand kills"),
    ),
    "test": (
        ("test", "lint, types, contracts and every test"),
        ("test tests/unit/acd", "with arguments: just pytest"),
        ("test --long", "a million simulated calls too"),
    ),
    "completion": (
        ("completion bash > ~/.local/share/bash-completion/completions/ringmaster", "for every later shell"),
    ),
}


def text(command: str) -> str:
    """The examples of a command, ready to be printed; empty when it has none."""
    examples = EXAMPLES.get(command, ())
    if not examples:
        return ""
    lines = [f"  ./ringmaster {words}\n      {what}" for words, what in examples]
    return "\n".join(["examples:", *lines])
