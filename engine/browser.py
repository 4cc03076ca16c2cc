"""A browser without a window: prints reports as PDF, and is what the tests look at the pages with.

The machine's own Chromium where there is one that has Korean letters; else Debian's, fetched like every other program.
It opens nothing but our own files and pages.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from engine import fetch

PRINT_WITHIN_S = 60
# Its sandbox needs rights that root and many containers do not give it; without the sandbox the zygote has no use.
FLAGS = ("--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-dev-shm-usage")


class BrowserError(Exception):
    """The browser could not do it; the message has its last words."""


def executable() -> Path:
    """A file that starts it, fetched first if need be. FetchError where it cannot be had."""
    chromium = fetch.program("chromium")
    if chromium.root == Path("/"):
        return Path("/") / chromium.binary
    return _starter(chromium)


def environment() -> dict[str, str]:
    """For its process: the fetched one sees the fetched fonts."""
    root = fetch.home() / "chromium"
    fonts = root / "fonts.conf"
    return {**os.environ, "FONTCONFIG_FILE": str(fonts)} if fonts.exists() else dict(os.environ)


def print_pdf(page: Path, into: Path) -> None:
    """Print an HTML file. Raises BrowserError, FetchError."""
    with tempfile.TemporaryDirectory(prefix="ringmaster-browser-") as profile:
        words = [str(executable()), "--headless", *FLAGS, f"--user-data-dir={profile}", "--no-pdf-header-footer"]
        try:
            done = subprocess.run(
                [*words, f"--print-to-pdf={into}", page.as_uri()],
                env=environment(),
                capture_output=True,
                text=True,
                timeout=PRINT_WITHIN_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BrowserError(f"the browser did not print: {error}") from error
    if done.returncode or not into.exists():
        raise BrowserError(f"the browser did not print (exit {done.returncode}):\n{done.stderr[-1000:]}")


def _starter(chromium: fetch.Program) -> Path:
    """A script that starts it, written anew when its folder has moved.

    Chromium starts its own processes, and finds its files, by the path of what the kernel runs: that is the loader.
    So a copy of the loader lies beside its files, and its processes are started by the same script.
    """
    starter = chromium.root / "start"
    loader, *rest = chromium.argv()
    beside = (chromium.root / chromium.binary).with_name("loader")
    words = " ".join(f"'{word}'" for word in (str(beside), *rest, f"--browser-subprocess-path={starter}"))
    script = f'#!/bin/sh\nexec {words} "$@"\n'
    if starter.exists() and starter.read_text(encoding="utf-8") == script:
        return starter
    shutil.copyfile(loader, beside)
    beside.chmod(0o755)
    cache, fonts = chromium.root / "var/cache/fonts", chromium.path("usr/share/fonts")
    (chromium.root / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n'
        f"<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>\n",
        encoding="utf-8",
    )
    fresh = starter.with_name(f"start.{os.getpid()}")
    fresh.write_text(script, encoding="utf-8")
    fresh.chmod(0o755)
    fresh.replace(starter)
    return starter
