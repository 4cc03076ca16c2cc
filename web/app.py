"""The pages as one ASGI application: the wallboard and its stream, the log-in, reports, and the files they need.

Static files are read once at the start and served from memory by their exact names, so that no path can lead
anywhere else. What is decided elsewhere: who may look (`web.guard`), what is shown (`web.screen`).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from acd.journal.store import Store
from dialplan.limits import WEB_FORM_BYTES, WEB_FORM_S
from web import hour, words
from web.audience import Audience
from web.feed import Feed, Find, Seen
from web.guard import Guard
from web.login import COOKIE, STAYS_S, Gate
from web.reports import page
from web.reports.columns import Labels
from web.reports.routes import Reports
from web.screen import COLUMNS, encode

HERE = Path(__file__).parent
HOUR_EVERY_S = 5.0
THEMES = ("auto", "dark", "light")
_log = structlog.get_logger(__name__)
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Pages:
    """What the routes share. One event loop."""

    def __init__(self, database: Store, gate: Gate) -> None:
        self.database = database
        self.gate = gate
        self.audience = Audience()
        self.templates = page.templates()
        self.static = {path.name: path.read_bytes() for path in (HERE / "static").iterdir() if path.suffix in _KINDS}
        self._seen = Seen(None, None, None)
        self._hour: hour.LastHour | None = None

    def show(self, seen: Seen) -> None:
        """Send it to everyone who looks."""
        self._seen = seen
        self.audience.show(encode(seen, self._hour, time.time()))

    async def follow_the_hour(self) -> None:
        """Read the last hour again and again while somebody looks; a journal that is away leaves the old one."""
        while True:
            await self.audience.someone.wait()
            with suppress(SQLAlchemyError):
                self._hour = await asyncio.to_thread(hour.read, self.database, time.time())
            await asyncio.sleep(HOUR_EVERY_S)

    # -- routes -------------------------------------------------------------------------------------------------------

    async def wallboard(self, request: Request) -> Response:
        """The page. `lang` is ko or en, `theme` auto, dark or light."""
        language, theme = _language(request), request.query_params.get("theme", "auto")
        other = words.PAGE_LANGUAGES[1 - words.PAGE_LANGUAGES.index(language)]
        texts = {name: words.of(words.WALLBOARD | _columns(), name) for name in words.PAGE_LANGUAGES}
        said = {
            **{key: texts[language][key] for key in ("seconds", "old", "reconnecting", "closed", "all")},
            **{key: texts[language][key] for key in ("not_running", "no_answer", "unreadable", "good", "warn", "bad")},
            "variants": words.of(words.VARIANTS, language),
            "languages": words.of(words.LANGUAGES, language),
        }
        return self._page(
            "wallboard.html",
            language=language,
            theme=theme if theme in THEMES else "auto",
            t=texts[language],
            second=texts[other],
            columns=list(COLUMNS),
            said=json.dumps(said, ensure_ascii=False),
        )

    async def events(self, _: Request) -> Any:
        """The stream of screens."""
        seat = self.audience.seat()
        return seat or PlainTextResponse("too many viewers\n", 503, {"Retry-After": "10"})

    async def healthz(self, _: Request) -> Response:
        """Whether this process lives."""
        return PlainTextResponse("ok\n")

    async def file(self, request: Request) -> Response:
        """A static file, by its exact name."""
        name = request.path_params["name"]
        body = self.static.get(name)
        if body is None:
            return PlainTextResponse("no such file\n", 404)
        headers = {"Cache-Control": "public, max-age=300"}
        return Response(body, media_type=_KINDS[Path(name).suffix], headers=headers)

    async def login(self, request: Request) -> Response:
        """The form, and what it sends."""
        wrong = None
        if request.method == "POST":
            address = request.client.host if request.client else ""
            password = await _password(request)
            cookie = None if password is None else self.gate.enter(password, address, time.time())
            if cookie is not None:
                entered = RedirectResponse("/", 303)
                secure = request.scope["scheme"] == "https"
                entered.set_cookie(COOKIE, cookie, max_age=STAYS_S, httponly=True, samesite="strict", secure=secure)
                _log.info("web.logged_in", address=address)
                return entered
            wrong = "locked" if self.gate.locked(address, time.time()) else "wrong"
            _log.warning("web.login_refused", address=address, why=wrong)
        elif self.gate.stands_open:
            return RedirectResponse("/", 303)
        language = _language(request)
        t = words.of(words.WALLBOARD, language)
        status = {None: 200, "wrong": 403, "locked": 429}[wrong]
        return self._page("login.html", status, language=language, t=t, wrong=t[wrong] if wrong else None)

    def _page(self, template: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self.templates.get_template(template).render(**values), status)


def application(find: Find, database: Store, labels: Labels, gate: Gate, ends: Callable[[], bool]) -> Guard:
    """The whole of it. `find` says where the engine is, `ends` whether the server is about to end."""
    pages = Pages(database, gate)

    async def close_at_the_end() -> None:
        """Streams never end by themselves, and a server waits for its answers."""
        while not ends():  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.2)
        pages.audience.close()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        feed = Feed(find, pages.show, pages.audience.someone)
        tasks = [asyncio.create_task(one) for one in (feed.run(), pages.follow_the_hour(), close_at_the_end())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    routes = [
        Route("/", pages.wallboard),
        Route("/events", pages.events),
        Route("/healthz", pages.healthz),
        Route("/login", pages.login, methods=["GET", "POST"]),
        Route("/static/{name}", pages.file),
        *Reports(database, labels).routes(),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan), gate)


def _columns() -> dict[str, words.Words]:
    return {name: words.AGENT_STATES[name] for name in COLUMNS if name in words.AGENT_STATES}


def _language(request: Request) -> str:
    asked = request.query_params.get("lang", "")
    return asked if asked in words.PAGE_LANGUAGES else words.PAGE_LANGUAGES[0]


async def _password(request: Request) -> str | None:
    """What the form says; None for a form that is none of ours, or comes from another site's page."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        return None
    body = b""
    try:
        async with asyncio.timeout(WEB_FORM_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > WEB_FORM_BYTES:
                    return None
    except TimeoutError:
        return None
    try:
        sent = parse_qs(body.decode("utf-8", "replace"), max_num_fields=4)
    except ValueError:
        return None
    return sent.get("password", [""])[0]
