"""Unpacking: both rates, only what changed, a studio recording first, nothing left over; quick enough for every start."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.catalogue import Catalogue
from ivr.sounds import Durations, unpack

ROOT = Path(__file__).resolve().parents[3]


def tone(seconds: float, rate_hz: int, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def content_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:20]


def change(prompts: Path, name: str, audio: str | None) -> None:
    """Have the manifest name another content; None: not name the recording any more."""
    manifest = json.loads((prompts / "manifest.json").read_text())
    if audio is None:
        del manifest["recordings"][name]
    else:
        manifest["recordings"][name] = {"source": "s", "audio": audio, "seconds": 1.0}
    (prompts / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts"
    recordings = {}
    for name, seconds in (("ko/connecting", 1.0), ("mul/greeting", 2.0), ("en/pbx_transfer", 0.5)):
        path = folder / f"{name}.opus"
        path.parent.mkdir(parents=True)
        soundfile.write(path, tone(seconds, 16_000), 16_000, format="OGG", subtype="OPUS")
        recordings[name] = {"source": "s", "audio": content_of(path), "seconds": seconds}
    (folder / "manifest.json").write_text(json.dumps({"recordings": recordings}))
    return folder


def raw(path: Path) -> np.ndarray:
    return np.frombuffer(path.read_bytes(), dtype="<i2").astype(np.float32) / 32768


def pitch_hz(samples: np.ndarray, rate_hz: int) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate_hz / len(samples))


def test_both_rates_hold_the_same_sound(prompts: Path, tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    unpack(prompts, sounds)
    for extension, rate_hz in ((".sln", 8_000), (".sln16", 16_000)):
        samples = raw(sounds / f"ko/connecting{extension}")
        assert len(samples) / rate_hz == pytest.approx(1.0, abs=0.01)
        assert pitch_hz(samples, rate_hz) == pytest.approx(440, abs=2)
        assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.0707, rel=0.1)
    assert (sounds / "greeting.sln").exists()
    assert (sounds / "en/pbx-transfer.sln").exists()
    assert not raw(sounds / "pause.sln").any()
    assert raw(sounds / "beep.sln").any()


def test_only_what_changed_is_unpacked_again(prompts: Path, tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    assert unpack(prompts, sounds) == 6
    assert unpack(prompts, sounds) == 0
    (sounds / "ko/connecting.sln16").unlink()
    assert unpack(prompts, sounds) == 1
    opus = prompts / "ko/connecting.opus"
    soundfile.write(opus, tone(3.0, 16_000), 16_000, format="OGG", subtype="OPUS")
    change(prompts, "ko/connecting", content_of(opus))
    assert unpack(prompts, sounds) == 1
    assert len(raw(sounds / "ko/connecting.sln")) == pytest.approx(24_000, abs=80)
    assert unpack(prompts, sounds) == 0


def test_a_sound_that_is_no_longer_wanted_stays_for_a_day(prompts: Path, tmp_path: Path) -> None:
    """A centre that runs may still say it; and a manifest that is just being written names few."""
    sounds = tmp_path / "sounds"
    unpack(prompts, sounds, now=1000.0)
    greeting = json.loads((prompts / "manifest.json").read_text())["recordings"]["mul/greeting"]["audio"]
    change(prompts, "mul/greeting", None)
    unpack(prompts, sounds, now=2000.0)
    assert (sounds / "greeting.sln").exists()
    change(prompts, "mul/greeting", greeting)
    assert unpack(prompts, sounds, now=3000.0) == 0
    change(prompts, "mul/greeting", None)
    unpack(prompts, sounds, now=4000.0)
    unpack(prompts, sounds, now=4000.0 + 86_000)
    assert (sounds / "greeting.sln").exists()
    unpack(prompts, sounds, now=4000.0 + 87_000)
    assert not (sounds / "greeting.sln").exists()


def test_an_empty_file_is_made_anew(prompts: Path, tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    unpack(prompts, sounds)
    (sounds / "greeting.sln").write_bytes(b"")
    assert unpack(prompts, sounds) == 1
    assert len(raw(sounds / "greeting.sln")) == pytest.approx(16_000, abs=80)


def test_a_recording_that_is_not_the_manifests_is_looked_at_again(prompts: Path, tmp_path: Path) -> None:
    """Rendered this moment: the manifest follows the file, or the other way round."""
    sounds = tmp_path / "sounds"
    opus = prompts / "ko/connecting.opus"
    whole = opus.read_bytes()
    soundfile.write(opus, tone(0.1, 16_000), 16_000, format="OGG", subtype="OPUS")
    assert unpack(prompts, sounds) == 6
    opus.write_bytes(whole)
    assert unpack(prompts, sounds) == 1
    assert len(raw(sounds / "ko/connecting.sln")) == pytest.approx(8_000, abs=80)
    assert unpack(prompts, sounds) == 0


def test_a_studio_recording_wins_and_is_made_as_loud(prompts: Path, tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    unpack(prompts, sounds)
    studio = prompts / "studio" / "ko" / "connecting.wav"
    studio.parent.mkdir(parents=True)
    soundfile.write(studio, np.stack([tone(3.0, 44_100, 0.01)] * 2, axis=1), 44_100)
    assert unpack(prompts, sounds) == 1
    samples = raw(sounds / "ko/connecting.sln")
    assert len(samples) == 24_000
    assert pitch_hz(samples, 8_000) == pytest.approx(440, abs=1)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.1, rel=0.1)
    assert Durations.load(sounds).duration_s(Catalogue.load(ROOT / "dialplan/rules"), "ko", "connecting") == 3.0
    studio.unlink()
    assert unpack(prompts, sounds) == 1
    assert len(raw(sounds / "ko/connecting.sln")) == pytest.approx(8_000, abs=80)


def test_a_spoilt_record_is_no_reason_to_fail(prompts: Path, tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    unpack(prompts, sounds)
    (sounds / "unpacked.json").write_text("{")
    assert unpack(prompts, sounds) == 6


def test_the_process_says_what_is_missing(prompts: Path, tmp_path: Path) -> None:
    shutil.rmtree(prompts / "mul")
    command = [sys.executable, "-m", "ivr.sounds", str(prompts), str(tmp_path / "sounds")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 1
    assert "cannot be unpacked" in done.stderr
    assert "greeting.opus" in done.stderr


def test_the_engine_imports_nothing_heavy() -> None:
    code = "import sys, ivr.sounds, ivr.catalogue; print({'numpy', 'soundfile', 'ruamel'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert done.stdout.strip() == "set()"


def test_the_whole_set_is_unpacked_within_the_start_of_the_centre(tmp_path: Path) -> None:
    """4 s on two cores; the second start finds nothing to do."""
    begun = time.process_time()
    unpack(ROOT / "prompts", tmp_path)
    assert time.process_time() - begun < 8.0
    begun = time.process_time()
    assert unpack(ROOT / "prompts", tmp_path) == 0
    assert time.process_time() - begun < 0.5


def test_the_music_is_never_silent_for_half_a_second(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    (folder / "music").mkdir(parents=True)
    shutil.copy(ROOT / "prompts/music/hold.opus", folder / "music/hold.opus")
    (folder / "manifest.json").write_text(json.dumps({"recordings": {"music/hold": {"audio": "x"}}}))
    unpack(folder, tmp_path / "sounds")
    samples = raw(tmp_path / "sounds/music/hold.sln")
    assert len(samples) >= 20 * 8_000
    twice = np.concatenate([samples, samples])  # the seam of the loop too
    windows = twice[: len(twice) // 4_000 * 4_000].reshape(-1, 4_000)
    assert np.sqrt((windows**2).mean(axis=1)).min() > 0.005
