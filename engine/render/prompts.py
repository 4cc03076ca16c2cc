"""`./ringmaster prompts render`: makes the recordings that are missing or no longer say what the catalogue says.

What each recording was made from stands as a hash in prompts/manifest.json, so that a test can hold text and audio
together without a speech engine. This file imports none; `render_prompts` does, late.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.render.reading import reading
from engine.render.voices import ENGINE, PHONEMES, SCORE, VOICES, Voice
from ivr.catalogue import Catalogue, Recording
from ivr.sounds import MANIFEST

if TYPE_CHECKING:
    from engine.render.audio import Samples
    from engine.render.kokoro import SpeechEngine

MUSIC = "music/hold"
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])(?<!a\.m\.)(?<!p\.m\.)\s*")
_SENTENCE_PAUSE_S = 0.26
_PART_PAUSE_S = 0.3
_PART_PAUSE_RANGE_S = (0.15, 0.55)
_SPEED_RANGE = (0.85, 1.2)


def source_hash(recording: Recording) -> str:
    """What a recording is made from: readings, voices, length, model. Equal hashes need no new rendering."""
    parts = [(part.lang, reading(part.lang, part.reading), VOICES[part.lang].id) for part in recording.parts]
    source = json.dumps([ENGINE, PHONEMES, parts, recording.seconds], ensure_ascii=False)
    return hashlib.sha256(source.encode()).hexdigest()[:20]


def audio_hash(path: Path) -> str:
    """The content of a file, as in the manifest."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:20]


def read_manifest(prompts: Path) -> dict[str, dict[str, Any]]:
    """The recordings by name (ko/connecting): `source`, `audio`, `seconds`. Empty when there is no manifest yet."""
    path = prompts / MANIFEST
    if not path.exists():
        return {}
    recordings: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["recordings"]
    return recordings


def write_manifest(prompts: Path, recordings: dict[str, dict[str, Any]]) -> None:
    """Writes it sorted, one recording a line, so that a change shows as the lines that changed."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(recordings[name])}" for name in sorted(recordings))
    part = prompts / f"{MANIFEST}.part"
    part.write_text(f'{{"engine": {json.dumps(ENGINE)}, "recordings": {{\n{lines}\n}}}}\n', encoding="utf-8")
    part.replace(prompts / MANIFEST)


def opus_path(prompts: Path, name: str) -> Path:
    """Where the recording of that name (ko/connecting) lies."""
    return prompts / f"{name}.opus"


def stale(catalogue: Catalogue, prompts: Path) -> list[Recording]:
    """The recordings whose audio is missing, or was made from something else."""
    manifest = read_manifest(prompts)
    return [
        recording
        for recording in catalogue.recordings()
        if manifest.get(recording.name, {}).get("source") != source_hash(recording)
        or not opus_path(prompts, recording.name).exists()
    ]


def render_prompts(
    rules: Path,
    prompts: Path,
    voices: Path,
    *,
    only: Iterable[str] = (),
    tell: Callable[[str], None] = print,
) -> int:
    """Renders what changed, removes what the catalogue no longer has; returns how many recordings were made.

    `voices` holds the style vectors (npm kokoro-js, voices/*.bin); `only` limits the work to names (ko/connecting) that
    begin so, stale or not. Costs about 0.7 s of one core per second of speech. Raises EngineMissing, CatalogueError.
    """
    catalogue = Catalogue.load(rules)
    wanted = tuple(only)
    if wanted:
        work = [recording for recording in catalogue.recordings() if recording.name.startswith(wanted)]
    else:
        work = stale(catalogue, prompts)
    manifest = read_manifest(prompts)
    _remove_strangers(catalogue, prompts, manifest)
    if manifest.get(MUSIC, {}).get("source") != music_hash() or not opus_path(prompts, MUSIC).exists():
        _write_music(prompts, manifest)
    if work:
        from engine.render.audio import RATE_HZ, write_opus  # noqa: PLC0415 - heavy, and only needed when work is due
        from engine.render.kokoro import Kokoro  # noqa: PLC0415

        engine = Kokoro(voices)
        for done, recording in enumerate(work, start=1):
            samples, begins_s = render(engine, recording)
            write_opus(opus_path(prompts, recording.name), samples)
            _enter(manifest, prompts, recording.name, source_hash(recording), len(samples) / RATE_HZ)
            if len(begins_s) > 1:
                manifest[recording.name]["parts_begin"] = [round(begin_s, 3) for begin_s in begins_s]
            tell(f"{done}/{len(work)} {recording.name} {manifest[recording.name]['seconds']:.1f} s")
            if done % 20 == 0:
                write_manifest(prompts, manifest)
    write_manifest(prompts, manifest)
    return len(work)


def _enter(manifest: dict[str, dict[str, Any]], prompts: Path, name: str, source: str, seconds: float) -> None:
    audio = audio_hash(opus_path(prompts, name))
    manifest[name] = {"source": source, "audio": audio, "seconds": round(seconds, 3)}


def _write_music(prompts: Path, manifest: dict[str, dict[str, Any]]) -> None:
    from engine.render import music  # noqa: PLC0415
    from engine.render.audio import RATE_HZ, write_opus  # noqa: PLC0415

    samples = music.compose()
    write_opus(opus_path(prompts, MUSIC), samples)
    _enter(manifest, prompts, MUSIC, music_hash(), len(samples) / RATE_HZ)


def music_hash() -> str:
    """What the music was made from: its composition's own number."""
    return f"score {SCORE}"


def _remove_strangers(catalogue: Catalogue, prompts: Path, manifest: dict[str, dict[str, Any]]) -> None:
    names = {MUSIC, *(recording.name for recording in catalogue.recordings())}
    for name in sorted(set(manifest) - names):
        del manifest[name]
        opus_path(prompts, name).unlink(missing_ok=True)


def render(engine: SpeechEngine, recording: Recording) -> tuple[Samples, list[float]]:
    """Returns a recording at audio.RATE_HZ, levelled, trimmed and fitted to its length, and when its parts begin."""
    speeds = {part.lang: VOICES[part.lang].speed for part in recording.parts}
    spoken = [_say(engine, part.lang, part.reading, speeds[part.lang]) for part in recording.parts]
    pause_s = _PART_PAUSE_S
    if recording.seconds is not None:
        spoken, pause_s = _fit(engine, recording, spoken, speeds)
    return _join(spoken, pause_s, recording.seconds)


def _say(engine: SpeechEngine, lang: str, text: str, speed: float) -> Samples:
    """One part, sentence by sentence, levelled as a whole."""
    import numpy as np  # noqa: PLC0415

    from engine.render.audio import RATE_HZ, level, resample, silence, trim  # noqa: PLC0415

    voice = Voice(VOICES[lang].styles, speed)
    sentences = [sentence for sentence in _SENTENCE_END.split(reading(lang, text)) if sentence.strip()]
    out: list[Samples] = []
    for i, sentence in enumerate(sentences):
        if i:
            out.append(silence(_SENTENCE_PAUSE_S, RATE_HZ))
        samples = resample(engine.say(lang, sentence, voice), engine.rate_hz, RATE_HZ)
        out.append(level(trim(samples, RATE_HZ), RATE_HZ))
    return np.concatenate(out)


def _fit(
    engine: SpeechEngine, recording: Recording, spoken: list[Samples], speeds: dict[str, float]
) -> tuple[list[Samples], float]:
    """Makes the length by the pauses between the parts, and by the speed when pauses alone are not enough."""
    from engine.render.audio import RATE_HZ  # noqa: PLC0415

    assert recording.seconds is not None
    gaps = max(1, len(spoken) - 1)
    low, high = _PART_PAUSE_RANGE_S
    for _ in range(4):
        talk_s = sum(len(samples) for samples in spoken) / RATE_HZ
        pause_s = (recording.seconds - talk_s) / gaps
        if low <= pause_s <= high:
            return spoken, pause_s
        target_talk_s = recording.seconds - gaps * (low + high) / 2
        for lang, speed in speeds.items():
            speeds[lang] = speed * talk_s / target_talk_s
            if not _SPEED_RANGE[0] <= speeds[lang] / VOICES[lang].speed <= _SPEED_RANGE[1]:
                raise ValueError(
                    f"{recording.name}: {talk_s:.1f} s of speech cannot be made {recording.seconds} s long"
                )
        spoken = [_say(engine, part.lang, part.reading, speeds[part.lang]) for part in recording.parts]
    raise ValueError(f"{recording.name}: no speed makes it {recording.seconds} s long")


def _join(spoken: list[Samples], pause_s: float, seconds: float | None) -> tuple[Samples, list[float]]:
    import numpy as np  # noqa: PLC0415

    from engine.render.audio import RATE_HZ, silence  # noqa: PLC0415

    out: list[Samples] = []
    begins_s: list[float] = []
    for samples in spoken:
        if out:
            out.append(silence(pause_s, RATE_HZ))
        begins_s.append(sum(len(before) for before in out) / RATE_HZ)
        out.append(samples)
    joined = np.concatenate(out)
    if seconds is not None:
        joined = np.concatenate([joined, silence(seconds - len(joined) / RATE_HZ, RATE_HZ)])
    return joined, begins_s
