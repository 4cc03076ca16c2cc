"""Hundreds of damaged rules files: every one is either sound or a list of problems with places, never a crash."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dialplan import checks, validation
from dialplan.loader import FILE_NAMES
from dialplan.yamlsource import Document, read

RULES = Path(__file__).resolve().parents[2] / "dialplan" / "rules"
TEXTS = {name: (RULES / name).read_text(encoding="utf-8") for name in FILE_NAMES}
DOCUMENTS = {name: read(name, text) for name, text in TEXTS.items()}
DAMAGE = ["", " ", "\n", "\t", ":", "- ", "[", "]", "{", "}", "&a ", "*a", "!x ", "'", '"', "#", "|", ">", "%", "?", "~", "-1", "1e999", "😀", "\x00", "\ufeff", "x" * 200]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str]:
    name = draw(st.sampled_from(["hours.yaml", "queues.yaml", "trunks.yaml"]))
    text = TEXTS[name]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.sampled_from([0, 0, 1, 1, 2, 10, 100]))
        text = text[:start] + draw(st.sampled_from(DAMAGE)) + text[end:]
    return name, text


@settings(max_examples=600, deadline=None)
@given(damaged())
def test_a_damaged_file_is_never_a_crash(case: tuple[str, str]) -> None:
    name, text = case
    documents: dict[str, Document] = {**DOCUMENTS, name: read(name, text)}
    files = validation.validate(documents)
    problems = [*documents[name].problems, *files.problems, *checks.check(files)]
    for problem in problems:
        assert problem.position.file in FILE_NAMES
        assert problem.position.line >= 1
        assert problem.message
    if name not in files.models:
        assert problems
