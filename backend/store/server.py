"""The server: who we are there, whether anybody can listen, and how far its clock is from ours."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from backend.domain.roles import Role
from backend.store.database import Database
from backend.store.privileges_held import own_roles


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a station finds at its server.

    `cipher` is "" where the connection is not encrypted; `skew_s` is how far this machine's clock is ahead of the
    server's, in seconds, known to within `answer_s`, the time of one question and answer.
    """

    version: str
    account: str
    cipher: str
    roles: frozenset[Role]
    skew_s: float
    answer_s: float


def server_facts(database: Database) -> ServerFacts:
    """Ask the server; the store's errors."""
    return database.read(_ask)


def _ask(connection: Connection) -> ServerFacts:
    version = str(connection.scalar(text("SELECT VERSION()")))
    account = str(connection.scalar(text("SELECT CURRENT_USER()")))
    cipher = connection.execute(text("SHOW SESSION STATUS LIKE 'Ssl_cipher'")).first()
    skew, answer = min((_measure(connection) for _ in range(_QUESTIONS)), key=lambda measured: measured[1])
    return ServerFacts(version, account, str(cipher[1]) if cipher else "", own_roles(connection), skew, answer)


_QUESTIONS = 3


def _measure(connection: Connection) -> tuple[float, float]:
    """Skew against the middle of one question, and how long it took; both in seconds."""
    started, asked = time.monotonic(), datetime.now(UTC)
    theirs: datetime = connection.execute(text("SELECT UTC_TIMESTAMP(6)")).scalar_one()
    took = time.monotonic() - started
    return (asked - theirs.replace(tzinfo=UTC)).total_seconds() + took / 2, took
