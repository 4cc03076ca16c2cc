"""Standard Korean pronunciation, rule by rule; the examples are those of the rules (표준 발음법) and of our sentences."""

from __future__ import annotations

import pytest

from engine.render.hangul import phonemes, pronounce

LIAISON = [
    ("옷이", "오시"), ("꽃을", "꼬츨"), ("깎아", "까까"), ("앉아", "안자"), ("닭을", "달글"), ("젊어", "절머"), ("핥아", "할타"),
    ("읊어", "을퍼"), ("넋이", "넉씨"), ("값을", "갑쓸"), ("없어", "업써"), ("있어", "이써"), ("한국어는", "한구거는"), ("강아지", "강아지"),
]  # fmt: skip
NEUTRALISED = [
    ("닦다", "닥따"), ("키읔", "키윽"), ("옷", "옫"), ("있다", "읻따"), ("젖", "젇"), ("빚다", "빋따"), ("꽃", "꼳"), ("솥", "솓"), ("앞", "압"),
    ("넋", "넉"), ("값", "갑"), ("닭", "닥"), ("삶", "삼"), ("읊다", "읍따"), ("외곬", "외골"),
]  # fmt: skip
ASPIRATED = [
    ("놓고", "노코"), ("좋던", "조턴"), ("쌓지", "싸치"), ("많고", "만코"), ("닳지", "달치"), ("각하", "가카"), ("먹히다", "머키다"),
    ("밝히다", "발키다"), ("맏형", "마텽"), ("좁히다", "조피다"), ("넓히다", "널피다"), ("꽂히다", "꼬치다"), ("앉히다", "안치다"),
    ("닿소", "다쏘"), ("많소", "만쏘"), ("놓는", "논는"), ("쌓네", "싼네"), ("않는", "안는"), ("뚫네", "뚤레"), ("낳은", "나은"),
    ("않은", "아는"), ("싫어도", "시러도"),
]  # fmt: skip
PALATAL = [
    ("곧이듣다", "고지듣따"), ("굳이", "구지"), ("미닫이", "미다지"), ("땀받이", "땀바지"), ("밭이", "바치"), ("벼훑이", "벼훌치"),
    ("굳히다", "구치다"), ("닫히다", "다치다"), ("묻히다", "무치다"), ("같이", "가치"),
]  # fmt: skip
NASAL = [
    ("먹는", "멍는"), ("국물", "궁물"), ("깎는", "깡는"), ("몫몫이", "몽목씨"), ("긁는", "긍는"), ("닫는", "단는"), ("짓는", "진는"),
    ("있는", "인는"), ("맞는", "만는"), ("꽃망울", "꼰망울"), ("놓는", "논는"), ("잡는", "잠는"), ("앞마당", "암마당"), ("없는", "엄는"),
    ("담력", "담녁"), ("침략", "침냑"), ("강릉", "강능"), ("대통령", "대통녕"), ("막론", "망논"), ("협력", "혐녁"), ("십리", "심니"),
    ("합니다", "함니다"), ("독립", "동닙"),
]  # fmt: skip
LATERAL = [
    ("난로", "날로"),
    ("신라", "실라"),
    ("광한루", "광할루"),
    ("칼날", "칼랄"),
    ("물난리", "물랄리"),
    ("닳는", "달른"),
    ("뚫는", "뚤른"),
]
TENSED = [
    ("국밥", "국빱"), ("깎다", "깍따"), ("넋받이", "넉빠지"), ("닭장", "닥짱"), ("뻗대다", "뻗때다"), ("옷고름", "옫꼬름"),
    ("있던", "읻떤"), ("꽃다발", "꼳따발"), ("곱돌", "곱똘"), ("덮개", "덥깨"), ("값지다", "갑찌다"), ("앉고", "안꼬"), ("닮고", "담꼬"),
    ("넓게", "널께"), ("핥다", "할따"), ("맑게", "말께"), ("맑다", "막따"), ("칠십", "칠씹"), ("여권은", "여꿔는"),
]  # fmt: skip
VOWELS = [
    ("가져", "가저"),
    ("다쳐", "다처"),
    ("희망", "히망"),
    ("주의", "주이"),
    ("의사", "의사"),
    ("회의", "회이"),
    ("시민의", "시미네"),
]
OVER_A_SPACE = [
    ("하실 수 있습니다", "하실 쑤 읻씀니다"), ("여섯 시까지", "여섣 씨까지"), ("여덟 시", "여덜 시"), ("잘못 누르셨습니다", "잘몬 누르셛씀니다"),
    ("일곱 명", "일곰 명"), ("없는 번호입니다.", "엄는 번호임니다."), ("상담사를 연결", "상담사를 연결"), ("지금은, 모든", "지그믄, 모든"),
    ("곧 오십시오", "곧 오십씨오"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "said"),
    [*LIAISON, *NEUTRALISED, *ASPIRATED, *PALATAL, *NASAL, *LATERAL, *TENSED, *VOWELS, *OVER_A_SPACE],
)
def test_it_is_said(written: str, said: str) -> None:
    assert pronounce(written) == said


def test_what_is_no_hangul_passes_through() -> None:
    assert pronounce("A 1, ㅋ?") == "A 1, ㅋ?"
    assert phonemes("") == ""


@pytest.mark.parametrize("syllable", [chr(code) for code in range(0xAC00, 0xD7A4, 97)])
def test_every_coda_survives_every_neighbour(syllable: str) -> None:
    """No combination of letters is without a rule, and only the seven codas remain."""
    for onset in "가나다라마바사아자차카타파하까따빠싸짜이히":
        said = pronounce(syllable + onset + syllable)
        assert len(said) == 3
        assert {(ord(char) - 0xAC00) % 28 for char in said} <= {0, 1, 4, 7, 8, 16, 17, 21}


def test_plain_stops_are_voiced_between_vowels_only() -> None:
    assert phonemes("고기").startswith("k")
    assert phonemes("고기")[2] == "ɡ"
    assert phonemes("바다. 바다").count("p") == 2


def test_every_phoneme_is_in_the_models_alphabet() -> None:
    """Of Kokoro's alphabet, the part that Korean uses; a letter outside it would be dropped without a word."""
    alphabet = set("abdehijklmnopstuwɔɡɕɛɣɯɰŋɾʌʥʨʰːø ")
    said = phonemes("".join(chr(code) for code in range(0xAC00, 0xD7A4, 31)))
    assert set(said) <= alphabet
