"""Hangul as it is pronounced, and as the phonemes that Kokoro-82M reads.

Two steps, both pure: `pronounce` respells a text by the rules of Standard Korean pronunciation (표준 발음법, whose
section numbers are given), `phonemes` writes that in the model's alphabet. What needs a dictionary (morphology,
Sino-Korean words) is a short table here, or a line under `readings: ko:` of prompts.yaml. Anything that is no Hangul
passes through.
"""

from __future__ import annotations

from dataclasses import dataclass

_ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_CODAS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST = 0xAC00
_COUNT = len(_ONSETS) * len(_VOWELS) * len(_CODAS)

_CLUSTERS = {
    "ㄳ": ("ㄱ", "ㅅ"), "ㄵ": ("ㄴ", "ㅈ"), "ㄶ": ("ㄴ", "ㅎ"), "ㄺ": ("ㄹ", "ㄱ"), "ㄻ": ("ㄹ", "ㅁ"),
    "ㄼ": ("ㄹ", "ㅂ"), "ㄽ": ("ㄹ", "ㅅ"), "ㄾ": ("ㄹ", "ㅌ"), "ㄿ": ("ㄹ", "ㅍ"),
    "ㅀ": ("ㄹ", "ㅎ"), "ㅄ": ("ㅂ", "ㅅ"),
}  # fmt: skip
_NEUTRAL = {
    **dict.fromkeys("ㄱㄲㅋㄳㄺ", "ㄱ"), **dict.fromkeys("ㄷㅌㅅㅆㅈㅊㅎ", "ㄷ"),
    **dict.fromkeys("ㅂㅍㅄㄿ", "ㅂ"),
    **dict.fromkeys("ㄴㄵㄶ", "ㄴ"), **dict.fromkeys("ㅁㄻ", "ㅁ"), **dict.fromkeys("ㄹㄼㄽㄾㅀ", "ㄹ"),
    "ㅇ": "ㅇ", "": "",
}  # fmt: skip
_ASPIRATED = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ"}
_TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
_PALATAL = {"ㄷ": "ㅈ", "ㅌ": "ㅊ"}

# Words whose pronunciation the letters alone do not tell: Sino-Korean ㄹ before ㄷㅅㅈ (§26), compound tensing (§28),
# inserted ㄴ (§29), and 여덟, a noun that looks like a verb stem. Replaced before the rules run.
_WORDS = {
    "칠십": "칠씹", "팔십": "팔씹", "일시": "일씨", "발전": "발쩐", "결정": "결쩡", "결제": "결쩨",
    "일정": "일쩡", "출장": "출짱", "활동": "활똥", "실수": "실쑤", "설정": "설쩡", "갈등": "갈뜽", "물질": "물찔",
    "절실": "절씰", "여권": "여꿘", "인권": "인꿘", "사건": "사껀", "조건": "조껀", "문제점": "문제쩜",
    "주민등록증": "주민등록쯩", "허가증": "허가쯩", "서울역": "서울력", "여덟": "여덜",
}  # fmt: skip

# §27: after an ending in ㄹ (하실, 될, 할) these dependent nouns begin tense.
_DEPENDENT = ("수", "것", "게", "데", "바", "줄", "지", "적", "거")
# Nouns that end in 의 and so are not followed by the particle 의 [에] (§5).
_NOUNS_IN_UI = ("회의", "문의", "주의", "협의", "논의", "동의", "심의", "건의", "유의", "결의", "정의", "토의", "명의")


@dataclass(slots=True)
class _Syllable:
    """One syllable in letters; `coda` may be a cluster until it is pronounced."""

    onset: str
    vowel: str
    coda: str

    def spelt(self) -> str:
        index = (_ONSETS.index(self.onset) * len(_VOWELS) + _VOWELS.index(self.vowel)) * len(_CODAS)
        return chr(_FIRST + index + _CODAS.index(self.coda))


def _split(char: str) -> _Syllable | str:
    index = ord(char) - _FIRST
    if not 0 <= index < _COUNT:
        return char
    rest, coda = divmod(index, len(_CODAS))
    onset, vowel = divmod(rest, len(_VOWELS))
    return _Syllable(_ONSETS[onset], _VOWELS[vowel], _CODAS[coda])


def _units(text: str) -> list[_Syllable | str]:
    for word, said in _WORDS.items():
        text = text.replace(word, said)
    return [_split(char) for char in text]


def _soften_ui(units: list[_Syllable | str], text: str) -> None:
    """§5: ㅢ after a consonant is ㅣ; inside a word 의 is [이], as a particle [에]; 져, 쪄, 쳐 lose their glide."""
    for i, unit in enumerate(units):
        if isinstance(unit, str):
            continue
        if unit.onset in "ㅈㅉㅊ" and unit.vowel == "ㅕ":
            unit.vowel = "ㅓ"
        if unit.vowel != "ㅢ":
            continue
        inside = i > 0 and isinstance(units[i - 1], _Syllable)
        final = i + 1 == len(units) or isinstance(units[i + 1], str)
        if unit.onset != "ㅇ":
            unit.vowel = "ㅣ"
        elif inside:
            noun = text[max(0, i - 1) : i + 1] in _NOUNS_IN_UI
            unit.vowel = "ㅔ" if final and not noun else "ㅣ"


def _join(left: _Syllable, right: _Syllable) -> None:
    """The rules for two syllables of one word. Changes both."""
    coda = left.coda
    if coda in ("ㅎ", "ㄶ", "ㅀ") and _after_h(left, right):
        return
    if right.onset == "ㅎ" and _before_h(left, right):
        return
    if right.onset == "ㅇ" and coda not in ("", "ㅇ"):
        _link(left, right)
        return
    tenses = coda in ("ㄵ", "ㄻ", "ㄼ", "ㄾ") and right.onset in "ㄱㄷㅅㅈ"  # §24, §25: stems in a cluster
    if coda == "ㄺ" and right.onset == "ㄱ":  # §11: 맑게 [말께]
        left.coda, right.onset = "ㄹ", "ㄲ"
        return
    left.coda = _NEUTRAL[coda]
    if tenses:
        right.onset = _TENSE[right.onset]
    _meet(left, right)


def _after_h(left: _Syllable, right: _Syllable) -> bool:
    """§12: ㅎ of the coda joins, vanishes or assimilates. Whether that settled the pair."""
    rest = {"ㅎ": "", "ㄶ": "ㄴ", "ㅀ": "ㄹ"}[left.coda]
    if right.onset in _ASPIRATED and right.onset != "ㅂ":
        left.coda, right.onset = rest, _ASPIRATED[right.onset]
    elif right.onset == "ㅅ":
        left.coda, right.onset = rest, "ㅆ"
    elif right.onset == "ㅇ":
        left.coda, right.onset = "", rest or "ㅇ"
    elif right.onset == "ㄴ":
        left.coda = rest or "ㄴ"
        if rest == "ㄹ":
            right.onset = "ㄹ"
    else:
        return False
    return True


def _before_h(left: _Syllable, right: _Syllable) -> bool:
    """§12, first and second addition: an obstruent coda and ㅎ make an aspirate; §17: ㄷ+히 is 치."""
    kept, moved = _CLUSTERS.get(left.coda, ("", left.coda))
    if moved == "ㅈ":
        aspirate = "ㅊ"
    else:
        base = _NEUTRAL.get(moved, "")
        if base not in _ASPIRATED:
            return False
        aspirate = "ㅊ" if moved == "ㄷ" and right.vowel == "ㅣ" else _ASPIRATED[base]
    left.coda, right.onset = kept, aspirate
    return True


def _link(left: _Syllable, right: _Syllable) -> None:
    """§13, §14: the coda moves to the vowel; §17: ㄷ, ㅌ before 이 are ㅈ, ㅊ."""
    kept, moved = _CLUSTERS.get(left.coda, ("", left.coda))
    if left.coda in ("ㄳ", "ㄽ", "ㅄ"):
        moved = "ㅆ"
    if right.vowel == "ㅣ":
        moved = _PALATAL.get(moved, moved)
    left.coda, right.onset = kept, moved


def _meet(left: _Syllable, right: _Syllable) -> None:
    """§18-20, §23: what a neutralised coda and the next onset do to each other, also over a space."""
    if left.coda in _NASAL and right.onset in _TENSE:
        right.onset = _TENSE[right.onset]
    elif left.coda in _NASAL and right.onset in "ㄴㅁ":
        left.coda = _NASAL[left.coda]
    elif right.onset == "ㄹ":
        if left.coda == "ㄴ":
            left.coda = "ㄹ"
        elif left.coda in ("ㅁ", "ㅇ"):
            right.onset = "ㄴ"
        elif left.coda in _NASAL:
            left.coda, right.onset = _NASAL[left.coda], "ㄴ"
    elif left.coda == "ㄹ" and right.onset == "ㄴ":
        right.onset = "ㄹ"


def _over_space(left: _Syllable, right: _Syllable, *, dependent: bool) -> None:
    """Words that are said in one breath: assimilation and tensing, but no liaison, which slow speech does not make."""
    if dependent and left.coda == "ㄹ" and right.onset in _TENSE:
        right.onset = _TENSE[right.onset]
    left.coda = _NEUTRAL[left.coda]
    if right.onset != "ㅇ":
        _meet(left, right)


def _pronounced(text: str) -> list[_Syllable | str]:
    units = _units(text)
    respelt = "".join(unit if isinstance(unit, str) else unit.spelt() for unit in units)
    _soften_ui(units, respelt)
    for i, unit in enumerate(units):
        if isinstance(unit, str):
            continue
        follower = units[i + 1] if i + 1 < len(units) else ""
        if isinstance(follower, _Syllable):
            _join(unit, follower)
            continue
        after = units[i + 2] if follower == " " and i + 2 < len(units) else ""
        if isinstance(after, _Syllable):
            _over_space(unit, after, dependent=respelt[i + 2 :].startswith(_DEPENDENT))
        else:
            unit.coda = _NEUTRAL[unit.coda]
    return units


def pronounce(text: str) -> str:
    """Returns `text` respelt as it is said, in Hangul: 한국어입니다 → 한구거임니다."""
    return "".join(unit if isinstance(unit, str) else unit.spelt() for unit in _pronounced(text))


_VOWEL_SOUNDS = dict(
    zip(_VOWELS, ("a", "ɛ", "ja", "jɛ", "ɔ", "e", "jɔ", "je", "o", "wa", "wɛ", "we", "jo", "u", "wɔ", "we", "wi", "ju",
                  "ɯ", "ɰi", "i"), strict=True)
)  # fmt: skip
_CODA_SOUNDS = {"": "", "ㄱ": "k", "ㄴ": "n", "ㄷ": "t", "ㄹ": "l", "ㅁ": "m", "ㅂ": "p", "ㅇ": "ŋ"}
_ONSET_SOUNDS = {
    "ㄱ": "k", "ㄴ": "n", "ㄷ": "t", "ㄹ": "ɾ", "ㅁ": "m", "ㅂ": "p", "ㅅ": "s", "ㅇ": "", "ㅈ": "ʨ", "ㅊ": "ʨʰ",
    "ㅋ": "kʰ", "ㅌ": "tʰ", "ㅍ": "pʰ", "ㅎ": "h", "ㄲ": "k", "ㄸ": "t", "ㅃ": "p", "ㅆ": "s", "ㅉ": "ʨ",
}  # fmt: skip
_VOICED = {"ㄱ": "ɡ", "ㄷ": "d", "ㅂ": "b", "ㅈ": "ʥ"}


def phonemes(text: str) -> str:
    """Returns `text` in Kokoro's phoneme alphabet: plain stops voiced between sonorants, ㅅ soft before i and j."""
    out: list[str] = []
    previous: str | None = None  # the coda before this syllable; None after a break
    for unit in _pronounced(text):
        if isinstance(unit, str):
            out.append(unit)
            previous = None
            continue
        vowel = _VOWEL_SOUNDS[unit.vowel]
        onset = _ONSET_SOUNDS[unit.onset]
        if previous is not None and previous in ("", "ㄴ", "ㅁ", "ㅇ", "ㄹ"):
            onset = _VOICED.get(unit.onset, onset)
        if unit.onset == "ㄹ" and previous == "ㄹ":
            onset = "l"
        if unit.onset in "ㅅㅆ" and vowel[0] in "ij":
            onset = "ɕ"
        if unit.onset in "ㅅㅆㅈㅉㅊ" and vowel[0] == "j":
            vowel = vowel[1:]
        out.append(onset + vowel + _CODA_SOUNDS[unit.coda])
        previous = unit.coda
    return "".join(out)
