"""Asterisk: whether there is one, its version, and the modules that the configuration cannot do without."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from engine import fetch, pbx, pbxconfig
from engine.doctor.finding import Finding, failure, fine, warning

AREA = "programs"


def look(asterisk: fetch.Program | None) -> Iterator[Finding]:
    """`asterisk` is None when none has been fetched and none is installed."""
    if asterisk is None:
        if shutil.which("apt-get") and shutil.which("dpkg-deb"):
            yield fine(AREA, "asterisk", "none yet; the first `up` fetches one (80 MB)")
        else:
            yield failure(
                AREA, "asterisk", "none, and no apt to fetch it with", "install Asterisk 22 (docs/install.md)"
            )
        return
    version = ".".join(map(str, fetch.asterisk_version(asterisk)))
    where = "the machine's own" if asterisk.root == Path("/") else "fetched"
    if said := pbx.version_warning(asterisk):
        yield warning(AREA, "asterisk", f"{version}, {where}", said.partition(". ")[2], security=True)
    else:
        yield fine(AREA, "asterisk", f"{version}, {where}", security=True)
    yield _modules(asterisk)


def _modules(asterisk: fetch.Program) -> Finding:
    """A module that is left out is silent: Asterisk says Ready, and answers nobody."""
    folder = next(iter(sorted(asterisk.root.glob("usr/lib/**/asterisk/modules"))), None)
    if folder is None:
        return failure(AREA, "modules", f"no folder of modules below {asterisk.root}", "install Asterisk's modules")
    text = (pbxconfig.TEMPLATES / "modules.conf").read_text(encoding="utf-8")
    needed = re.findall(r"^require = (\S+)", text, re.MULTILINE)
    missing = [name for name in needed if not (folder / name).exists()]
    if missing:
        return failure(
            AREA, "modules", f"missing: {', '.join(missing)}", "install asterisk-modules of the same version"
        )
    return fine(AREA, "modules", f"all {len(needed)} that are needed")
