"""The database that is brought: read only, portion by portion in the order of its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection

from backend.access.opening import Access, secret_name
from backend.domain.errors import StoreRefusedError
from backend.domain.foreign import Part
from backend.store.connecting import connect, read_url
from backend.store.database import Database

Fields = Mapping[str, Any]

_TABLES: dict[Part, tuple[str, frozenset[str]]] = {
    Part.PLOT_TYPES: ("Plot_Types", frozenset({"ID", "Name"})),
    Part.CLASSIFICATIONS: ("Plot_Classifications", frozenset({"ID", "Classification"})),
    Part.VALID: ("Valid_Classifications", frozenset({"ID", "Plot_Types_ID", "Plot_Classifications_ID"})),
    Part.THRESHOLDS: ("ModelThresholds", frozenset({"ID", "Model_ID", "Plot_Classification_ID", "Threshold"})),
    Part.PLOTS: ("Plots", frozenset({"ID", "Plot_Types_ID", "RunNumber"})),
    Part.LABELS: ("Users_Plots", frozenset({"ID", "User", "Plot_ID", "Plot_Classification_ID"})),
    Part.LABEL_HISTORY: ("Users_Plots_History", frozenset({"ID"})),
    Part.VERDICTS: ("RunHistory", frozenset({"ID", "RunNumber", "PlotType_ID"})),
}
"""Tables, and the columns without which their rows say nothing. Others are used where they are."""

_TIMES = ("datetime", "timestamp")


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table of the source. `times` are its columns that hold times, with whether they are UTC already."""

    name: str
    columns: tuple[str, ...]
    times: Mapping[str, bool]
    rows: int


class HydraSource:
    """A database with Hydra's tables. The server is told that this connection only reads, and refuses it all else."""

    def __init__(self, access: Access, zone: tzinfo) -> None:
        url = read_url(access.url)
        if url.get_backend_name() == "sqlite" or not url.database:
            raise StoreRefusedError("What is brought is named mysql://ACCOUNT@HOST/DATABASE; nothing was read.")
        self.name = f"{secret_name(url)}/{url.database}"
        engine = connect(url, access.password, access.connect_args)
        event.listen(engine, "connect", _only_read)
        self.database = Database(engine)
        self._zone = zone

    def close(self) -> None:
        """Close all connections."""
        self.database.dispose()

    def tables(self) -> dict[Part, SourceTable]:
        """The tables that are there, by what they hold. StoreRefusedError where one is not what it should be."""
        return self.database.read(_tables)

    def rows(self, table: SourceTable, after: int, limit: int) -> list[Fields]:
        """The next rows above a number, in order; times are UTC, or None where they are no times."""
        query = text(f"SELECT * FROM `{table.name}` WHERE ID > :after ORDER BY ID LIMIT :limit")  # noqa: S608
        values = {"after": after, "limit": limit}
        found = self.database.read(lambda connection: connection.execute(query, values).mappings().all())
        return [self._in_utc(table, {str(name): value for name, value in row.items()}) for row in found]

    def all_rows(self, table: SourceTable, portion: int = 2000) -> Iterator[Fields]:
        """Every row, for tables that are small."""
        after = 0
        while rows := self.rows(table, after, portion):
            yield from rows
            after = int(rows[-1]["ID"])

    def _in_utc(self, table: SourceTable, row: Fields) -> Fields:
        if not table.times:
            return row
        times = {name: self._moment(row[name], utc=utc) for name, utc in table.times.items()}
        return {**row, **times}

    def _moment(self, value: object, *, utc: bool) -> datetime | None:
        if not isinstance(value, datetime):
            return None  # 0000-00-00 is no time
        return value.replace(tzinfo=UTC if utc else self._zone).astimezone(UTC)


def _only_read(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.close()


def _tables(connection: Connection) -> dict[Part, SourceTable]:
    query = text(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS "
        "WHERE TABLE_SCHEMA = DATABASE() ORDER BY ORDINAL_POSITION"
    )
    columns: dict[str, dict[str, str]] = {}
    for row in connection.execute(query):
        columns.setdefault(str(row[0]), {})[str(row[1])] = str(row[2]).lower()
    found = {part: name for part, (name, _) in _TABLES.items() if name in columns}
    if Part.PLOT_TYPES not in found or Part.CLASSIFICATIONS not in found:
        raise StoreRefusedError(
            "This is no database of Hydra: it has no tables Plot_Types and Plot_Classifications, or this account "
            "may not see them. Nothing was brought: check the name of the database and let the account read it."
        )
    return {part: _table(connection, name, columns[name], _TABLES[part][1]) for part, name in found.items()}


def _table(connection: Connection, name: str, columns: dict[str, str], needed: frozenset[str]) -> SourceTable:
    missing = sorted(needed - columns.keys())
    if missing:
        raise StoreRefusedError(
            f"The table {name} lacks {', '.join(missing)}, so its rows would say nothing. Nothing was brought from it: "
            f"this is another version of Hydra's schema than is known here."
        )
    count = connection.scalar(text(f"SELECT COUNT(*) FROM `{name}`")) or 0  # noqa: S608 - one of our own names
    times = {column: kind == "timestamp" for column, kind in columns.items() if kind in _TIMES}
    return SourceTable(name, tuple(columns), times, int(count))
