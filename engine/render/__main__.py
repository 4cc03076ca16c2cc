"""The process that renders: `python -m engine.render RULES PROMPTS VOICES [NAME…]`, in an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.render.kokoro import EngineMissing
from engine.render.prompts import render_prompts
from engine.render.voicepack import VoicesMissing, fetch_voices
from ivr.catalogue import CatalogueError


def main(arguments: list[str]) -> int:
    """0 when every recording says what the catalogue says, 1 with the reason on stderr."""
    rules, prompts, voices, *only = arguments
    try:
        folder = fetch_voices(Path(voices))
        count = render_prompts(Path(rules), Path(prompts), folder, only=only, tell=_tell)
    except (CatalogueError, EngineMissing, VoicesMissing, OSError) as error:
        print(f"the prompts cannot be rendered: {error}", file=sys.stderr)
        return 1
    print(f"{count} recordings made" if count else "every recording says what the catalogue says")
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
