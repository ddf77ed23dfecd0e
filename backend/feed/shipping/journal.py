"""The journal of a spool: which files were taken, and what became of them. SQLite; blocking, one thread at a time.

Taking an entry in is on disk before it returns. What became of it need not be: an answer that is forgotten when the
power fails is asked for once more.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from backend.domain.errors import FeedSetupError
from backend.domain.intake import FileStamp
from backend.feed.zeromq.protocol import PlotMessage, Refusal, Unsendable, plot_fields

_VERSION = 1
_SCHEMA = """
CREATE TABLE spool (name TEXT NOT NULL);
CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, stamp BLOB NOT NULL UNIQUE, sha256 TEXT NOT NULL,
    path BLOB NOT NULL, mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL, header TEXT NOT NULL, found_at REAL NOT NULL, state INTEGER NOT NULL);
CREATE INDEX entries_by_age ON entries (state, mtime_ns, id);
CREATE INDEX entries_by_wait ON entries (state, found_at, size);
CREATE INDEX entries_by_content ON entries (sha256);
CREATE TABLE known (stamp BLOB PRIMARY KEY, path BLOB NOT NULL, refused INTEGER NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "id, sha256, path, mtime_ns, size, header, found_at, state"
_ADD = (
    "INSERT INTO entries (stamp, sha256, path, mtime_ns, size, header, found_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_PORTION = 500


class State(IntEnum):
    """How far an entry has come: it waits, or it was answered and its file is to be treated accordingly."""

    WAITING = 0
    ACKNOWLEDGED = 1
    REFUSED = 2


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that is to be taken in: what will be said of it. An `Unsendable` has no content.

    Sender, id and the time waited are filled in when it is sent.
    """

    stamp: FileStamp
    message: PlotMessage | Unsendable

    @property
    def sha256(self) -> str:
        """Names the content; "" where it cannot be sent."""
        return self.message.sha256 if isinstance(self.message, PlotMessage) else ""

    @property
    def data(self) -> bytes:
        """The content; nothing where it cannot be sent."""
        return self.message.data if isinstance(self.message, PlotMessage) else b""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that was taken in. `sha256` names its content, "" where there is none; `found_at` in s since 1970."""

    number: int
    name: str
    stamp: FileStamp
    sha256: str
    header: str
    found_at: float
    state: State

    @property
    def path(self) -> str:
        """The path as the receiver is told it."""
        told: str = json.loads(self.header)["path"]
        return told

    def message(self, sender: str, data: bytes) -> PlotMessage | Unsendable:
        """What is said of it now."""
        fields = json.loads(self.header)
        if self.sha256:
            waited_ms = max(0, round((time.time() - self.found_at) * 1000))
            return PlotMessage(**fields | {"id": self.name, "sender": sender, "data": data, "waited_ms": waited_ms})
        return Unsendable(**fields | {"id": self.name, "sender": sender, "reason": Refusal(fields["reason"])})


@dataclass(frozen=True, slots=True)
class Totals:
    """What waits: files, bytes, and since when the oldest does (s since 1970), None where nothing does."""

    files: int
    data_bytes: int
    oldest: float | None


class Journal:
    """One file. Errors of SQLite, such as a full disk, pass through: nothing was changed then."""

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            self._name = self._prepare(path)
        except sqlite3.Error as error:
            raise FeedSetupError(
                f"The journal {path} cannot be used: {error}. Files stay where they are. If it is damaged, move the "
                "spool away and start again: everything that is still in the directory is sent once more."
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def add(self, drafts: Sequence[Draft]) -> None:
        """Take these in; on disk when this returns. A stamp that is known already is passed over."""
        with self._transaction(durable=True):
            for draft in drafts:
                known = (_key(draft.stamp), _bytes(draft.stamp.path))
                added = self._database.execute("INSERT OR IGNORE INTO known VALUES (?, ?, 0)", known)
                if added.rowcount:
                    self._database.execute(_ADD, (known[0], *_row(draft), time.time(), State.WAITING))

    def waiting(self, most: int, except_for: Collection[int] = ()) -> list[Entry]:
        """The newest that wait."""
        query = f"SELECT {_COLUMNS} FROM entries WHERE state = ? ORDER BY mtime_ns DESC, id DESC LIMIT ?"  # noqa: S608
        rows = self._database.execute(query, (State.WAITING, most + len(except_for)))
        return [entry for entry in map(self._entry, rows) if entry.number not in except_for][:most]

    def answered(self, answers: Sequence[tuple[int, State]]) -> None:
        """These were answered."""
        with self._transaction():
            self._database.executemany(
                "UPDATE entries SET state = ? WHERE id = ?", [(state, number) for number, state in answers]
            )

    def unsettled(self) -> list[Entry]:
        """What was answered and is still here."""
        query = f"SELECT {_COLUMNS} FROM entries WHERE state != ?"  # noqa: S608 - our own words
        return list(map(self._entry, self._database.execute(query, (State.WAITING,))))

    def settle(self, entries: Sequence[Entry], forget: Collection[int]) -> list[str]:
        """Drop entries; returns the contents that nothing needs any more. Of those in `forget` no file is left."""
        with self._transaction():
            for entry in entries:
                self._database.execute("DELETE FROM entries WHERE id = ?", (entry.number,))
                self._remember(entry, entry.number in forget)
        return [sha256 for sha256 in {entry.sha256 for entry in entries} if sha256 and not self._needs(sha256)]

    def known(self, stamps: Sequence[FileStamp]) -> dict[str, State]:
        """Paths of those stamps that were taken in, and whether they still wait or how they were answered."""
        by_key = {_key(stamp): stamp.path for stamp in stamps}
        keys = list(by_key)
        found: dict[str, State] = {}
        for start in range(0, len(keys), _PORTION):
            portion = keys[start : start + _PORTION]
            rows = self._database.execute(_KNOWN.format(marks=",".join("?" * len(portion))), portion)
            for key, refused, waits in rows:
                found[by_key[key]] = State.WAITING if waits else State.REFUSED if refused else State.ACKNOWLEDGED
        return found

    def forget(self, stamps: Sequence[FileStamp]) -> None:
        """Their files are gone."""
        with self._transaction():
            self._database.executemany("DELETE FROM known WHERE stamp = ?", [(_key(stamp),) for stamp in stamps])

    def known_portion(self, after: bytes) -> list[tuple[bytes, str]]:
        """Some of what is known, in order: keys behind `after`, with their paths."""
        query = "SELECT stamp, path FROM known WHERE stamp > ? ORDER BY stamp LIMIT ?"
        return [(key, _text(path)) for key, path in self._database.execute(query, (after, _PORTION))]

    def forget_keys(self, keys: Sequence[bytes]) -> None:
        """The files behind these keys are gone; those that wait are kept."""
        with self._transaction():
            self._database.executemany(
                "DELETE FROM known WHERE stamp = ? AND NOT EXISTS"
                " (SELECT 1 FROM entries WHERE entries.stamp = known.stamp)",
                [(key,) for key in keys],
            )

    def totals(self) -> Totals:
        """What waits."""
        query = "SELECT count(*), coalesce(sum(size), 0), min(found_at) FROM entries WHERE state = ?"
        return Totals(*self._database.execute(query, (State.WAITING,)).fetchone())

    def contents(self) -> set[str]:
        """Names of all contents that are needed."""
        return {row[0] for row in self._database.execute("SELECT DISTINCT sha256 FROM entries")}

    def _prepare(self, path: Path) -> str:
        self._database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._transaction(durable=True):
                for statement in _SCHEMA.split(";")[:-1]:
                    self._database.execute(statement)
                self._database.execute("INSERT INTO spool VALUES (?)", (uuid.uuid4().hex[:16],))
                self._database.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise FeedSetupError(f"The journal {path} is of version {version}; this program uses {_VERSION}.")
        name: str = self._database.execute("SELECT name FROM spool").fetchone()[0]
        return name

    @contextmanager
    def _transaction(self, *, durable: bool = False) -> Iterator[None]:
        self._database.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def _entry(self, row: tuple[int, str, bytes, int, int, str, float, int]) -> Entry:
        number, sha256, path, mtime_ns, size, header, found_at, state = row
        stamp = FileStamp(_text(path), mtime_ns, size)
        return Entry(number, f"{self._name}-{number}", stamp, sha256, header, found_at, State(state))

    def _remember(self, entry: Entry, gone: bool) -> None:
        if gone:
            self._database.execute("DELETE FROM known WHERE stamp = ?", (_key(entry.stamp),))
        elif entry.state is State.REFUSED:
            self._database.execute("UPDATE known SET refused = 1 WHERE stamp = ?", (_key(entry.stamp),))

    def _needs(self, sha256: str) -> bool:
        row = self._database.execute("SELECT 1 FROM entries WHERE sha256 = ? LIMIT 1", (sha256,)).fetchone()
        return row is not None


_KNOWN = (
    "SELECT known.stamp, refused, EXISTS (SELECT 1 FROM entries WHERE entries.stamp = known.stamp)"
    " FROM known WHERE known.stamp IN ({marks})"
)


def _row(draft: Draft) -> tuple[str, bytes, int, int, str]:
    stamp, message = draft.stamp, draft.message
    if isinstance(message, PlotMessage):
        header = json.dumps({name: value for name, value in plot_fields(message).items() if name not in _LATER})
        return message.sha256, _bytes(stamp.path), stamp.mtime_ns, stamp.size, header
    names = ("path", "reason", "message", "size", "taken_us")
    header = json.dumps({name: getattr(message, name) for name in names})
    return "", _bytes(stamp.path), stamp.mtime_ns, stamp.size, header


_LATER = ("id", "sender", "waited_ms")


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _key(stamp: FileStamp) -> bytes:
    text = b"%b\0%d\0%d" % (_bytes(stamp.path), stamp.mtime_ns, stamp.size)
    return hashlib.blake2b(text, digest_size=16).digest()
