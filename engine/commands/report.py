"""`./ringmaster report`: the official figures of a day, a week or a month, from the journal.

Works without a running centre. The figures are `acd.journal.report`; how they are written is `web.reports`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from acd.journal.report import By, Report, reports
from acd.journal.store import Store, exists
from engine import reportlabels
from engine.settings import default_state, journal_of
from web.reports import files
from web.reports.columns import Labels
from web.reports.period import Period, Span, period
from web.words import PAGE_LANGUAGES


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with the figures on stdout or in the files named; 1 without a journal; 2 for words that make no sense."""
    parser = _parser()
    options = parser.parse_args(arguments)
    state: Path = options.state.absolute()
    span = Span.MONTH if options.month is not None else Span.WEEK if options.week is not None else Span.DAY
    text = next((one for one in (options.month, options.week, options.day) if one is not None), "today")
    try:
        when = period(span, text, time.time())
    except ValueError as error:
        parser.error(str(error))
    database = journal_of(state)
    if not exists(database):
        print(f"report: there is no journal at {database}", file=sys.stderr)
        return 1
    try:
        return _report(database, when, options, reportlabels.of(state))
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error)
        hint = "; it is of an older version: start the centre once (`up`)" if "no such table" in said else ""
        print(f"report: {database} cannot be read: {said}{hint}", file=sys.stderr)
    except BrokenPipeError:
        raise
    except OSError as error:
        why = f"{error.filename} cannot be written: {error.strerror}" if error.filename else str(error)
        print(f"report: {why}", file=sys.stderr)
    return 1


def _report(database: Store, when: Period, options: argparse.Namespace, labels: Labels) -> int:
    # Late: the words of the command line are checked before pages' packages are loaded.
    from web.reports.page import kinds_of, render  # noqa: PLC0415

    chosen = By(options.by) if options.by else None
    whole = [options.html, options.xlsx, options.pdf]
    kinds = (chosen,) if chosen else kinds_of(when.span) if any(whole) else (By.QUEUE,)
    counted = reports(database, when.begin, when.end, kinds)
    table = next(one for one in counted if one.by is (chosen or By.QUEUE))
    page = render(counted, when, labels, options.language, now=time.time()) if options.html or options.pdf else ""
    if options.html:
        _write(options.html, page.encode())
    if options.xlsx:
        _write(options.xlsx, files.as_xlsx(counted, when, labels, options.language))
    if options.csv:
        _write(options.csv, files.as_csv(table, labels, options.language).encode())
    if options.pdf and not _print(page, options.pdf):
        return 1
    if options.json:
        print(json.dumps(files.as_json(table, when), ensure_ascii=False, indent=1))
    elif not any((*whole, options.csv)):
        _tell(table, when, labels, options.language)
    return 0


def _tell(table: Report, when: Period, labels: Labels, language: str) -> None:
    print(when.name())
    if not table.is_whole:
        print("(not over yet)" if language == "en" else "(아직 끝나지 않은 기간)")
    print(files.as_text(table, labels, language))


def _print(page: str, into: Path) -> bool:
    """On paper, by a browser without a window; False when there is none, and why is said."""
    from engine import browser, fetch  # noqa: PLC0415 - only for paper

    with tempfile.TemporaryDirectory(prefix="ringmaster-report-") as folder:
        source = Path(folder, "report.html")
        source.write_text(page, encoding="utf-8")
        try:
            browser.print_pdf(source, into.absolute())
        except (browser.BrowserError, fetch.FetchError) as error:
            print(f"report: {error}\n--html writes the same as a page that any browser prints.", file=sys.stderr)
            return False
    into.chmod(0o600)
    print(f"wrote {into}", file=sys.stderr)
    return True


def _write(into: Path, content: bytes) -> None:
    """0600: what a centre does is the city's business."""
    if str(into) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    into.touch(mode=0o600, exist_ok=True)
    into.write_bytes(content)
    print(f"wrote {into}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster report", description="The official figures of a day, a week or a month, from the journal."
    )
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--day", metavar="DATE", help="2026-11-24, today (by default) or yesterday")
    when.add_argument("--week", metavar="DATE", help="Monday to Sunday around that date")
    when.add_argument("--month", metavar="DATE", help="2026-11, or a date in it")
    parser.add_argument("--by", choices=[one.value for one in By], help="one table; files have all of them without it")
    parser.add_argument("--html", type=Path, metavar="FILE", help="one file with plots; - is stdout")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="one table, by queue unless --by; - is stdout")
    parser.add_argument("--xlsx", type=Path, metavar="FILE", help="a sheet for each table")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="the HTML on paper, printed by Chromium")
    parser.add_argument("--json", action="store_true", help="one table as data")
    parser.add_argument("--language", choices=PAGE_LANGUAGES, default="ko", help="by default Korean")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    return parser
