"""wallboard.yaml: optional, and held against its shape like every rules file."""

from dialplan.loader import load
from dialplan.wallboardrules import Bounds, WallboardRule
from tests.unit.dialplan.conftest import CITY, Folder


def test_the_city_s_file_says_what_holds_without_one(folder: Folder) -> None:
    assert load(CITY).wallboard == WallboardRule()
    (folder.path / "wallboard.yaml").unlink()
    assert load(folder.path).wallboard == WallboardRule()


def test_a_bound_of_its_own(folder: Folder) -> None:
    folder.replace("wallboard.yaml", "waiting: {good: 3, bad: 10}", "waiting: {good: 0, bad: 5}")
    folder.replace("wallboard.yaml", "service_level_variant: short_excluded", "service_level_variant: strict")
    rule = load(folder.path).wallboard
    assert rule.waiting == Bounds(0, 5)
    assert rule.service_level_variant == "strict"
    assert load(folder.path, ["wallboard.oldest_wait_s.bad=90"]).wallboard.oldest_wait_s == Bounds(20, 90)


def test_bounds_the_wrong_way_round(folder: Folder) -> None:
    rates, waiting = "{good: 0.90, bad: 0.97}", "{good: 10, bad: 3}"
    folder.replace("wallboard.yaml", "answer_rate: {good: 0.97, bad: 0.90}", f"answer_rate: {rates}")
    folder.replace("wallboard.yaml", "waiting: {good: 3, bad: 10}", f"waiting: {waiting}")
    higher, lower = folder.problems()
    place = folder.place("wallboard.yaml", rates)
    assert higher == f"{place}: `bad` (0.97) is above `good` (0.9); higher is better here"
    assert lower == f"{folder.place('wallboard.yaml', waiting)}: `bad` (3) is below `good` (10); lower is better here"


def test_a_share_is_no_percentage_and_a_variant_is_one_of_three(folder: Folder) -> None:
    folder.replace("wallboard.yaml", "answer_rate: {good: 0.97,", "answer_rate: {good: 97,")
    folder.replace("wallboard.yaml", "variant: short_excluded", "variant: best")
    folder.replace("wallboard.yaml", "oldest_wait_s:", "oldest_wait:")
    assert folder.problems() == [
        f"{folder.place('wallboard.yaml', 'best')}: expected strict, short_excluded or answered_only, found `best`",
        f"{folder.place('wallboard.yaml', '97, bad', 2)}: 97 is too large: at most 1",
        f"{folder.place('wallboard.yaml', 'oldest_wait:')}: unknown key `oldest_wait`; did you mean `oldest_wait_s`?",
    ]
