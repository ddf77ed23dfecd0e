"""Two clocks: this machine's, and the one that all stations agree on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, cast, func, literal, text
from sqlalchemy.dialects.mysql import DATETIME

from backend.store.types import UtcDateTime


def now() -> datetime:
    """This machine's time in UTC."""
    return datetime.now(UTC)


def shared_now(connection: Connection, seconds: float = 0.0) -> ColumnElement[datetime]:
    """The time all stations agree on, `seconds` from now: the server's clock, or this machine's for SQLite."""
    if connection.dialect.name == "sqlite":
        return literal(now() + timedelta(seconds=seconds), UtcDateTime)
    moment = func.utc_timestamp(text("6"), type_=DATETIME(fsp=6))
    return func.timestampadd(text("MICROSECOND"), bindparam(None, round(seconds * 1e6)), moment, type_=UtcDateTime)


def ahead_ms(connection: Connection) -> ColumnElement[int]:
    """By how much this machine's clock is ahead of the database's; behind by what the question takes to get there."""
    if connection.dialect.name == "sqlite":
        return literal(0)
    mine = literal(now(), UtcDateTime)
    return cast(func.timestampdiff(text("MICROSECOND"), shared_now(connection), mine) / 1000, Integer)
