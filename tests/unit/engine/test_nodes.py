"""The file of further Asterisks: what it may say, how its mistakes are told, and what each node's files are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialplan.loader import load
from engine import credentials, fetch, nodes, pbxconfig
from engine.othernodes import OtherNodes
from engine.settings import Node, RunSettings, default_rules

GOOD = "nodes:\n- name: pbx2\n  bind: 127.0.0.2\n  sip_port: 0\n  ami_port: 0\n- name: pbx3\n  bind: 127.0.0.3\n"


def _load(folder: Path, text: str) -> list[str]:
    path = folder / "nodes.yaml"
    path.write_text(text)
    with pytest.raises(nodes.NodesError) as error:
        nodes.load(path)
    return [line.removeprefix(f"{folder}/") for line in str(error.value).splitlines()]


def test_each_node_is_as_if_it_were_the_one_of_the_state(tmp_path: Path) -> None:
    path = tmp_path / "nodes.yaml"
    path.write_text(GOOD)
    second, third = nodes.with_ports(nodes.load(path)[:1]) + nodes.load(path)[1:]
    settings = RunSettings(
        state=tmp_path, rules=tmp_path, sounds=tmp_path, bind="127.0.0.1", sip_port=1, http_port=1, ami_port=1, agi_port=7,
        rtp_start=10000, rtp_end=10010, run_dir=tmp_path / "run", others=(second, third),
    )  # fmt: skip
    assert [one.node for one in settings.pbxes] == ["pbx1", "pbx2", "pbx3"]
    two = settings.pbxes[1]
    assert (two.bind, two.ami_host, two.agi_host, two.agi_port) == ("127.0.0.2", "127.0.0.2", "127.0.0.1", 7)
    assert two.sip_port > 1024
    assert two.ami_port not in (0, two.sip_port)
    assert two.pbx_dir == tmp_path / "nodes" / "pbx2"
    assert two.spool == tmp_path / "nodes" / "pbx2" / "spool"
    assert two.recordings == settings.recordings
    assert len({one.run_dir for one in settings.pbxes}) == 3
    assert RunSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nodes:\n- name: pbx2\n", ["nodes.yaml:2:3: 'bind' is missing"]),
        ("nodes:\n- name: pbx2\n  bnd: 127.0.0.2\n  bind: 127.0.0.2\n", ["nodes.yaml:3:3: unknown key 'bnd'; did you mean `bind`?"]),
        (
            "nodes:\n- name: PBX-2\n  bind: 127.0.0.2\n",
            ["nodes.yaml:2:9: name: a node's name has small letters and digits, begins with a letter, and has 20 of them at most"],
        ),
        ("nodes:\n- name: pbx1\n  bind: 127.0.0.2\n", ["nodes.yaml:2:9: pbx1 is another node's name; each needs its own"]),
        (
            "nodes:\n- name: pbx2\n  bind: 127.0.0.999\n",
            ["nodes.yaml:3:9: bind: an address is expected, such as 127.0.0.2"],
        ),
        (
            f"{GOOD}  engine: 127.0.0.9\n",
            ["nodes.yaml:8:11: engine: the first node here sees it at 127.0.0.1; it listens at one address"],
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, said: list[str]) -> None:
    assert _load(tmp_path, text) == said


def test_what_lies_beyond_this_machine_is_said(tmp_path: Path) -> None:
    path = tmp_path / "nodes.yaml"
    path.write_text("nodes:\n- {name: pbx2, bind: 192.0.2.7, engine: 192.0.2.1, external: true}\n")
    (warning,) = nodes.warnings(nodes.load(path))
    assert "192.0.2.1, 192.0.2.7" in warning
    path.write_text(GOOD)
    assert not list(nodes.warnings(nodes.load(path)))


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"bind": "127.0.0.1", "sip_port": 5060, "ami_port": 9}, "sip_port 5060 at 127.0.0.1 is pbx1's as well (127.0.0.1:5060)"),
        ({"bind": "0.0.0.0", "sip_port": 5060, "ami_port": 9}, "sip_port 5060 at 0.0.0.0 is pbx1's as well (127.0.0.1:5060)"),
        ({"bind": "127.0.0.2", "ami_host": "127.0.0.1", "ami_port": 5038}, "ami_port 5038 at 127.0.0.1 is pbx1's as well"),
    ],
)  # fmt: skip
def test_two_at_one_address_are_refused(tmp_path: Path, node: dict[str, object], said: str) -> None:
    settings = _settings(tmp_path, Node.model_validate({"name": "pbx2", **node}), external=False)
    with pytest.raises(nodes.NodesError, match=re.escape(said)):
        nodes.refuse_shared(settings.pbxes)
    nodes.refuse_shared(_settings(tmp_path, Node(name="pbx2", bind="127.0.0.2"), external=False).pbxes)


def test_all_addresses_of_this_machine_are_none_of_another_machines(tmp_path: Path) -> None:
    there = Node(name="pbx2", bind="10.0.0.2", sip_port=5060, ami_port=5038, external=True)
    settings = _settings(tmp_path, there, external=False).model_copy(update={"bind": "0.0.0.0"})
    nodes.refuse_shared(settings.pbxes)
    here = settings.model_copy(update={"others": (there.model_copy(update={"external": False}),)})
    with pytest.raises(nodes.NodesError, match=r"sip_port 5060 at 10\.0\.0\.2 is pbx1"):
        nodes.refuse_shared(here.pbxes)
    same = settings.model_copy(update={"bind": "10.0.0.2"})
    with pytest.raises(nodes.NodesError, match=r"sip_port 5060 at 10\.0\.0\.2 is pbx1"):
        nodes.refuse_shared(same.pbxes)


@pytest.mark.parametrize("ours", [False, True])
def test_files_of_a_node_that_may_run_already_keep_its_callers_order(tmp_path: Path, ours: bool) -> None:
    """It goes by a point in time that is in them. Somebody else starts it: all nodes (containers), or this one only."""
    settings = _settings(tmp_path, Node(name="pbx2", bind="127.0.0.2", external=ours), external=not ours)
    rules = load(default_rules())
    secrets = credentials.load_or_make(tmp_path, pbxconfig.accounts(rules))
    asterisk = fetch.Program("asterisk", tmp_path, "asterisk") if ours else None
    etc = tmp_path / "nodes" / "pbx2" / "etc"

    def start() -> None:
        OtherNodes(settings).start(rules, secrets, asterisk, lambda _: None)

    start()
    assert (etc / "asterisk.conf").exists()
    (etc / "extensions.conf").write_text("ORDER_EPOCH = 1")
    agents = (etc / "generated" / "agents.conf").read_text()
    (etc / "generated" / "agents.conf").write_text("of other rules")
    start()
    assert (etc / "extensions.conf").read_text() == "ORDER_EPOCH = 1"
    assert (etc / "generated" / "agents.conf").read_text() == agents


def _settings(state: Path, node: Node, *, external: bool) -> RunSettings:
    return RunSettings(
        state=state, rules=state, sounds=state, bind="127.0.0.1", sip_port=5060, http_port=1, ami_port=5038, agi_port=7,
        rtp_start=10000, rtp_end=10010, run_dir=state / "run", others=(node,), pbx_external=external,
    )  # fmt: skip
