"""What a phone has heard: prompts recognised with their times, silence measured, in whatever pieces it comes."""

import math
import random
import struct
import wave
from array import array
from bisect import bisect
from itertools import pairwise

import pytest

from engine import ears
from engine.ears import FRAME_SAMPLES, Ears, Tail, known, longest_silence_s, loudness, prompts_in, sound_s


def speech(seed, seconds, silent_s=0.1):
    """Something like a sentence: syllables of random loudness after a little silence."""
    draw = random.Random(seed)
    samples = array("h", [0] * round(silent_s * 8000))
    while len(samples) < seconds * 8000:
        level, pitch = draw.choice([0, 800, 3000, 6000]), draw.uniform(100, 300)
        for n in range(draw.randrange(400, 2400)):
            samples.append(round(level * math.sin(2 * math.pi * pitch * n / 8000)))
    return samples


def through_g711(samples):
    """As it comes out at the other end of the line: each sample is the nearest of A-law's 256."""
    levels = sorted(ears._ALAW)
    middles = [(low + high) / 2 for low, high in pairwise(levels)]
    return array("h", (levels[bisect(middles, sample)] for sample in samples))


PROMPTS = {name: speech(seed, 3) for seed, name in enumerate(["greeting", "ko/topic", "ko/closed", "en/topic"])}


@pytest.fixture(scope="module")
def pattern():
    return known(PROMPTS)


def test_prompts_are_recognised_in_order_with_their_times(pattern):
    line = array("h", [0] * 4000) + PROMPTS["greeting"] + array("h", [0] * 1600) + PROMPTS["en/topic"]
    line = through_g711(line + array("h", [0] * 16000))
    heard = Ears(pattern).hear(line)
    assert [each.name for each in heard] == ["greeting", "en/topic"]
    assert heard[0].from_s == pytest.approx(0.5, abs=0.06)
    assert heard[1].from_s == pytest.approx((4000 + len(PROMPTS["greeting"]) + 1600) / 8000, abs=0.06)


def test_a_prompt_that_a_key_cut_off_and_the_next_one_are_both_known(pattern):
    cut = PROMPTS["greeting"][: 160 * 80]
    line = through_g711(cut + PROMPTS["ko/topic"] + array("h", [0] * 16000))
    assert [each.name for each in Ears(pattern).hear(line)] == ["greeting", "ko/topic"]


def test_it_makes_no_difference_in_which_pieces_the_recording_grows(pattern):
    line = through_g711(array("h", [0] * 800) + PROMPTS["ko/closed"] + array("h", [0] * 16000))
    listening, heard = Ears(pattern), []
    for start in range(0, len(line), 777):
        heard += listening.hear(line[start : start + 777])
    assert [each.name for each in heard] == ["ko/closed"]


def test_what_is_no_prompt_is_not_taken_for_one(pattern):
    line = through_g711(speech(99, 6) + array("h", [0] * 16000))
    assert Ears(pattern).hear(line) == []


def test_silence_and_sound_are_measured():
    frames = loudness(array("h", [0] * 8000) + PROMPTS["greeting"][800 : 800 + 160 * 10] + array("h", [0] * 4000))
    assert longest_silence_s(frames) == pytest.approx(1.0, abs=0.05)
    assert sound_s([0.0, 500.0, 500.0]) == pytest.approx(0.02)


def test_a_law_is_decoded_as_g711_has_it():
    # ITU-T G.711, table 1a: the largest, the smallest and one in between, with even bits inverted.
    assert [ears._ALAW[byte] for byte in (0xAA, 0x2A, 0xD5, 0x55)] == [32256, -32256, 8, -8]


def test_a_growing_wav_is_read_from_where_it_was(tmp_path):
    path = tmp_path / "heard.wav"
    with path.open("wb") as file:
        file.write(b"\0" * 44 + struct.pack("<3h", 1, 2, 3) + b"\x04")
        file.flush()
        tail = Tail(path)
        assert list(tail.more()) == [1, 2, 3]
        file.write(b"\x00" + struct.pack("<h", 5))
        file.flush()
        assert list(tail.more()) == [4, 5]
        assert list(tail.more()) == []


def test_sounds_are_found_by_their_name_in_the_folder(tmp_path):
    (tmp_path / "ko").mkdir()
    (tmp_path / "ko" / "closed.sln").write_bytes(struct.pack("<2h", 7, -7))
    (tmp_path / "ko" / "closed.sln16").write_bytes(b"\0" * 8)
    with wave.open(str(tmp_path / "greeting.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack("<h", 3))
    found = prompts_in(tmp_path)
    assert {name: list(samples) for name, samples in found.items()} == {"ko/closed": [7, -7], "greeting": [3]}


def test_what_is_too_short_to_be_told_apart_is_left_out():
    assert (
        known({"beep": PROMPTS["greeting"][800 : 800 + FRAME_SAMPLES * 20], "silence": array("h", [0] * 16000)}) == []
    )
