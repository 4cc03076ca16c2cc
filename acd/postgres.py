"""How PostgreSQL is connected to, and how long each of our connections waits for it: the one place for both.

A database may be away, or worse, hang: then whoever asked goes on without it after the time that is named here. A peer
that acknowledges nothing is given up by the kernel, a statement that takes too long by the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

CONNECT_WITHIN_S = 2


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one kind of connection, in seconds."""

    name: str  # as the server shows it
    answer_s: float  # for a statement's answer
    unheard_s: float  # a peer that has acknowledged nothing for so long is gone
    # While nothing is said, three times, from both sides; None: as the systems have it.
    probed_every_s: int | None = None
    options: str = ""  # for the server's side besides

    def arguments(self) -> dict[str, Any]:
        """For the client library's `connect`."""
        options, unheard_ms = f"-c statement_timeout={round(self.answer_s * 1000)}", round(self.unheard_s * 1000)
        probes: dict[str, int] = {}
        if self.probed_every_s is not None:
            every = self.probed_every_s
            probes = {"keepalives_idle": every, "keepalives_interval": every, "keepalives_count": 3}
            options += f" -c tcp_keepalives_idle={every} -c tcp_keepalives_interval={every} -c tcp_keepalives_count=3"
            options += f" -c tcp_user_timeout={unheard_ms}"
        return {
            "connect_timeout": CONNECT_WITHIN_S,
            "tcp_user_timeout": unheard_ms,
            "application_name": self.name,
            "options": f"{options} {self.options}".rstrip(),
            **probes,
        }


WRITING = Bounds("ringmaster", 10.0, 10.0)  # then the journal counts as away, and facts wait in memory
READING = Bounds("ringmaster", 10.0, 10.0, options="-c default_transaction_read_only=on")
STARTING = Bounds("ringmaster", 2.0, 2.0)  # an engine that begins: callers wait for it
# A caller waits for the answer; a booking that they were told of is on the disk, whatever the server's default is.
CALLBACKS = Bounds("ringmaster call-backs", 2.0, 2.0, options="-c synchronous_commit=on")
# The lock is free seconds after its engine hangs, or its machine is gone (idle_session_timeout: since PostgreSQL 14).
LOCK = Bounds("ringmaster lock", 2.0, 3.0, probed_every_s=1, options="-c idle_session_timeout=2500")


def connect(url: str, bounds: Bounds) -> psycopg.Connection:
    """A connection on which every statement is a transaction of its own. Raises psycopg.Error."""
    import psycopg  # noqa: PLC0415 - for who has a PostgreSQL: 0.1 s of every start

    return psycopg.connect(url, autocommit=True, **bounds.arguments())
