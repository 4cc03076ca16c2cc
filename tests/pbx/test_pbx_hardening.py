"""What the running PBX lets nobody do: modules, AMI rights, and secrets that are nowhere but in their files."""

from __future__ import annotations

import ast
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from centre import Centre

import acd
import engine
import ivr
from acd.ami.client import ActionFailed, AmiClient
from acd.ami.translate import EVENTS
from engine import pbxconfig

pytestmark = pytest.mark.pbx

NOT_OURS = (  # what has led to running code, to toll fraud, or to a PBX that is not ours any more
    ("Originate", {"Channel": "PJSIP/1001", "Application": "System", "Data": "id"}),
    ("Command", {"Command": "core show channels"}),
    ("GetConfig", {"Filename": "manager.conf"}),
    ("UpdateConfig", {"SrcFilename": "extensions.conf", "DstFilename": "extensions.conf"}),
    ("ModuleLoad", {"Module": "app_system.so", "LoadType": "load"}),
    ("Reload", {}),
    ("DialplanExtensionAdd", {"Context": "agents", "Extension": "_X.", "Priority": "1", "Application": "Dial"}),
    ("DBPut", {"Family": "callback", "Key": "x", "Val": "y"}),
    ("MixMonitor", {"Channel": "PJSIP/1001-00000001", "File": "x.wav", "Command": "id"}),
    ("UserEvent", {"UserEvent": "x"}),
    ("Filter", {"Operation": "Add", "Filter": "Event: Cdr"}),
)


@pytest.fixture
def ami(open_centre: Centre) -> Iterator[AmiClient]:
    said = open_centre.ready["ami"]
    client = AmiClient(said["host"], said["port"], said["user"], said["secret"], on_packet=lambda _: None)
    client.start()
    assert client.logged_in.wait(10)
    yield client
    client.stop()


def _classes(centre: Centre, which: str) -> set[str]:
    found = re.search(rf"(?i){which} perm: (\S+)", centre.console("manager show user ringmaster"))
    assert found
    return set(found[1].split(","))


def _actions_sent() -> set[str]:
    """Every AMI action that the sources name."""
    asks = {"Action", "ask", "ask_list", "_request", "_done"}
    names = set()
    for room in (acd, ivr, engine):
        for path in Path(room.__file__).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                    name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
                    names |= {node.args[0].value} if name in asks else set()
    return {name for name in names if isinstance(name, str) and name[:1].isupper()}


def _reference(centre: Centre) -> str:
    """Asterisk's own reference: which module has which application, and which event is of which class."""
    return (centre.state / "asterisk/data/documentation/core-en_US.xml").read_text(encoding="utf-8")


# --- AMI


def test_each_class_of_the_ami_user_is_needed_and_none_is_missing(open_centre: Centre):
    """By what Asterisk says of each action that the sources send, and of each event that they read."""
    write = _classes(open_centre, "Write")
    assert write == {"call", "agent", "reporting", "message"}
    needed: set[str] = set()
    sent = _actions_sent()
    assert {"PlayDTMF", "Hangup", "QueueAdd", "DeviceStateList", "MixMonitorMute"} <= sent
    for action in sent:
        told = open_centre.console(f"manager show command {action}")
        said = re.search(r"\[?Privilege\]?\s*\n(\S+)", re.sub(r"\x1b\[[\d;]*m", "", told))
        assert said, told
        allowed = {one for one in said[1].split(",") if one not in ("all", "<none>")}
        if not allowed:
            continue  # of everyone who is logged in
        assert allowed & write, f"{action} is refused: it takes one of {allowed}"
        if len(allowed & write) == 1:
            needed |= allowed & write
    assert needed == write


def test_each_event_that_is_read_arrives_and_no_class_is_idle(open_centre: Centre):
    classes: dict[str, set[str]] = {}
    for event in re.finditer(r'<managerEvent [^>]*name="(\w+)".*?</managerEvent>', _reference(open_centre), re.DOTALL):
        said = re.findall(r'<managerEventInstance class="EVENT_FLAG_(\w+)"', event[0])
        classes.setdefault(event[1], set()).update(one.lower() for one in said)
    read = _classes(open_centre, "Read")
    assert {name for name in EVENTS if not classes[name] & read} == set()
    assert read == set().union(*(classes[name] for name in EVENTS))


@pytest.mark.parametrize(("action", "headers"), NOT_OURS, ids=[name for name, _ in NOT_OURS])
def test_what_the_engine_needs_not_its_secret_may_not(ami: AmiClient, action: str, headers: dict[str, str]):
    with pytest.raises(ActionFailed, match=r"(?i)permission denied"):
        ami.ask(action, 10, **headers)


def test_ami_is_on_one_address_of_loopback_and_the_pbx_has_no_web_server(open_centre: Centre):
    port = open_centre.ready["ami"]["port"]
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass
    assert "Server Disabled" in open_centre.console("http show status")


# --- modules


def test_nothing_runs_that_is_not_named(open_centre: Centre):
    text = (pbxconfig.etc_dir(open_centre.settings) / "modules.conf").read_text()
    named = set(re.findall(r"^(?:require|load) = (\S+)", text, re.MULTILINE))
    listed = open_centre.console("module show")
    running = {found[1] for found in re.finditer(r"^(\w+\.so)\b.*\bRunning\b", listed, re.MULTILINE)}
    assert running == named


def test_each_application_and_function_that_is_loaded_is_used(open_centre: Centre):
    """A module of applications or functions without one that the dialplan or the engine names has no business here."""
    etc = pbxconfig.etc_dir(open_centre.settings)
    dialplan = "".join(path.read_text() for path in etc.rglob("*.conf") if path.name != "modules.conf")
    dialplan = re.sub(r"^\s*;.*$", "", dialplan, flags=re.MULTILINE)
    sources = "".join(path.read_text() for path in Path(ivr.__file__).parent.rglob("*.py"))
    applications = set(re.findall(r"\b([A-Za-z_]+)\(", dialplan)) | set(re.findall(r'"EXEC (\w+)"', sources))
    applications |= {name for line in re.findall(r",self,(\w+),|,peer,(\w+),", dialplan) for name in line if name}
    actions = _actions_sent()
    provided: dict[str, set[str]] = {}
    for kind, attributes in re.findall(r"<(application|function|manager) ([^>]*)>", _reference(open_centre)):
        name, module = (re.search(rf'\b{what}="(\w+)"', attributes) for what in ("name", "module"))
        if name and module and name[1] in (actions if kind == "manager" else applications):
            provided.setdefault(f"{module[1]}.so", set()).add(name[1])
    loaded = re.findall(r"^(?:require|load) = ((?:app|func)_\w+\.so)", (etc / "modules.conf").read_text(), re.MULTILINE)
    assert [module for module in loaded if not provided.get(module)] == []
