"""Documents point to what is there: every relative link and every file that is named in backticks with its folder."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
_LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
_NAMED = re.compile(
    r"`((?:acd|asterisk-config|dialplan|docker|docs|engine|ivr|monitoring|systemd|tests|web)/[\w./-]+\.\w+)`"
)


def _documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    return [ROOT / name for name in listed] or sorted(path for path in ROOT.glob("*.md"))


@pytest.mark.parametrize("document", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_it_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = [link for link in _LINK.findall(text) if not (document.parent / link).exists()]
    missing += [name for name in _NAMED.findall(text) if not (ROOT / name).exists()]
    assert missing == []
