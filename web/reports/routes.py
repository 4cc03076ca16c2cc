"""Reports as pages and downloads. One is counted at a time, on a thread beside the wallboard's loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from acd.journal.report import By, Report, reports
from acd.journal.store import Store
from web.reports import files, page
from web.reports.columns import Labels
from web.reports.period import Period, Span, period
from web.words import PAGE_LANGUAGES

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Reports:
    """`labels` names queues, teams and agents by the rules."""

    def __init__(self, database: Store, labels: Labels) -> None:
        self._database = database
        self._labels = labels
        self._one = asyncio.Semaphore(1)

    def routes(self) -> list[Any]:
        """/reports, /reports.csv, /reports.xlsx with span, date, by, lang."""
        return [Route(f"/reports{kind}", self.answer) for kind in ("", ".csv", ".xlsx")]

    async def answer(self, request: Request) -> Response:
        """Whichever form the path names."""
        asked = request.query_params
        language = asked.get("lang") if asked.get("lang") in PAGE_LANGUAGES else PAGE_LANGUAGES[0]
        assert language is not None
        try:
            when = period(Span(asked.get("span", "day")), asked.get("date", ""), time.time())
            by = By(asked["by"]) if asked.get("by") else None
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        kind = request.scope["path"].rpartition(".")[2]
        kinds = (by,) if by else (By.QUEUE,) if kind == "csv" else page.kinds_of(when.span)
        try:
            async with self._one:
                counted = await asyncio.to_thread(reports, self._database, when.begin, when.end, kinds)
                return await asyncio.to_thread(self._written, kind, counted, when, language)
        except SQLAlchemyError:
            return PlainTextResponse("the journal cannot be read now\n", 503, {"Retry-After": "10"})

    def _written(self, kind: str, counted: Sequence[Report], when: Period, language: str) -> Response:
        named = {"Content-Disposition": f'attachment; filename="report-{when.name()}.{kind}"'}
        if kind == "csv":
            text = files.as_csv(counted[0], self._labels, language)
            return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=named)
        if kind == "xlsx":
            return Response(files.as_xlsx(counted, when, self._labels, language), media_type=XLSX, headers=named)
        return HTMLResponse(page.render(counted, when, self._labels, language, now=time.time(), served=True))
