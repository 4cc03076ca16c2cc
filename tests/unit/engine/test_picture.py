"""Frames of a terminal as SVG: cells as wide as they are there."""

import re
from xml.etree import ElementTree as ET

import pytest
from rich.panel import Panel
from rich.text import Text

from engine import picture

SVG = "{http://www.w3.org/2000/svg}"


def test_every_run_of_characters_is_as_wide_as_its_cells():
    drawn = ET.fromstring(picture.svg(Text("응대율 Answer <97 %>"), "a & b", columns=40))  # noqa: S314 - ours
    texts = {text.text: text for text in drawn.iter(f"{SVG}text")}
    wide, narrow = texts["응대율"], texts["<97"]
    cell = float(narrow.get("textLength")) / 3
    assert float(wide.get("textLength")) == pytest.approx(6 * cell)
    # 7 cells after the beginning: three wide letters and a blank.
    assert float(texts["Answer"].get("x")) - float(wide.get("x")) == pytest.approx(7 * cell, abs=0.1)
    assert "a & b" in texts


def test_frames_are_lines_and_not_letters():
    drawn = picture.svg(Panel("x"), "t", columns=10)
    assert not re.search("[─│╭╮╰╯]", drawn)
    paths = list(ET.fromstring(drawn).iter(f"{SVG}path"))  # noqa: S314 - ours
    # Four corners, two horizontal strokes, two vertical ones.
    assert len(paths) == 8
