"""`./ringmaster up --demo`: real phones call and answer, nobody is lost, and Ctrl-C ends all of it."""

import json
import re
from pathlib import Path

from centre import SLACK_S, wait_for

OPEN = "2026-11-24T10:00"
ANSWERED = 12


def of_the_demo(state):
    """Processes of baresip that belong to this centre's demo: they answer to its SIP port."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(b"ringmaster-demo-" in word for word in words):
            folder = Path(words[words.index(b"-f") + 1].decode())
            accounts = folder / "accounts"
            if accounts.exists() and f":{state};" in accounts.read_text():
                found.append(int(entry.name))
    return found


def test_a_demo_takes_calls_and_ends_with_everything_it_started(start_centre):
    centre = start_centre("--demo", "--at", OPEN)
    port = centre.sip[1]

    def snapshot():
        return json.loads(centre.get("/snapshot.json"))

    def enough():
        seen = snapshot()
        return seen if seen["counts"]["answered"] >= ANSWERED else None

    seen = wait_for(enough, 75, lambda: f"{snapshot()['counts']}\n{centre.said()}")
    states = {agent["presence"] for agent in seen["agents"]}
    assert len(seen["agents"]) == 43
    assert states <= {"available", "away", "not_responding"}
    assert {agent["work"] for agent in seen["agents"]} >= {"connected"}
    assert len(seen["decisions"]) >= ANSWERED
    assert all(said["ko"] and said["en"] for said in seen["decisions"])
    phones = of_the_demo(port)
    assert len(phones) == 2

    assert centre.stop() < 10 + SLACK_S
    assert centre.process.returncode == 0, centre.said()
    assert of_the_demo(port) == []
    said = centre.said()
    placed, answered, lost = map(int, re.search(r"(\d+) calls placed: (\d+) answered, .* (\d+) lost", said).groups())
    assert placed >= answered >= ANSWERED
    assert lost == 0, said
    log = (centre.state / "engine.log").read_text().splitlines()
    bad = [line for line in log if '"level": "error"' in line or '"level": "critical"' in line]
    assert bad == []
