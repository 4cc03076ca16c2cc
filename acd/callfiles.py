"""Call files: how the PBX is asked to begin a call. A file in its spool folder, and never AMI (docs/adr/0014).

The file names no number: the session that it makes asks the engine whom to ring, and whether still. So a file that the
PBX finds late, or twice, or after the engine's death, dials nobody. Returns at once, raises nothing.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import structlog

from acd.ami.callouts import CONTEXT, extension

ANSWERED_WITHIN_S = 180  # the agent's ring and whisper; their own time-outs come first
_CONTACT = re.compile(r"[A-Za-z0-9_.-]{1,60}")  # the PBX's extensions have 79 characters at most
_log = structlog.get_logger(__name__)


class CallFiles:
    """`folder` is the PBX's spool folder; files go to its `outgoing`, which the PBX watches."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, contact_id: str, reservation_id: int) -> bool:
        """Ask for one session. False, with a word in the log, when the PBX cannot be asked."""
        if not _CONTACT.fullmatch(contact_id):
            _log.error("callfile.refused", contact_id=contact_id)
            return False
        name = extension(contact_id, reservation_id)
        text = (
            f"Channel: Local/{name}@{CONTEXT}/n\nContext: callback-citizen\nExtension: s\nPriority: 1\n"
            f"WaitTime: {ANSWERED_WITHIN_S}\nMaxRetries: 0\nSetvar: __RM_CONTACT={contact_id}\n"
            f"Setvar: RM_RESERVATION={reservation_id}\n"
        )
        written = self._folder / f"{name}.call"
        try:
            descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
            written.rename(self._folder / "outgoing" / written.name)  # the PBX sees whole files only
        except OSError as error:
            _log.error("callfile.not_written", contact_id=contact_id, error=str(error))
            return False
        return True
