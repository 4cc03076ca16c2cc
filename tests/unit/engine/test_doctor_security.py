"""What `doctor --security` says of files, rules and sockets, each fault planted; the running PBX's is in tests/pbx."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dialplan.loader import load
from engine import fetch, pbx, ready
from engine.commands import doctor
from engine.doctor import programs, running, security
from engine.doctor.finding import Finding, Level, failure
from engine.settings import Node, RunSettings, default_rules, free_port

NOWHERE = {"host": "127.0.0.1", "port": 1}


@pytest.fixture
def settings(tmp_path: Path) -> RunSettings:
    state, rules = tmp_path / "state", tmp_path / "rules"
    (state / "asterisk" / "etc").mkdir(parents=True, mode=0o700)
    shutil.copytree(default_rules(), rules)
    secrets = {"ami": "0123456789abcdef" * 3, "agents": {"1001": "a0b1c2d3e4f5" * 2, "1002": "b0c1d2e3f4a5" * 2}}
    (state / "secrets.json").write_text(json.dumps(secrets))
    (state / "asterisk" / "etc" / "asterisk.conf").write_text("[options]\nlive_dangerously = no\n")
    return RunSettings(
        state=state, rules=rules, sounds=tmp_path, bind="127.0.0.1", sip_port=5060, http_port=1, ami_port=2, agi_port=3,
        rtp_start=10000, rtp_end=19999, run_dir=tmp_path,
    )  # fmt: skip


def worse(settings: RunSettings, *overrides: str) -> dict[str, Finding]:
    """What is not fine, by name."""
    found = security.look(settings, load(settings.rules, overrides))
    return {one.name: one for one in found if one.level is not Level.FINE}


def test_a_sound_state_is_fine(settings: RunSettings) -> None:
    assert worse(settings) == {}


def test_rules_that_others_may_write(settings: RunSettings) -> None:
    (settings.rules / "queues.yaml").chmod(0o666)
    found = worse(settings)["rules"]
    assert found.level is Level.FAILURE
    assert found.remedy == f"chmod go-w {settings.rules / 'queues.yaml'}"


def test_rules_that_are_gone(settings: RunSettings) -> None:
    ruleset = load(settings.rules, ())
    shutil.rmtree(settings.rules)
    (found,) = (one for one in security.look(settings, ruleset) if one.level is not Level.FINE)
    assert (found.name, found.level) == ("rules", Level.FAILURE)


def test_a_state_in_which_no_centre_was_started_is_not_called_sound(tmp_path: Path) -> None:
    (found,) = (one for one in doctor.look(tmp_path / "none") if one.security and one.level is Level.WARNING)
    assert "no centre was ever started" in found.what


def test_a_file_that_cannot_be_read_hides_none_of_the_checks_behind_it(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = ready.Ready.model_validate(
        {
            "pid": 1,
            "asterisk_pid": None,
            "supervisor_pid": 1,
            "sip": NOWHERE,
            "agi": NOWHERE,
            "http": NOWHERE,
            "ami": {**NOWHERE, "user": "", "secret": ""},
        }
    )
    monkeypatch.setattr(pbx, "console", lambda *_: "")
    found = list(security.running(settings, load(settings.rules), known))
    unread = [at for at, one in enumerate(found) if one.what.endswith("modules.conf: No such file or directory")]
    assert unread
    assert found[unread[0] + 1 :]


def test_a_console_that_nobody_serves_is_no_hole(settings: RunSettings) -> None:
    """`engine.doctor.running` says that it does not answer."""
    assert not settings.control_socket.exists()
    assert list(security._of_pbx(settings, load(settings.rules))) == []
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(settings.control_socket))
    assert list(security._of_pbx(settings, load(settings.rules))) == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_who_is_no_agent_is_named_with_the_queue_that_would_ring_him(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, order: tuple[int, ...]
) -> None:
    """A list without callers has no "Callers:", and another's in another queue is nobody's business here."""
    ruleset = load(settings.rules)
    agent = next(iter(ruleset.agents))
    listed = [_queue("fallback-ko", agent), _queue("overflow", "stranger"), _queue("own", "other")]
    monkeypatch.setattr(pbx, "console", lambda *_: "\n".join(listed[at] for at in order))
    found = security._members(settings, ruleset)
    assert found.what == "would ring who is no agent: PJSIP/stranger from overflow"
    assert found.remedy.endswith('"queue remove member PJSIP/stranger from overflow"')
    monkeypatch.setattr(pbx, "console", lambda *_: _queue("fallback-ko", agent))
    assert security._members(settings, ruleset).level is Level.FINE


def _queue(name: str, member: str) -> str:
    return (
        f"{name} has 0 calls (max unlimited) in 'leastrecent' strategy (0s holdtime, 0s talktime), W:0, C:0, A:0\n"
        "   Members: \n"
        f"      PJSIP/{member} (ringinuse disabled) (dynamic) (Not in use) has taken no calls yet (login was 9 secs ago)\n"
        "   No Callers\n"
    )


def test_secrets_that_cannot_be_read_are_on_the_list_of_security(settings: RunSettings) -> None:
    """What is not is left out by `doctor --security`, which then would find nothing."""
    (settings.state / "secrets.json").write_text("{")
    found = worse(settings)["secrets"]
    assert (found.level, found.security) == (Level.FAILURE, True)


@pytest.mark.parametrize("bound", ["0.0.0.0:5038", "192.0.2.1:5038", ""])
def test_ami_beyond_loopback_is_on_the_list_of_security(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    said = {"manager show users": "ringmaster\n", "manager show settings": f"  TCP Bindaddress:   {bound}\n"}
    monkeypatch.setattr(pbx, "console", lambda _, words: said[words])
    found = security._one_ami_user(settings)
    assert (found.name, found.level, found.security) == ("AMI", Level.FAILURE, True)


@pytest.mark.parametrize(
    "text", ["", "[options]\nlive_dangerously = yes\n", "[options]\nlive_dangerously = no\nlive_dangerously = yes\n"]
)
def test_functions_that_run_programs(settings: RunSettings, text: str) -> None:
    (settings.state / "asterisk" / "etc" / "asterisk.conf").write_text(text)
    assert worse(settings)["functions"].level is Level.FAILURE


@pytest.mark.parametrize("address", ["0.0.0.0/0", "10.0.0.0/8", "::/0"])
def test_a_carrier_that_is_half_the_world(settings: RunSettings, address: str) -> None:
    found = worse(settings, f'trunks.carriers=[{{name: wide, addresses: ["{address}"]}}]')["carriers"]
    assert found.level is Level.FAILURE
    assert address in found.what


def test_no_bound_of_calls(settings: RunSettings) -> None:
    assert worse(settings, "trunks.flood=null")["floods"].level is Level.WARNING


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ami": "x"}'])
def test_secrets_that_cannot_be_read(settings: RunSettings, text: str) -> None:
    (settings.state / "secrets.json").write_text(text)
    assert worse(settings)["secrets"].level is Level.FAILURE


def a_centre(pid: int) -> ready.Ready:
    here = ready.Address(host="127.0.0.1", port=1)
    ami = ready.AmiAddress(host="127.0.0.1", port=1, user="", secret="")
    return ready.Ready(sip=here, http=here, ami=ami, agi=here, pid=pid, asterisk_pid=None, supervisor_pid=pid)


@pytest.fixture
def wide() -> Iterator[int]:
    with socket.create_server(("0.0.0.0", 0)) as one:
        yield one.getsockname()[1]


def test_a_socket_that_is_open_to_all(settings: RunSettings, wide: int) -> None:
    assert ("0.0.0.0", wide) in security.listening(os.getpid())
    found = security._sockets(settings, a_centre(os.getpid()))
    assert found.level is Level.FAILURE
    assert f"0.0.0.0:{wide}" in found.what
    told = settings.model_copy(update={"bind": "0.0.0.0", "sip_port": wide})
    assert f"0.0.0.0:{wide}" not in security._sockets(told, a_centre(os.getpid())).what


def test_what_a_further_node_listens_on(settings: RunSettings, wide: int) -> None:
    node = settings.model_copy(update={"others": (Node(name="pbx2", bind="127.0.0.2"),)}).pbxes[1]
    found = security._node_sockets(node, os.getpid())
    assert (found.level, f"0.0.0.0:{wide}" in found.what) == (Level.FAILURE, True)
    assert security._node_sockets(node, None).level is Level.FINE  # somebody else's to start


def test_ami_that_takes_no_log_in(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "AMI_WITHIN_S", 0.2)
    found = running.ami(settings.model_copy(update={"ami_port": free_port(set())}))
    assert (found.name, found.level) == ("reach", Level.FAILURE)


def test_a_finding_of_one_of_several_nodes_is_printed_with_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "look", lambda _: iter([replace(failure("pbx", "AMI", "bad", "mend it"), node="pbx2")]))
    assert doctor.run(["--state", str(tmp_path)]) == 1
    assert "pbx2: bad" in capsys.readouterr().out


def test_an_old_asterisk_is_a_warning_and_with_strict_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fetch, "asterisk_version", lambda _: (22, 9, 0))
    assert pbx.version_warning(fetch.Program("asterisk", tmp_path, "asterisk")) is not None
    old = [one for one in programs.look(fetch.Program("asterisk", tmp_path, "asterisk")) if one.security]
    assert [one.level for one in old] == [Level.WARNING]
    monkeypatch.setattr(doctor, "look", lambda _: iter(old))
    assert doctor.run(["--security", "--state", str(tmp_path)]) == 0
    assert doctor.run(["--security", "--strict", "--state", str(tmp_path)]) == 1
    assert "22.9.0" in capsys.readouterr().out
