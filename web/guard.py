"""What stands before every page: who may see it, which Host it was asked for by, and the headers that answers carry.

An ASGI application around another. Knows no page; `web.login` decides about passwords.
"""

from __future__ import annotations

import ipaddress
import time
from http.cookies import CookieError, SimpleCookie
from typing import Any

from web.login import COOKIE, Gate

OPEN_PATHS = frozenset(
    {"/login", "/healthz", "/static/page.css", "/static/icon.svg"}
)  # the form and what it looks like
_LOCAL_NAMES = frozenset({"localhost"})

# Scripts, styles and requests of our own only, nothing inline, in nobody's frame.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]


class Guard:
    """The application that the server runs."""

    def __init__(self, app: Any, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}

        async def dressed(message: Any) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in ours)]
            await send(message)

        if self._gate.stands_open and not local(headers.get(b"host", "")):
            await _refuse(dressed, 421, "this address is not served under that name; see docs/wallboard.md")
        elif scope["path"] in OPEN_PATHS or self._gate.admits(_cookie(headers.get(b"cookie", "")), time.time()):
            await self._app(scope, receive, dressed)
        elif scope["path"] == "/":
            await dressed({"type": "http.response.start", "status": 303, "headers": [(b"location", b"/login")]})
            await dressed({"type": "http.response.body", "body": b""})
        else:
            await _refuse(dressed, 401, "log in first, at /login")


def local(host: str) -> bool:
    """Whether a Host header names this machine: another name is a page elsewhere that was pointed at it (rebinding)."""
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name.lower() in _LOCAL_NAMES


def _cookie(header: str) -> str | None:
    try:
        jar = SimpleCookie(header)
    except CookieError:
        return None
    return jar[COOKIE].value if COOKIE in jar else None


async def _refuse(send: Any, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{why}\n".encode()})
