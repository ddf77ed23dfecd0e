"""Column types: what must mean the same on SQLite, MySQL and MariaDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
DIGEST_BYTES = 32
SHORT_HASH_BYTES = 16

BIG_ID = BigInteger().with_variant(Integer(), "sqlite")
"""Row number of a table that may grow past 2³¹; SQLite numbers rows only in a column called INTEGER."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC to the microsecond; naive times are refused with ValueError.

    DATETIME(6) on a server; on SQLite microseconds since 1970, a third of the size of text and as sortable.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the database at hand."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(mysql.DATETIME(fsp=6))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        """Python to database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone. Times in the store are UTC: give datetimes a time zone.")
        if dialect.name == "sqlite":
            return (value - EPOCH) // _MICROSECOND
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | int | None, dialect: Dialect) -> datetime | None:
        """Database to Python."""
        if value is None:
            return None
        return EPOCH + timedelta(microseconds=value) if isinstance(value, int) else value.replace(tzinfo=UTC)


class Digest(TypeDecorator[str]):
    """SHA-256 as 64 hex digits in Python, 32 bytes in the database."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the database at hand."""
        return _binary(dialect, DIGEST_BYTES)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Python to database."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Database to Python."""
        return None if value is None else value.hex()


class ShortHash(TypeDecorator[bytes]):
    """A 16-byte hash of a path or of a file stamp, short enough to index millions."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the database at hand."""
        return _binary(dialect, SHORT_HASH_BYTES)


class FileName(TypeDecorator[str]):
    """A path from `os.fsdecode`, kept byte for byte: it may hold surrogates, which no text column takes."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the database at hand."""
        return dialect.type_descriptor(LargeBinary() if dialect.name == "sqlite" else mysql.BLOB())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Python to database."""
        return None if value is None else path_bytes(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Database to Python."""
        return None if value is None else value.decode("utf-8", "surrogateescape")


class Words(TypeDecorator[str]):
    """Text for people. Characters no database can hold are written as backslash escapes, never refused."""

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """VARCHAR where a length is given, else TEXT."""
        return dialect.type_descriptor(String(self.length) if self.length else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Python to database."""
        return None if value is None else printable(value)


def printable(text: str) -> str:
    """`text` with lone surrogates written as escapes, so that every database and terminal takes it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain_name(text: str) -> str:
    """A name as it is stored: printable, without trailing blanks, which servers ignore in comparisons."""
    return printable(text).rstrip()


def path_bytes(path: str) -> bytes:
    """The bytes of a path as the file system has them."""
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogatepass")


def _binary(dialect: Dialect, length: int) -> TypeEngine[Any]:
    return dialect.type_descriptor(LargeBinary(length) if dialect.name == "sqlite" else mysql.BINARY(length))
