"""Each mistake an operator can make is told once, at file:line:column, with what was probably meant."""

from pathlib import Path

import pytest

from dialplan.loader import FILE_NAMES, RulesError, load
from tests.unit.dialplan.conftest import CITY, Folder

# file, what stands there, what the operator writes instead, where the problem is shown (a text in the file), message
MISTAKES = [
    ("queues.yaml", "  wrapup_s: 30 ", "  wrapup: 30 ", "wrapup: 30", "unknown key `wrapup`; did you mean `wrapup_s`?"),
    ("queues.yaml", "ring_timeout_s: 10", "ring_timeout_s: ten", "ten", "expected a number, found `ten`"),
    ("queues.yaml", "ring_timeout_s: 10", "ring_timeout_s: .nan", ".nan", "expected a number, found `.nan`"),
    ("queues.yaml", "ring_timeout_s: 10", "ring_timeout_s: 1", "1 ", "1 is too small: at least 2"),
    ("queues.yaml", "max_waiting: 100", "max_waiting: 1.5", "1.5", "expected a whole number, found `1.5`"),
    (
        "queues.yaml", "strategy: best_skill", "strategy: best_skil  # nearly", "best_skil  #",
        "`best_skil` is not one of longest_idle, best_skill, least_occupied; did you mean `best_skill`?",
    ),
    ("queues.yaml", "{passport: 2}", "{pasport: 2}", "pasport: 2", "no skill is called `pasport`; did you mean `passport`?"),
    ("queues.yaml", "{passport: 2}", "{passport: 6}", "6}", "6 is too large: at most 5"),
    ("queues.yaml", "steps: []", "steps: [{after_s: 20}]", "{after_s", "missing key `skills`"),
    ("queues.yaml", "steps: []", "steps: [{after_s: 20, skills: {}, interpreter: true}]", "interpreter: true", "unknown key `interpreter`; did you mean `allow_interpreter`?"),
    ("queues.yaml", "skills: {property: 2}", "skills: {property: 2}\n    steps: [{after_s: 20, skills: {property: 4}}]", "property: 4}}", "a step may only ask for less: property>=4 is more than before it"),
    ("queues.yaml", "skills: {property: 2}", "skills: {property: 2}\n    steps: [{after_s: 20, skills: {city: 1}}]", "city: 1}}", "a step may only ask for less: city>=1 is more than before it"),
    ("queues.yaml", "skills: {property: 2}", "skills: {property: 2}\n    steps: [{after_s: 20, skills: {property: 1}}, {after_s: 20, skills: {}}]", "20, skills: {}", "a step after 20 s follows one after 20 s"),
    ("queues.yaml", "skills: {property: 2}", "skills: {property: 2}\n    steps: [{after_s: 2, skills: {}, allow_interpreter: true}, {after_s: 5, skills: {}}]", "{after_s: 5", "the step before allows an interpreter, so this one must too"),
    ("queues.yaml", "queues:\n", "callers: [{numbers: [abc], why: 시청}]\nqueues:\n", "abc", "`abc` does not fit here; expected a telephone number of digits only, or its beginning and a *"),
    ("queues.yaml", "queues:\n", "callers: [{numbers: ['031'], why: 시청}, {numbers: ['031'], why: 시청}]\nqueues:\n", "'031'], why: 시청}]", "031 is listed twice"),
    ("queues.yaml", "  attempts: 3 ", "  atempts: 3 ", "atempts", "unknown key `atempts`; did you mean `attempts`?"),
    ("queues.yaml", "slot_minutes: 30 ", "slot_minutes: 25 ", "25 ", "expected 10, 15, 20, 30 or 60 minutes, found `25`"),
    ("queues.yaml", "retry_every_s: 600", "retry_every_s: 0.5", "0.5", "0.5 is too small: at least 1"),
    ("agents.yaml", "profiles:\n", "profiles:\n  x: {queues: [{queue: txa}]}\n", "{queue: txa", "no queue is called `txa`; did you mean `tax`?"),
    ("agents.yaml", "profiles:\n", "profiles:\n  x: {queues: [{queue: tax}, {queue: tax}]}\n", "{queue: tax}]", "queue `tax` has a row already"),
    ("agents.yaml", "1002: {name: 상담사 02, ", "1002: {profile: nobody, name: 상담사 02, ", "nobody", "no profile is called `nobody`; known here: water_desk, welfare_desk"),
    ("queues.yaml", "  tax:\n", "  Tax:\n", "Tax:", "`Tax` does not fit here; expected a name of small letters, digits and _ such as real_estate"),
    ("queues.yaml", "  general:", "  none:", "none:", "`none` means that nobody answers; name the queue otherwise"),
    ("menus.yaml", "queue: passport", "queue: pasport", "pasport", "no queue is called `pasport`; did you mean `passport`?"),
    ("menus.yaml", "3: {topic: passport}", "3: {topic: pasport}", "pasport", "no topic is called `pasport`; did you mean `passport`?"),
    ("menus.yaml", "9: {menu: more}", "9: {menu: mor}", "mor}", "no menu is called `mor`; did you mean `more`?"),
    ("menus.yaml", "9: {menu: more}", "9: {menu: topics}  # round", "topics}  #", "key 9 leads back to its own menu"),
    ("menus.yaml", "5: {topic: welfare}", "5: {}", "{}", "key 5 must lead to a topic or to a menu, and only one of them"),
    ("menus.yaml", "5: {topic: welfare}", "5: {topic: welfare, menu: more}", "{topic: welfare, m", "key 5 must lead to a topic or to a menu, and only one of them"),
    ("menus.yaml", "5: {topic: welfare}", "'*': {topic: welfare}", "'*'", "`*` does not fit here; expected one key from 0 to 9 (* and # belong to every menu)"),
    ("menus.yaml", "5: {topic: welfare}", "4: {topic: welfare}", "4: {topic: welfare}", "key `4` is used twice; first on line 33"),
    ("menus.yaml", "any_topic: any ", "any_topic: nay ", "nay", "no topic is called `nay`; did you mean `any`?"),
    ("menus.yaml", "en: topics,", "en: topic,", "topic,", "no menu is called `topic`; did you mean `topics`?"),
    ("menus.yaml", "en: topics, ", "", "{ko: topics", "missing language en; all of ko, en, ja, zh are needed"),
    ("menus.yaml", "2: en,", "2: ja,", "{1: ko", "no key chooses en"),
    ("menus.yaml", "4: zh}", "4: kr}", "kr}", "`kr` is not one of ko, en, ja, zh"),
    ("menus.yaml", "greeting: greeting", "greeting: greting", "greting", "prompts.yaml has no `greting`; did you mean `greeting`?"),
    ("menus.yaml", "  goodbye: goodbye\n", "", "language_again: language_again", "missing key `goodbye`"),
    ("queues.yaml", "share: 0.2 ", "share: 20% ", "20% ", "expected a number, found `20%`; write 0.2"),
    ("menus.yaml", "share: 0.26", "share: 26", "26", "26 is too large: at most 1"),
    ("agents.yaml", "{name: 상담사 02, team: team1", "{name: 상담사 02, team: tem1", "tem1", "no team is called `tem1`; did you mean `team1`?"),
    ("agents.yaml", "name: 상담사 02", "name: 상담사 01", "상담사 01, team: team1, languages: [ko], skills: {city", "`상담사 01` is the name of 1001 already"),
    ("agents.yaml", "  1002: ", "  102: ", "102: {", "`102` does not fit here; expected an extension of four digits such as 1001"),
    ("agents.yaml", "supervisor: true", "supervisor: maybe", "maybe", "expected true or false, found `maybe`"),
    ("agents.yaml", "languages: [ko, en]", "languages: [ko, ko, en]", "ko, en]", "language ko is listed twice"),
    ("agents.yaml", "break: {key: 2", "break: {key: 1", "1, label: {ko: 휴식", "key 1 is `lunch` already"),
    ("hours.yaml", '"08:00-19:00"]', '"08:00-12:00", "11:30-19:00"]', '"11:30', "11:30-19:00 overlaps 08:00-12:00"),
    ("hours.yaml", '"08:00-19:00"]', '"19:00-08:00"]', '"19:00-08:00"', "19:00-08:00 closes before it opens; hours past midnight are two entries, on two days"),
    ("hours.yaml", 'weekday: ["08:00-19:00"]', "weekday: 08:00-19:00", "08:00-19:00  ", 'expected a list, found `08:00-19:00`; write `["08:00-19:00"]`'),
    ("trunks.yaml", "carriers: []", "carriers: {name: a, registration: a@b.example}", "{name: a", "expected a list, found `keys with values`; begin it with `- `"),
    ("hours.yaml", '"08:00-19:00"]', '"8-19"]', '"8-19"', "expected a time such as 09:00, found `8`"),
    ("hours.yaml", '"08:00-19:00"]', '"24:00-24:00"]', '"24:00-', "24:00 is not a time of day; a day begins at 00:00"),
    ("hours.yaml", "zone: Asia/Seoul", "zone: Asia/Tokyo", "Asia/Tokyo", "expected Asia/Seoul, found `Asia/Tokyo`"),
    ("hours.yaml", "  remove: []", "  remove: [2027-02-30]", "2027-02-30", "2027-02-30 is not a date of the calendar"),
    ("hours.yaml", "  remove: []", "  remove: [27-02-01]", "27-02-01", "expected a date such as 2027-01-29, found `27-02-01`"),
    ("trunks.yaml", "max_calls: 200", "max_calls: 0", "0  ", "0 is too small: at least 1"),
    ("trunks.yaml", "carriers: []", "carriers: [{name: a}]", "{name: a}", "carrier `a` needs either addresses or a registration, and only one"),
    ("trunks.yaml", '["112", "119"]', '["112", "1001"]', '"1001"', "1001 is an agent's extension"),
    ("trunks.yaml", "numbers: [", "numbers: []  # [", "[]  #", "must not be empty"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "where", "message"), MISTAKES, ids=[row[4][:50] for row in MISTAKES])
def test_a_mistake_is_told_in_its_place(
    folder: Folder, file: str, old: str, new: str, where: str, message: str
) -> None:
    folder.replace(file, old, new)
    assert f"{folder.place(file, where)}: {message}" in folder.problems()


def test_one_mistake_is_told_once(folder: Folder) -> None:
    folder.replace("queues.yaml", "ring_timeout_s: 10", "ring_timeout_s: ten")
    assert folder.problems() == [f"{folder.place('queues.yaml', 'ten')}: expected a number, found `ten`"]


def test_a_misspelt_name_is_told_once(folder: Folder) -> None:
    folder.replace("queues.yaml", "  wrapup_s: 30 ", "  wrapup: 30 ")
    folder.replace("menus.yaml", "3: {topic: passport}", "3: {topic: pasport}")
    assert folder.problems() == [
        f"{folder.place('menus.yaml', 'pasport')}: no topic is called `pasport`; did you mean `passport`?",
        f"{folder.place('queues.yaml', 'wrapup: ')}: unknown key `wrapup`; did you mean `wrapup_s`?",
    ]


def test_a_misspelt_skill_is_told_once(folder: Folder) -> None:
    folder.replace("queues.yaml", "{passport: 2}", "{pasport: 2}")
    assert folder.problems() == [
        f"{folder.place('queues.yaml', 'pasport: 2')}: no skill is called `pasport`; did you mean `passport`?"
    ]


def test_all_mistakes_of_all_files_are_told_at_once(folder: Folder) -> None:
    folder.replace("queues.yaml", "wrapup_s: 30", "wrapup_s: -1")
    folder.replace("menus.yaml", "3: {topic: passport}", "3: {topic: pasport}")
    folder.replace("agents.yaml", "team: team1, languages: [ko, en]", "team: team9, languages: [ko, fr]")
    folder.replace("hours.yaml", "day_off:", "days_off:")
    problems = folder.problems()
    for part in (
        "-1 is too small",
        "`pasport`",
        "`team9`",
        "`fr` is not one of",
        "unknown key `days_off`",
    ):
        assert sum(part in problem for problem in problems) == 1, (part, problems)
    assert [problem.split(":")[0] for problem in problems] == sorted(problem.split(":")[0] for problem in problems)


def test_a_topic_nobody_can_answer_in_korean(folder: Folder) -> None:
    folder.replace("queues.yaml", "skills: {internet: 2}", "skills: {internet: 5, tax: 5}")
    folder.replace("menus.yaml", "en: internet,", "en: general,")
    assert folder.problems() == [
        folder.place("menus.yaml", "internet, en: general")
        + ": no agent can answer topic `internet` in ko: queue `internet` needs internet>=5 & tax>=5"
    ]


def test_a_language_without_an_agent_names_another_queue_or_none(folder: Folder) -> None:
    folder.replace(
        "menus.yaml",
        "queue: {ko: environment, en: environment, ja: general,",
        "queue: {ko: environment, en: environment, ja: environment,",
    )
    place = folder.place("menus.yaml", "environment, zh")
    assert folder.problems() == [
        place
        + ": no agent can answer topic `environment` in ja: queue `environment` needs environment>=2"
        + "; name another queue or write `none`"
    ]
    folder.replace("menus.yaml", "ja: environment,", "ja: none,")
    assert folder.problems() == [
        f"{folder.place('menus.yaml', 'none, zh')}: `none` needs the sentence that such a caller hears: `said.not_served`"
    ]
    folder.replace("menus.yaml", "  goodbye: goodbye\n", "  goodbye: goodbye\n  not_served: sorry_fault\n")
    assert folder.problems() == []


def test_korean_is_always_served(folder: Folder) -> None:
    folder.replace("menus.yaml", "queue: {ko: water, en: water", "queue: {ko: none, en: water")
    place = folder.place("menus.yaml", "none, en: water")
    assert f"{place}: topic `water` must be answered in Korean; `none` is for other languages" in folder.problems()


def test_unreachable_choices(folder: Folder) -> None:
    folder.replace("menus.yaml", "      9: {menu: more}\n", "")
    problems = folder.problems()
    assert f"{folder.place('menus.yaml', 'more:')}: menu `more` cannot be reached: no key leads to it" in problems
    assert f"{folder.place('menus.yaml', 'water:')}: topic `water` cannot be reached: no key leads to it" in problems


def test_special_days_that_contradict(folder: Folder) -> None:
    folder.replace("hours.yaml", "  add: {}", "  add: {2027-03-03: 임시공휴일, 2027-03-04: 선거일}")
    folder.replace("hours.yaml", "  remove: []", "  remove: [2027-03-04, 2027-03-04]")
    folder.replace(
        "hours.yaml", "special_days: {}", 'special_days: {2027-03-03: {hours: ["9:00-18:00"], name: 선거일}}'
    )
    folder.replace(
        "hours.yaml", "closures: []", 'closures: [{day: 2027-03-05, from: "15:00", to: "14:00", reason: 점검}]'
    )
    problems = folder.problems()
    assert f"{folder.place('hours.yaml', '2027-03-04: ')}: 2027-03-04 is both added and removed" in problems
    assert f"{folder.place('hours.yaml', '2027-03-04]')}: 2027-03-04 is removed twice" in problems
    assert (
        f"{folder.place('hours.yaml', '{day: 2027-03-05')}: the closure of 2027-03-05 ends before it begins" in problems
    )
    assert any(problem.endswith("expected a time such as 09:00, found `9:00`") for problem in problems)


def test_two_closures_overlap(folder: Folder) -> None:
    folder.replace(
        "hours.yaml", "closures: []",
        'closures:\n  - {day: 2027-03-05, from: "10:00", to: "24:00", reason: 점검}\n'
        '  - {day: 2027-03-05, from: "23:00", to: "23:30", reason: 정전}\n',
    )  # fmt: skip
    line = int(folder.place("hours.yaml", "점검").split(":")[1])
    assert folder.problems() == [f"hours.yaml:{line + 1}:5: overlaps the closure on line {line}"]


@pytest.mark.parametrize("name", FILE_NAMES)
def test_a_missing_file(folder: Folder, name: str) -> None:
    (folder.path / name).unlink()
    assert f"{name}:1:1: the file is missing from {folder.path}" in folder.problems()


@pytest.mark.parametrize("name", FILE_NAMES)
@pytest.mark.parametrize("text", ["", "[]", "just words", "null", "a: b: c", "\x00", "- [", "\t", "1: 2"])
def test_whatever_stands_in_a_file_is_a_problem_with_a_place(folder: Folder, name: str, text: str) -> None:
    (folder.path / name).write_text(text, encoding="utf-8")
    problems = folder.problems()
    assert any(problem.startswith(f"{name}:1:") for problem in problems), problems


def test_a_stray_file(folder: Folder) -> None:
    (folder.path / "menu.yaml").write_text("a: 1\n", encoding="utf-8")
    assert folder.problems() == ["menu.yaml:1:1: no rules file has this name; did you mean `menus.yaml`?"]


def test_not_utf_8(folder: Folder) -> None:
    data = (CITY / "hours.yaml").read_bytes() + "reason: 정전\n".encode("euc-kr")
    (folder.path / "hours.yaml").write_bytes(data)
    lines = data.count(b"\n")
    assert folder.problems()[0] == f"hours.yaml:{lines}:9: not UTF-8 text"


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="there is no such folder of rules"):
        load(tmp_path / "nowhere")


def test_a_sentence_is_there_in_every_language(folder: Folder) -> None:
    folder.replace("prompts.yaml", '    zh: "现在为您转接客服人员。"\n', "")
    folder.replace("prompts.yaml", '    ja: "相談員におつなぎいたします。"', '    ja: ""')
    problems = folder.problems()
    assert any(problem.endswith("a text is empty") for problem in problems)
    assert f"{folder.place('prompts.yaml', 'connecting:')}: prompt `connecting` has no text in ja, zh" in problems


def test_what_agents_hear_is_korean_alone(folder: Folder) -> None:
    text = (folder.path / "prompts.yaml").read_text(encoding="utf-8")
    assert "agent_available:\n    ko:" in text
    assert folder.problems() == []
