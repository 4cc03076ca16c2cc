"""What an agent hears before the caller is joined: language, topic, how long they waited ("일본어, 여권, 40초 대기").

The PBX plays it (context `whisper`, run by Dial on the agent's leg) while the caller goes on hearing music, so it
costs no round trip and works when the engine dies meanwhile. Pure: it chooses recordings, and those are short.
"""

from __future__ import annotations

from dialplan.language import Language
from dialplan.ruleset import Ruleset

VARIABLE = "__RM_WHISPER"  # inherited by the agent's leg
_SEPARATOR = ":"  # the context makes it the `&` of Playback
_LONGEST_MIN = 10


def keys(rules: Ruleset, language: Language, topic: str, waited_s: float | None) -> tuple[str, ...]:
    """The recordings to be whispered, as keys of prompts.yaml; what has no recording is left out.

    Nothing for the plainest call: in Korean, without a topic, answered at once. Most are, and no agent needs a word.
    `waited_s` None: not said, as after a transfer, where the talk before it would be counted too.
    """
    waited = None if waited_s is None else waited_key(waited_s)
    if language is Language.KO and topic == rules.any_topic and waited is None:
        return ()
    wanted = [f"agent_language_{language.value}", f"agent_topic_{topic}"]
    if waited is not None:
        wanted.append(waited)
    return tuple(key for key in wanted if key in rules.prompts)


def waited_key(waited_s: float) -> str | None:
    """Tens of seconds below a minute, then minutes, both rounded down; None below ten seconds: at once."""
    if waited_s < 10:
        return None
    if waited_s < 60:
        return f"agent_waited_{int(waited_s // 10) * 10}s"
    minutes = int(waited_s // 60)
    return f"agent_waited_{minutes}m" if minutes <= _LONGEST_MIN else "agent_waited_long"


def value(words: tuple[str, ...]) -> str:
    """What VARIABLE is set to: names below the sounds folder, which needs no path and no quoting."""
    return _SEPARATOR.join(f"ko/{key}" for key in words)
