"""`doctor` on a real centre: fine when nothing is wrong, and every planted fault is found, with its place and remedy."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from centre import Centre, ringmaster, wait_for

from engine import pbx, pbxconfig, ready
from engine.settings import RunSettings

pytestmark = pytest.mark.pbx


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Centre.start(tmp_path_factory.mktemp("doctor"), "--no-restart") as running:
        yield running


def _doctor(centre: Centre, *words: str) -> tuple[int, dict[tuple[str, str], dict[str, str]]]:
    """Exit code, and what is not fine, by area and name."""
    done = ringmaster("doctor", "--state", str(centre.state), "--json", *words)
    found = json.loads(done.stdout)
    assert all(bool(one["remedy"]) is (one["level"] != "fine") for one in found)
    return done.returncode, {(one["area"], one["name"]): one for one in found if one["level"] != "fine"}


def _etc(centre: Centre) -> Path:
    return pbxconfig.etc_dir(RunSettings.load(centre.state))


def _console(centre: Centre, command: str) -> None:
    pbx.console(RunSettings.load(centre.state), command)


def test_a_sound_centre_has_no_failure(centre: Centre) -> None:
    code, found = _doctor(centre)
    assert code == 0
    assert set(found) <= {("machine", "clock"), ("machine", "memory"), ("machine", "disk"), ("machine", "descriptors")}


def test_a_secret_that_others_can_read(centre: Centre) -> None:
    secrets = centre.state / "secrets.json"
    secrets.chmod(0o644)
    code, found = _doctor(centre, "--security")
    secrets.chmod(0o600)
    assert code == 1
    assert found["files", "rights"]["remedy"] == f"chmod 600 {secrets}"


def test_a_file_that_was_edited_by_hand_and_then_loaded(centre: Centre) -> None:
    path = _etc(centre) / "extensions.conf"
    before = path.read_text()
    path.write_text(before.replace("[citizen]\n", "[citizen]\nexten => secret,1,Dial(PJSIP/1001)\n"))
    try:
        code, found = _doctor(centre)
        assert code == 1
        assert "extensions.conf:" in found["pbx", "files"]["what"]
        assert "extensions.conf:" in found["pbx", "dialplan"]["what"]  # written and not loaded
        _console(centre, "dialplan reload")
        code, found = _doctor(centre, "--security")
        assert ("pbx", "dialplan") not in found
        assert ("pbx", "files") in found
    finally:
        path.write_text(before)
        _console(centre, "dialplan reload")


def test_a_line_that_only_the_running_pbx_has(centre: Centre) -> None:
    path = _etc(centre) / "extensions.conf"
    before = path.read_text()
    path.write_text(before.replace("same => n,AGI(${AGI}/call)", "same => n,AGI(agi://192.0.2.1/call)"))
    _console(centre, "dialplan reload")
    path.write_text(before)
    code, found = _doctor(centre, "--security")
    _console(centre, "dialplan reload")
    assert code == 1
    assert "extensions.conf:" in found["pbx", "dialplan"]["what"]


def test_wider_rights_of_the_ami_user(centre: Centre) -> None:
    path = _etc(centre) / "manager.conf"
    before = path.read_text()
    path.write_text(before.replace("\nwrite = ", "\nwrite = command,"))
    _console(centre, "manager reload")
    code, found = _doctor(centre, "--security")
    path.write_text(before)
    _console(centre, "manager reload")
    assert code == 1
    assert "command" in found["pbx", "rights"]["what"]


def test_a_phone_that_is_in_no_file(centre: Centre) -> None:
    path = _etc(centre) / "generated" / "agents.conf"
    before = path.read_text()
    path.write_text(before + "[6666](agent-endpoint)\n")
    _console(centre, "module reload res_pjsip.so")
    path.write_text(before)
    code, found = _doctor(centre, "--security")
    _console(centre, "module reload res_pjsip.so")
    assert code == 1
    assert "6666" in found["pbx", "phones"]["what"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


# What is done by hand to the running PBX: file, what is put in place of what, how it is loaded, what `doctor` calls it.
PLANTED = {
    "an open door": (
        "generated/carriers.conf", ("deny = 0.0.0.0/0\npermit = 127.0.0.0/8\n", ""), "module reload res_pjsip.so",
        {"guests"},
    ),
    "a strange carrier": (
        "generated/carriers.conf", ("[anonymous]", "[x]\ntype = identify\nendpoint = anonymous\nmatch = 203.0.113.0/24\n[anonymous]"),
        "module reload res_pjsip.so", {"identify"},
    ),
    "a second AMI user": (
        "manager.conf", ("[ringmaster]", "[backdoor]\nsecret = 12345\nwrite = all\n[ringmaster]"), "manager reload", {"AMI"},
    ),
    "the PBX's web server, for everyone": (
        "http.conf", ("enabled = no", f"enabled = yes\nbindaddr = 0.0.0.0\nbindport = {_free_port()}"), "module reload http",
        {"PBX's web", "sockets"},
    ),
    "numbers abroad": (
        "generated/outgoing.conf", ("[outgoing]\n", "[outgoing]\nexten => _00X.,1,NoOp()\n"), "dialplan reload", {"numbers out"},
    ),
    "dangerous functions": ("asterisk.conf", ("live_dangerously = no", "live_dangerously = yes"), None, {"functions"}),
}  # fmt: skip


STRANGER = "Local/0015551234@agents to fallback-ko"


def test_every_planted_hole_is_named(centre: Centre) -> None:
    """All at once, since each look takes seconds; each has a finding of its own."""
    secrets = centre.state / "secrets.json"
    before = {path: path.read_text() for path in (secrets, *{_etc(centre) / file for file, *_ in PLANTED.values()})}
    loads = {load for _, _, load, _ in PLANTED.values() if load}
    kept = json.loads(before[secrets])
    kept["agents"]["1001"], kept["agents"]["1002"] = "1001", kept["agents"]["1003"]
    try:
        secrets.write_text(json.dumps(kept))
        for file, (old, new), _, _ in PLANTED.values():
            path = _etc(centre) / file
            assert old in path.read_text()
            path.write_text(path.read_text().replace(old, new, 1))
        for load in (*loads, "module load app_system.so", f"queue add member {STRANGER}"):
            _console(centre, load)
        done = ringmaster("doctor", "--state", str(centre.state), "--security", "--json")
    finally:
        for path, text in before.items():
            path.write_text(text)
        for load in (
            *loads,
            "module unload app_system.so",
            f"queue remove member {STRANGER.replace(' to ', ' from ')}",
        ):
            _console(centre, load)
    assert done.returncode == 1
    assert kept["agents"]["1002"] not in done.stdout
    found = [one for one in json.loads(done.stdout) if one["area"] == "security" and one["level"] == "failure"]
    said = {one["name"]: one["what"] for one in found}
    assert set().union(*(wanted for *_, wanted in PLANTED.values())) | {"modules", "secrets", "safety net"} == set(said)
    assert "app_system.so" in said["modules"]
    assert said["safety net"] == f"would ring who is no agent: {STRANGER.replace(' to ', ' from ')}"
    assert [one["what"] for one in found if one["name"] == "secrets"] == [
        "too short or too plain: phone 1001", "the same secret twice: phone 1002, phone 1003",
    ]  # fmt: skip
    _, left = _doctor(centre, "--security")
    assert not {name for area, name in left if area == "security"}


def test_a_journal_that_is_no_database(centre: Centre, tmp_path: Path) -> None:
    """In a state of its own: the running centre's journal is not touched."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    RunSettings.load(centre.state).model_copy(update={"state": state}).save()
    (state / "journal.sqlite").write_bytes(b"not a database at all" * 200)
    (state / "journal.sqlite").chmod(0o600)
    done = ringmaster("doctor", "--state", str(state))
    assert done.returncode == 1
    assert "bring back the last backup" in done.stdout
    assert "taken by another program" in done.stdout  # the ports are the running centre's


def test_an_engine_that_was_killed(centre: Centre) -> None:
    """The last one: it does not come back."""
    engine = centre.ready["pid"]
    os.kill(engine, signal.SIGKILL)
    wait_for(lambda: not ready.alive(engine), 5)
    code, found = _doctor(centre)
    assert code == 1
    assert "engine" in found["centre", "processes"]["what"]
    assert "Asterisk" not in found["centre", "processes"]["what"]


def test_a_state_that_was_never_used(tmp_path: Path) -> None:
    done = ringmaster("doctor", "--state", str(tmp_path / "nothing"))
    assert done.returncode == 0
    assert "time zone" in done.stdout
