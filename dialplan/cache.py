"""Remembers checked rules by their content, so that `validate` and `explain` need not check them again.

One pickle per content, mode 0600 in a folder of mode 0700; read only when it is ours and nobody else can write it, and
only the classes of a Ruleset are unpickled. A change of this room's code or of the holiday package makes all of it
unknown. Any trouble with the cache means "not known", never an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import tempfile
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from dialplan.ruleset import Ruleset

_KEEP = {"rules": 8, "holidays": 2}  # files of each kind
_OURS = {
    "dialplan.agentrules",
    "dialplan.hourrules",
    "dialplan.language",
    "dialplan.menurules",
    "dialplan.queuerules",
    "dialplan.ruleset",
    "dialplan.source",
    "dialplan.talkrules",
    "dialplan.trunkrules",
    "dialplan.wallboardrules",
}
_PLAIN = {("builtins", "frozenset"), ("datetime", "date"), ("datetime", "time")}


class _RulesetPickler(pickle.Pickler):
    """Python 3.11.0 to 3.11.3 (Debian 12) name an enum's member by `getattr`, which the reader rightly refuses."""

    def reducer_override(self, obj: object) -> Any:
        return (type(obj), (obj.value,)) if isinstance(obj, Enum) else NotImplemented


class _RulesetUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Only the plain data of a Ruleset; anything else is a file that somebody else wrote."""
        if (module, name) in _PLAIN or (module in _OURS and name.isidentifier()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a ruleset")


class RulesCache:
    """A folder of checked rules. `code` names the code that checked them, by default this room as it stands."""

    def __init__(self, folder: Path, code: str | None = None) -> None:
        self._folder = folder
        self._code = code if code is not None else code_digest()

    def get(self, digest: str) -> Ruleset | None:
        """The rules with this content, or None."""
        ruleset = self._read(self._path(digest))
        return ruleset if isinstance(ruleset, Ruleset) and ruleset.digest == digest else None

    def put(self, digest: str, ruleset: Ruleset) -> None:
        """Keeps the rules; a full or read-only disk is no error."""
        self._write(self._path(digest), ruleset)

    def holidays(self) -> dict[date, str] | None:
        """The table of public holidays that this version of the package gave, or None."""
        table = self._read(self._folder / f"holidays-{self._code[:16]}.pickle")
        return table if isinstance(table, dict) else None

    def put_holidays(self, table: dict[date, str]) -> None:
        """Keeps the table, so that a change of the rules does not cost the import of the package."""
        self._write(self._folder / f"holidays-{self._code[:16]}.pickle", table)

    def _path(self, digest: str) -> Path:
        return self._folder / f"rules-{self._code[:16]}-{digest[:32]}.pickle"

    def _read(self, path: Path) -> object:
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_uid != os.getuid() or status.st_mode & 0o022:
                    return None
                return _RulesetUnpickler(io.BytesIO(file.read())).load()
        except (
            OSError,
            pickle.UnpicklingError,
            EOFError,
            LookupError,
            ValueError,
            TypeError,
            AttributeError,
            ImportError,
        ):
            return None

    def _write(self, path: Path, value: object) -> None:
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder)  # mode 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    _RulesetPickler(file, protocol=5).dump(value)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            self._forget()

    def _forget(self) -> None:
        for kind, keep in _KEEP.items():
            known = sorted(self._folder.glob(f"{kind}-*.pickle"), key=lambda path: path.stat().st_mtime, reverse=True)
            for old in known[keep:]:
                old.unlink(missing_ok=True)


def code_digest() -> str:
    """SHA-256 of this room's source files and the holiday package's version."""
    from importlib.metadata import version  # noqa: PLC0415 - only where a cache is used

    summed = hashlib.sha256(version("holidays").encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        summed.update(path.read_bytes())
    return summed.hexdigest()
