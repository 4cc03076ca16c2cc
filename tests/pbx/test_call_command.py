"""`./ringmaster call` on a real centre: what it tells is what happened."""

import json
import subprocess
import sys

import pytest

from engine.settings import child_environment

OPEN = "2026-11-24T10:00"
NIGHT = "2026-11-24T03:00"


def call(state, *words, timeout_s=60):
    """Run the command as a person does; its exit code, stdout and stderr."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "engine", "call", "--state", str(state), *words],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env=child_environment(),
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr


def story_of(state, *words, **more):
    code, out, err = call(state, *words, "--json", **more)
    assert out, err
    return code, json.loads(out)


def test_a_call_to_an_agent_is_told_step_by_step(open_centre):
    code, story = story_of(open_centre.state, "--press", "1,2", "--at-agent", "1001", "--talk", "2")
    assert code == 0, story
    assert story["answered"]
    assert story["agent_id"] == "1001"
    whats = [step["what"] for step in story["steps"]]
    for earlier, later in [
        ("agent", "dialled"),
        ("dialled", "answered"),
        ("answered", "pressed"),
        ("pressed", "queued"),
        ("queued", "decided"),
        ("decided", "talking"),
        ("talking", "ended"),
    ]:
        assert whats.index(earlier) < whats.index(later), whats
    assert [step["text"] for step in story["steps"] if step["what"] == "pressed"] == ["1", "2"]
    assert "vehicle" in next(step["text"] for step in story["steps"] if step["what"] == "queued")
    # The greeting was cut off by the key, the question heard.
    assert "ko/topic_question" in story["prompts"]
    assert story["longest_silence_s"] <= 1.0
    # The agent is logged out again: nobody is left who would be offered calls with no phone.
    snapshot = json.loads(open_centre.get("/snapshot.json"))
    assert {agent["presence"] for agent in snapshot["agents"]} == {"offline"}


def test_the_greeting_is_recognised_by_its_sound_when_no_key_is_pressed(open_centre):
    code, story = story_of(open_centre.state, "--timeout", "20")
    assert code == 1
    assert story["prompts"][:2] == ["greeting", "ko/topic_question"]
    heard = [step["at_s"] for step in story["steps"] if step["what"] == "heard"]
    assert heard[1] - heard[0] == pytest.approx(13, abs=0.6)


def test_with_nobody_logged_in_it_says_so_and_ends_in_time(open_centre):
    code, out, _ = call(open_centre.state, "--press", "1,0", "--timeout", "9")
    assert code == 1
    assert "none of the 43 agents is available" in out
    assert "no agent is logged in" in out.splitlines()[-2]


def test_a_closed_centre_is_told_as_closed(start_centre):
    centre = start_centre("--at", NIGHT)
    code, story = story_of(centre.state, "--press", "1", "--timeout", "40")
    assert code == 1
    assert "closed" in story["outcome"]
    assert "ko/closed" in story["prompts"]


def test_what_cannot_be_done_is_said(open_centre, tmp_path):
    code, _, err = call(open_centre.state, "--at-agent", "9999")
    assert code == 2
    assert "no agent 9999" in err
    code, _, err = call(open_centre.state, "--from", "1001")
    assert code == 2
    assert "is an agent" in err
    code, _, err = call(tmp_path)
    assert code == 2
    assert "ringmaster up" in err
