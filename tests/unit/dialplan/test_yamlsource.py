"""Reading YAML: places of keys and values, YAML 1.2 words, and bounds that a bomb meets before it goes off."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan import limits
from dialplan.yamlsource import Position, read


def only(text: str) -> str:
    document = read("f.yaml", text)
    assert len(document.problems) == 1, document.problems
    return str(document.problems[0])


def test_every_key_and_value_has_its_place() -> None:
    document = read("f.yaml", "# words\na:\n  b: [x, {c: 정전, d: y}]\n")
    assert document.value == {"a": {"b": ["x", {"c": "정전", "d": "y"}]}}
    assert document.key_at("a", "b") == Position("f.yaml", 3, 3)
    assert document.at("a", "b", 0) == Position("f.yaml", 3, 7)
    assert document.key_at("a", "b", 1, "d") == Position("f.yaml", 3, 18)
    assert document.at("a", "b", 1, "d") == Position("f.yaml", 3, 21)
    assert document.at("a", "b", 1, "nothing") == Position("f.yaml", 3, 10)


def test_scalars_stay_what_was_written() -> None:
    document = read("f.yaml", "[no, 12:30, 010, 1_000, 2027-01-29, ~, null, '', \"null\", 0x1F]")
    assert document.value == ["no", "12:30", "010", "1_000", "2027-01-29", None, None, "", "null", "0x1F"]


def test_aliases_are_values_with_their_own_place() -> None:
    document = read("f.yaml", "a: &hours [x]\nb: *hours\n")
    assert document.value == {"a": ["x"], "b": ["x"]}
    assert document.at("b") == Position("f.yaml", 2, 4)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\n a: 3", "f.yaml:3:3: not valid YAML"),
        ("a: [1, 2", "f.yaml:1:9: not valid YAML"),
        ("a: 1\nb: 1\na: 2\n", "f.yaml:3:1: key `a` is used twice; first on line 1"),
        ("a: {b: 1, b: 2}\n", "f.yaml:1:11: key `b` is used twice; first on line 1"),
        ("a: *nothing", "f.yaml:1:4: alias *nothing names no anchor that ends before it"),
        ("a: &a [*a]", "f.yaml:1:8: alias *a names no anchor that ends before it"),
        ("a: !!python/object/apply:os.system [x]", "f.yaml:1:4: tags are not used in rules"),
        ("? [a]\n: b", "f.yaml:1:3: a key must be a word or a number"),
        ("~: b", "f.yaml:1:1: a key must be a word or a number"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a rules file holds one YAML document; remove this `---`"),
        ("a: b\x00", "f.yaml:1:5: not valid YAML: the character U+0000 is not allowed"),
        ('a: "\\0"', "f.yaml:1:4: the character U+0000 is not allowed"),
        ('a: "\\ud800"', "f.yaml:1:4: the character U+D800 is not allowed"),
        ("a:\n\tb: 1", "f.yaml:2:1: not valid YAML"),
        ("%YAML 9.9\n---\na: b", "f.yaml:1:1: not valid YAML"),
    ],
)
def test_problems_name_their_place(text: str, problem: str) -> None:
    assert only(text).startswith(problem)


def bomb(levels: int, width: int) -> str:
    lines = ["a0: &a0 [" + ", ".join(["lol"] * width) + "]"]
    for n in range(1, levels):
        lines.append(f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * width) + "]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (bomb(9, 9), "more than 50000 values, aliases expanded"),
        (bomb(150, 1), "more than 100 aliases"),
        ("[" * 100_000, "nested more than 20 deep"),
        ("a: " + "{b: " * 100_000, "nested more than 20 deep"),
        ("- " * 30 + "x", "nested more than 20 deep"),
        ("a: " + "x" * 10_001, "a value longer than 10000 characters"),
        ("[" + "x," * 60_000 + "]", "more than 50000 values, aliases expanded"),
        ("#" * (limits.RULES_FILE_BYTES + 1), "file is longer than 2000000 characters"),
        # each level nests the one before, so aliases alone go deeper than the text does
        (
            "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [[[*a{n - 1}]]]" for n in range(1, 20))]),
            "nested more than 20 deep",
        ),
    ],
)
def test_a_bomb_does_not_go_off(text: str, problem: str) -> None:
    started = time.process_time()
    document = read("f.yaml", text)
    assert problem in str(document.problems[0])
    assert time.process_time() - started < 5


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_no_text_is_a_crash(text: str) -> None:
    document = read("f.yaml", text)
    assert document.value is None or not [p for p in document.problems if "not valid YAML" in str(p)]


@given(st.text(alphabet="[]{}:-,&*!|>'\"%@`#? \n\tab1~", max_size=60))
def test_no_punctuation_is_a_crash(text: str) -> None:
    for problem in read("f.yaml", text).problems:
        assert problem.position.line >= 1
        assert problem.position.column >= 1
