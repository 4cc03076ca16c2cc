"""The wallboard as people see it: in Chromium, 1920 by 1080, with a real server behind it and figures that a test sets."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.wire.web_peer import AGENTS, Engine, Site, snapshot

TV = {"width": 1920, "height": 1080}
LEAST_NUMBER_PX = 100  # of the four great figures, and of how many wait
LEAST_ROW_PX = 44
LEAST_CONTRAST = 4.5


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def engine(site: Site) -> Iterator[Engine]:
    yield site.start_engine()
    site.stop_engine()


class Screen:
    """A page, and whatever it complained of."""

    def __init__(self, browser: Browser, url: str, size: dict[str, int]) -> None:
        self.complaints: list[str] = []
        self.page: Page = browser.new_page(viewport=size)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)

    def text(self, element: str) -> str:
        return self.page.locator(f"#{element}").inner_text().strip()

    def level(self, element: str) -> str | None:
        return self.page.locator(f"#{element}").get_attribute("data-level")

    def table(self, element: str) -> list[list[str]]:
        rows: list[list[str]] = self.page.evaluate(
            "id => [...document.getElementById(id).rows].map(r => [...r.cells].map(c => c.textContent))", element
        )
        return rows

    def wait(self, condition: Callable[[], bool], within_s: float = 30) -> None:
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, self.page.locator("body").inner_text()
            self.page.wait_for_timeout(20)  # the driver's own events are read meanwhile

    def close(self) -> None:
        self.page.close()


@pytest.fixture
def screen(browser: Browser, site: Site, engine: Engine) -> Iterator[Screen]:
    opened = Screen(browser, site.url, TV)
    opened.wait(lambda: engine.asked > 1 and opened.text("handled-value") == "1,200")
    yield opened
    opened.close()
    assert opened.complaints == []


def test_every_figure_is_the_engines(screen: Screen) -> None:
    assert screen.text("handled-value") == "1,200"
    assert screen.text("to_officials-value") == "310"
    assert screen.text("answer_rate-value") == "98.6%"  # 1200 / 1217
    assert screen.text("service_level-value") == "96.9%"  # 1180 / 1217
    assert screen.text("service_level-note") == "≤ 20 초\n단시간 포기 제외"
    assert screen.text("waiting-value") == "2"
    assert screen.text("oldest-value") == "0:12"
    assert screen.text("estimated-value") == "0:25"
    assert screen.table("language-rows") == [
        ["한국어", "2", "0:12", "0:25"], ["영어", "0", "–", "–"], ["일본어", "0", "–", "–"], ["중국어", "0", "–", "–"],
    ]  # fmt: skip
    assert screen.table("agent-rows") == [
        ["1팀", "0", "0", "1", "0", "1", "0"], ["2팀", "1", "0", "0", "0", "0", "0"], ["전체", "1", "0", "1", "0", "1", "0"],
    ]  # fmt: skip
    assert len(AGENTS) == 4  # one is logged out, and on no board
    assert screen.page.locator("#plot canvas").count() == 1


def test_a_level_is_a_colour_a_sign_and_a_word(screen: Screen, engine: Engine) -> None:
    assert screen.level("answer_rate") == "good"
    assert screen.text("answer_rate-level") == "✔ 양호"
    assert screen.text("service_level-level") == "▲ 주의"
    counts = {"answered": 80, "answered_within": 70, "abandoned": 20}
    waiting = {"ko": {"count": 12, "oldest_s": 90.0, "estimated_s": 200.0}}
    engine.figures = lambda: snapshot(counts=counts, waiting=waiting)
    engine.happen()
    screen.wait(lambda: screen.level("answer_rate") == "bad")
    assert screen.text("answer_rate-level") == "✖ 위험"
    assert screen.text("waiting-level") == "✖ 위험"
    assert screen.table("language-rows")[0] == ["한국어", "12", "1:30", "3:20"]
    sign = "[...document.querySelectorAll('#language-rows tr:first-child td')].map(c => getComputedStyle(c, '::before').content)"
    assert screen.page.evaluate(sign) == ["none", "none", '"✖ "', '"✖ "']
    fills = {
        level: screen.page.locator(f"#{element}").evaluate("one => getComputedStyle(one).borderStyle + getComputedStyle(one).borderTopWidth")
        for level, element in (("none", "handled"), ("bad", "answer_rate"))
    }  # fmt: skip
    assert fills["none"] != fills["bad"]  # in a picture without colours too


def test_an_event_is_seen_at_once(screen: Screen, engine: Engine) -> None:
    late_s = []
    for number in range(20):
        engine.figures = lambda number=number: snapshot(counts={"answered": number})
        at = engine.happen()

        def seen(at: float = at) -> bool:
            return float(screen.page.locator("body").get_attribute("data-fact-at") or 0) == at

        screen.wait(seen)
        late_s.append(float(screen.page.locator("body").get_attribute("data-shown-at") or 0) - at)
        assert screen.text("handled-value") == str(number)
        screen.page.wait_for_timeout(120)
    # Pushed, not found at the next look, which is a second after the last. On a quiet machine: `bench wallboard`.
    assert sorted(late_s)[4] < 0.6, late_s


def test_old_figures_are_called_old_and_new_ones_come_by_themselves(screen: Screen, site: Site) -> None:
    site.stop_engine()
    screen.wait(lambda: screen.text("notice") == "엔진이 응답하지 않습니다")
    assert screen.text("handled-value") == "1,200"
    screen.wait(lambda: re.match(r"\d+ 초 전 자료입니다", screen.text("notice")) is not None)
    assert "old" in (screen.page.locator("body").get_attribute("class") or "")
    site.start_engine().figures = lambda: snapshot(counts={"answered": 3})
    screen.wait(lambda: screen.text("handled-value") == "3")
    assert not screen.page.locator("#notice").is_visible()


def test_an_engine_that_hangs_shows_too(screen: Screen, engine: Engine) -> None:
    frozen = snapshot()
    engine.figures = lambda: frozen  # answers, and never anything new
    screen.wait(lambda: re.match(r"\d+ 초 전 자료입니다", screen.text("notice")) is not None)


def test_it_comes_back_when_its_server_does(browser: Browser, tmp_path: Path) -> None:
    first = Site(tmp_path)
    first.start_engine()
    shown = Screen(browser, f"{first.url}/?lang=en", TV)
    shown.wait(lambda: shown.text("handled-value") == "1,200")
    first.stop()
    shown.wait(lambda: shown.text("notice") == "Connecting again")
    second = Site(tmp_path, "--port", str(first.port))
    try:
        second.start_engine().figures = lambda: snapshot(counts={"answered": 8})
        shown.wait(lambda: shown.text("handled-value") == "8")
    finally:
        shown.close()
        second.stop()


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_is_read_from_ten_metres(browser: Browser, site: Site, engine: Engine, language: str, theme: str) -> None:
    """The busiest day that fits the labels: four digits everywhere, minutes of waiting, all agents in one state."""
    many: dict[str, Any] = {
        "counts": {
            "answered": 2210,
            "answered_within": 2100,
            "abandoned": 60,
            "transferred": 1400,
            "to_officials": 1310,
        },
        "waiting": {key: {"count": 108, "oldest_s": 700.0, "estimated_s": 700.0} for key in ("ko", "en", "ja", "zh")},
        "agents": [
            {"id": str(n), "name": "", "team": f"team{n % 3}", "presence": "available", "work": work, "reason": None}
            for n in range(30)
            for work in ("idle", "reserved", "connected", "wrapup")
        ],
        "teams": {f"team{n}": {"ko": f"{n + 1}팀", "en": f"Team {n + 1}"} for n in range(3)},
    }
    engine.figures = lambda: snapshot(**many)
    shown = Screen(browser, f"{site.url}/?lang={language}&theme={theme}", TV)
    try:
        shown.wait(lambda: shown.text("handled-value") == "2,210")
        body = "document.documentElement"
        assert shown.page.evaluate(f"[{body}.scrollWidth, {body}.scrollHeight]") == [1920, 1080]
        sizes = shown.page.evaluate(SIZES)
        assert min(sizes["numbers"]) >= LEAST_NUMBER_PX
        assert min(sizes["rows"]) >= LEAST_ROW_PX
        assert shown.page.evaluate(CUT_OFF) == []
        faint = [one for one in shown.page.evaluate(CONTRASTS) if one["ratio"] < LEAST_CONTRAST]
        assert faint == []
        assert shown.page.evaluate("document.documentElement.lang") == language
    finally:
        shown.close()
    assert shown.complaints == []


def test_a_smaller_screen_shows_all_of_it(browser: Browser, site: Site, engine: Engine) -> None:
    shown = Screen(browser, site.url, {"width": 1280, "height": 720})
    try:
        shown.wait(lambda: shown.text("handled-value") == "1,200")
        body = "document.documentElement"
        assert shown.page.evaluate(f"[{body}.scrollWidth, {body}.scrollHeight]") == [1280, 720]
        assert shown.page.evaluate(CUT_OFF) == []
    finally:
        shown.close()


def test_who_must_log_in_can(browser: Browser, tmp_path: Path) -> None:
    with Site(tmp_path, "--login") as locked:
        locked.start_engine()
        shown = Screen(browser, locked.url, TV)
        shown.page.fill("#password", "guess")
        shown.page.click("button")
        assert shown.page.get_by_role("alert").inner_text() == "비밀번호가 맞지 않습니다"
        shown.page.fill("#password", (locked.state / "web-password").read_text().strip())
        shown.page.click("button")
        shown.wait(lambda: shown.text("handled-value") == "1,200")
        port = locked.port
    # A new password: the page that hangs on the wall leads to the form by itself.
    (tmp_path / "state" / "web-password").unlink()
    with Site(tmp_path, "--login", "--port", str(port)):
        shown.page.wait_for_selector("#password", timeout=20_000)
        shown.close()


SIZES = """() => {
  const px = (one) => parseFloat(getComputedStyle(one).fontSize);
  return { numbers: [...document.querySelectorAll(".number")].map(px), rows: [...document.querySelectorAll("td")].map(px) };
}"""

# Texts that their tile or cell is too narrow for, and ones that lie on each other.
CUT_OFF = """() => {
  const found = [];
  for (const tile of document.querySelectorAll(".tile, header")) {
    const frame = tile.getBoundingClientRect(), texts = [];
    const walker = document.createTreeWalker(tile, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (!node.textContent.trim() || node.parentElement.closest("small, .u-wrap, [hidden]")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      if (box.left < frame.left || box.right > frame.right + 1 || box.bottom > frame.bottom + 12) found.push("cut off: " + node.textContent);
      for (const [other, text] of texts) {
        // A line's box is taller than its letters.
        const apart = Math.min(box.right, other.right) - Math.max(box.left, other.left) < 2
          || Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) < 0.3 * Math.min(box.height, other.height);
        if (!apart) found.push(text + " on " + node.textContent);
      }
      texts.push([box, node.textContent]);
    }
  }
  return found;
}"""

# WCAG's contrast of each text against what it stands on.
CONTRASTS = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (one) => { while (one) { const c = rgb(getComputedStyle(one).backgroundColor); if (c.length < 4 || c[3] > 0) return c; one = one.parentElement; } return [255, 255, 255]; };
  return [...document.querySelectorAll("h1, h2, small, .number, .level, .note, dt, dd, th, td, time, .legend li")]
    .filter((one) => one.textContent.trim())
    .map((one) => {
      const [a, b] = [luminance(rgb(getComputedStyle(one).color)), luminance(ground(one))].sort((x, y) => y - x);
      return { text: one.textContent.trim(), ratio: (a + 0.05) / (b + 0.05) };
    });
}"""
