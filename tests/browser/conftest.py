"""One browser for this folder: Chromium without a window, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from engine import browser as chromium


@pytest.fixture(scope="module")  # its event loop runs in this thread for as long: no other module may meet it
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=chromium.executable(),
            args=[flag for flag in chromium.FLAGS if flag != "--disable-gpu"],
            env=chromium.environment(),
        )
        yield opened
        opened.close()
