"""What `asterisk-config/` lets nobody do: read as text, before any PBX has loaded it."""

from __future__ import annotations

import re
from collections import Counter

from engine import pbxconfig


def _config(name: str) -> str:
    return (pbxconfig.TEMPLATES / name).read_text(encoding="utf-8")


def _modules() -> list[tuple[str, str]]:
    """Each line that loads something: the module, and the reason beside it."""
    text = _config("modules.conf")
    assert "autoload = no" in text
    lines = [line for line in text.splitlines() if re.match(r"(require|load)\b", line)]
    matches = [re.fullmatch(r"(?:require|load) = (\w+\.so)\s*(?:; (.*))?", line) for line in lines]
    return [(found[1], found[2] or "") for found in matches if found] + [("unread", "")] * matches.count(None)


def test_each_module_is_named_once_and_has_its_reason():
    modules = _modules()
    assert [name for name, reason in modules if len(reason) < 4] == []
    assert [name for name, count in Counter(name for name, _ in modules).items() if count > 1] == []
