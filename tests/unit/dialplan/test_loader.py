"""Loading the city's rules, overrides, and the cache."""

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from holidays import country_holidays
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialplan.cache import RulesCache
from dialplan.language import Language
from dialplan.loader import FILE_NAMES, RulesError, load
from dialplan.queuerules import Strategy
from dialplan.ruleset import Ruleset
from tests.unit.dialplan.conftest import CITY, Folder


def test_the_citys_agents(city: Ruleset) -> None:
    assert list(city.agents) == [str(number) for number in range(1001, 1044)]
    assert len(city.teams) == 3
    assert {agent.team for agent in city.agents.values()} == set(city.teams)
    for language in Language:
        assert sum(language in agent.languages for agent in city.agents.values()) >= 2
    assert sum(agent.supervisor for agent in city.agents.values()) == 3
    assert all(1 <= level <= 5 for agent in city.agents.values() for level in agent.skills.values())


def test_the_citys_topics_are_asked_by_share(city: Ruleset) -> None:
    first = city.menus[city.root_menu[Language.KO]]
    topics = [choice.topic for key, choice in sorted(first.choices.items()) if choice.topic and key != "0"]
    shares = [city.topics[topic].share for topic in topics if topic]
    assert len(topics) == 5
    assert shares == sorted(shares, reverse=True)
    assert min(shares) >= max(topic.share for key, topic in city.topics.items() if key not in topics)
    assert sum(topic.share for topic in city.topics.values()) == pytest.approx(1)
    assert first.choices["9"].menu is not None
    assert first.choices["0"].topic == first.default_topic == city.any_topic


def test_any_topic_asks_for_no_skill(city: Ruleset) -> None:
    for language, queue in city.topics[city.any_topic].queue_by_language.items():
        assert queue is not None
        assert city.queues[queue].requirement(language).skills == ()


def test_a_queue_has_the_defaults_it_does_not_set(city: Ruleset) -> None:
    assert city.queues["health"].strategy is Strategy.BEST_SKILL
    assert city.queues["tax"].strategy is Strategy.LONGEST_IDLE
    assert {queue.wrapup_s for queue in city.queues.values()} == {30}


def test_rules_remember_their_lines(city: Ruleset) -> None:
    lines = (CITY / "agents.yaml").read_text(encoding="utf-8").splitlines()
    for number, agent in city.agents.items():
        assert lines[agent.source.line - 1].lstrip().startswith(f"{number}:")


def test_prompts_have_their_texts(city: Ruleset) -> None:
    assert set(city.prompts["connecting"]) == set(Language)
    assert set(city.prompts["greeting"]) == set(Language)
    assert "고양시" in city.prompts["greeting"][Language.KO]


def test_an_override_is_like_a_line_in_the_file(folder: Folder) -> None:
    rules = load(
        folder.path, ["queues.defaults.wrapup_s=0", "queues.queues.tax.wrapup_s=5", "menus.menus.topics.wait_s=1"]
    )
    assert {key: queue.wrapup_s for key, queue in rules.queues.items() if queue.wrapup_s} == {"tax": 5}
    assert rules.menus["topics"].wait_s == 1
    assert rules.digest != load(folder.path).digest


def test_an_override_may_write_a_whole_value(folder: Folder) -> None:
    rules = load(
        folder.path, ["hours.weekday=['10:00-12:00']", "hours.special_days.2027-03-03={hours: [], name: 선거일}"]
    )
    assert [str(part.closes) for part in rules.hours.weekday] == ["12:00:00"]
    assert rules.hours.special_days[date(2027, 3, 3)].name == "선거일"


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("queues.defaults.wrapup_s=-1", "-1 is too small: at least 0"),
        ("queues.defaults.wrapup_s=", "expected a number, found `nothing`"),
        ("queues.defaults.wrapup=0", "unknown key `wrapup`; did you mean `wrapup_s`?"),
        ("queue.defaults.wrapup_s=0", "no rules file is called `queue`; did you mean `queues`?"),
        ("queues.defaults.strategy.x=0", "`queues.defaults.strategy` has nothing called `x`"),
        (
            "trunks.carriers.0.name=x",
            "`trunks.carriers` has 0 entries, so no `0`; the whole list is written trunks.carriers=[…]",
        ),
        ("menus.menus.topics.keys.3.topic=pasport", "no topic is called `pasport`; did you mean `passport`?"),
        ("wrapup_s=0", "expected FILE.KEY.KEY=VALUE, such as queues.defaults.wrapup_s=0"),
        ("queues.defaults.wrapup_s", "expected FILE.KEY.KEY=VALUE, such as queues.defaults.wrapup_s=0"),
        ("queues.defaults..wrapup_s=0", "expected FILE.KEY.KEY=VALUE, such as queues.defaults.wrapup_s=0"),
        ("queues.defaults.wrapup_s=[", "not valid YAML: while parsing a flow node"),
    ],
)
def test_a_wrong_override_is_told_by_its_words(folder: Folder, override: str, problem: str) -> None:
    problems = folder.problems(override)
    assert problems[0].startswith(f"--set {override}: {problem}"), problems


def test_a_prompt_that_is_gone_is_missed(folder: Folder) -> None:
    folder.replace("prompts.yaml", "\n  connecting:", "\n  connectin:")
    assert folder.problems() == [
        f"{folder.place('queues.yaml', 'connecting ')}: prompts.yaml has no `connecting`; did you mean `connectin`?"
    ]


def test_the_cache_knows_content(folder: Folder, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = load(folder.path, (), cache)
    files = list(cache.glob("rules-*"))
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert cache.stat().st_mode & 0o777 == 0o700
    assert load(folder.path, (), cache) == first
    folder.replace("queues.yaml", "wrapup_s: 30", "wrapup_s: 31")
    assert load(folder.path, (), cache).queues["tax"].wrapup_s == 31
    folder.replace("queues.yaml", "wrapup_s: 31", "wrapup_s: x")
    with pytest.raises(RulesError):
        load(folder.path, (), cache)


def test_known_content_needs_no_heavy_import(folder: Folder, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load(folder.path, (), cache)
    code = (
        "import sys; from pathlib import Path; from dialplan.loader import load; "
        f"load(Path({str(folder.path)!r}), (), Path({str(cache)!r})); "
        "print([m for m in ('pydantic', 'ruamel.yaml', 'holidays') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CITY.parents[1])
    assert done.stdout.strip() == "[]"


def test_the_holidays_are_known_when_only_the_rules_changed(folder: Folder, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load(folder.path, (), cache)
    folder.replace("queues.yaml", "wrapup_s: 30", "wrapup_s: 31")
    code = (
        "import sys; from pathlib import Path; from dialplan.loader import load; "
        f"load(Path({str(folder.path)!r}), (), Path({str(cache)!r})); print('holidays' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CITY.parents[1])
    assert done.stdout.strip() == "False"


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.system, ("false",))


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps({"a": 1}), pickle.dumps(Evil()), b"\x80\x05."])
def test_a_foreign_cache_file_is_not_known(city: Ruleset, tmp_path: Path, content: bytes) -> None:
    cache = RulesCache(tmp_path / "cache")
    cache.put(city.digest, city)
    (file,) = (tmp_path / "cache").glob("rules-*")
    assert cache.get(city.digest) == city
    file.write_bytes(content)
    assert cache.get(city.digest) is None


def test_a_cache_that_others_may_write_is_not_read(city: Ruleset, tmp_path: Path) -> None:
    cache = RulesCache(tmp_path / "cache")
    cache.put(city.digest, city)
    (file,) = (tmp_path / "cache").glob("rules-*")
    file.chmod(0o622)
    assert cache.get(city.digest) is None


def test_other_code_knows_nothing(city: Ruleset, tmp_path: Path) -> None:
    RulesCache(tmp_path, "one").put(city.digest, city)
    assert RulesCache(tmp_path, "one").get(city.digest) == city
    assert RulesCache(tmp_path, "two").get(city.digest) is None


def test_the_cache_forgets_the_oldest(city: Ruleset, tmp_path: Path) -> None:
    cache = RulesCache(tmp_path)
    for n in range(20):
        digest = f"{n:02}" + "0" * 62
        cache.put(digest, replace(city, digest=digest))
    assert len(list(tmp_path.glob("rules-*"))) == 8


def test_a_cache_on_a_full_or_forbidden_place_is_no_error(city: Ruleset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    RulesCache(tmp_path / "file" / "cache").put(city.digest, city)
    assert RulesCache(tmp_path / "file" / "cache").get(city.digest) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_to_a_file_is_a_crash(folder: Folder, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([n for n in FILE_NAMES if n != "prompts.yaml"]))
    lines = (CITY / name).read_text(encoding="utf-8").splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        word = data.draw(
            st.sampled_from(["", "  ", "x", "- a\n", "a: b\n", "[]\n", "null\n", "{", "'", "\t", "&a ", "*a"])
        )
        lines[at] = data.draw(st.sampled_from([word, word + lines[at], lines[at].rstrip("\n") + word + "\n"]))
    (folder.path / name).write_text("".join(lines), encoding="utf-8")
    try:
        problems = folder.problems()
    finally:
        (folder.path / name).write_text((CITY / name).read_text(encoding="utf-8"), encoding="utf-8")
    assert all(problem.split(":")[1].isdigit() for problem in problems)


def test_the_calendar_imported_alone_is_the_packages_own(city: Ruleset) -> None:
    whole = country_holidays("KR", years=range(2000, 2100), language="ko", categories=("public",))
    assert dict(whole.items()) == city.hours.public_holidays
