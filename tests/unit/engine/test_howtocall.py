"""What `up` says about who may call is so: anybody here, or the carriers alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialplan.loader import load
from engine import howtocall
from engine.settings import Node, RunSettings, default_rules

HERE = Path("/nowhere")
SETTINGS = RunSettings(
    state=HERE, rules=default_rules(), sounds=HERE, bind="127.0.0.1", sip_port=5099, http_port=9099, ami_port=5098,
    agi_port=5097, rtp_start=10000, rtp_end=10999, run_dir=HERE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("carriers", "said"),
    [
        ("[]", "any SIP phone on this machine calls sip:0319099000@127.0.0.1:5099"),
        (
            "[{name: own, addresses: [127.0.0.0/8]}]",
            "any SIP phone on this machine calls sip:0319099000@127.0.0.1:5099",
        ),
        (
            "[{name: one, addresses: [203.0.113.10]}, {name: two, registration: a@sip.example}]",
            "calls to 0319099000 from one, two (trunks.yaml), and from nowhere else",
        ),
    ],
)
def test_who_may_call(carriers: str, said: str) -> None:
    trunks = load(default_rules(), [f"trunks.carriers={carriers}"]).trunks
    assert f"  Citizen:  {said}\n" in howtocall.words(SETTINGS, "127.0.0.1", trunks, None)


def test_further_nodes_are_named() -> None:
    settings = SETTINGS.model_copy(update={"others": (Node(name="pbx2", bind="127.0.0.2", sip_port=5070),)})
    assert "  Node pbx2: the same at 127.0.0.2:5070\n" in howtocall.words(settings, "127.0.0.1", None, None)


def test_an_engine_that_joins_says_nothing_of_callers() -> None:
    assert "Citizen" not in howtocall.words(SETTINGS, "127.0.0.1", None, None)
