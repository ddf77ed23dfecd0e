"""The catalogue: plot types with their groups, classifications, runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from backend.domain.changes import ChangeKind
from backend.domain.classifications import Classification
from backend.domain.errors import UnknownNameError
from backend.domain.hall import PlotTypeInfo
from backend.store.classifying import as_classification, classification_ids, make_valid, plot_type_ids
from backend.store.database import Database, insert_missing
from backend.store.journal import note
from backend.store.tables import (
    classifications,
    group_members,
    plot_groups,
    plot_types,
    runs,
    valid_classifications,
)
from backend.store.tables.catalogue import ROOT_GROUP
from backend.store.types import plain_name


class PlotTypes:
    """Named monitoring plots. They are registered when their first plot arrives, or before by hand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure(
        self,
        name: str,
        group: Sequence[str] | None = None,
        description: str = "",
        contact: str = "",
        guidance: str = "",
    ) -> PlotTypeInfo:
        """Register a plot type, or amend it: what is not given (None, "") stays as it is."""
        words = {"description": description, "contact": contact, "guidance": guidance}
        given = {column: text for column, text in words.items() if text}

        def write(connection: Connection) -> PlotTypeInfo:
            number = plot_type_ids(connection, [name])[name]
            if given:
                connection.execute(update(plot_types).where(plot_types.c.id == number).values(given))
            if group is not None:
                _move(connection, number, _group_id(connection, group))
            note(connection, ChangeKind.CATALOGUE)
            return read_plot_types(connection)[number]

        return self._database.write(write)

    def all(self) -> list[PlotTypeInfo]:
        """All plot types by name."""
        found = self._database.read(read_plot_types)
        return sorted(found.values(), key=lambda info: info.name)


class Classifications:
    """Named classes of plots."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, plot_type: str | None = None) -> list[Classification]:
        """All classifications in the order they were registered, or those valid for one plot type."""
        return self._database.read(lambda connection: read_classifications(connection, plot_type))

    def ensure(self, names: Sequence[str], plot_type: str | None = None) -> list[Classification]:
        """Register names; with `plot_type` they also become valid for it. Returns them in the order given."""

        def write(connection: Connection) -> list[Classification]:
            numbers = classification_ids(connection, names)
            if plot_type is not None:
                make_valid(connection, plot_type_ids(connection, [plot_type])[plot_type], set(numbers.values()))
            rows = connection.execute(select(classifications).where(classifications.c.id.in_(numbers.values())))
            found = {row.id: as_classification(row) for row in rows}
            return [found[numbers[name]] for name in names]

        return self._database.write(write)

    def define(self, classification: Classification) -> None:
        """Set severity, colour, symbol and description of a classification, registering it if need be."""
        values = {
            "severity": int(classification.severity),
            "colour": classification.colour,
            "symbol": classification.symbol.value,
            "description": classification.description,
        }

        def write(connection: Connection) -> None:
            number = classification_ids(connection, [classification.name])[classification.name]
            connection.execute(update(classifications).where(classifications.c.id == number).values(values))
            note(connection, ChangeKind.CATALOGUE)

        self._database.write(write)


class Runs:
    """The experiment's data-taking units."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self) -> int | None:
        """Number of the run whose plots arrived last; None before the first. Imported plots do not count."""
        newest = (runs.c.last_seen.desc(), runs.c.id.desc())
        query = select(runs.c.number).where(runs.c.last_seen.is_not(None)).order_by(*newest).limit(1)
        return self._database.read(lambda connection: connection.scalar(query))


def known_plot_type(connection: Connection, name: str) -> int:
    """Row number of a plot type; UnknownNameError where there is none."""
    number = connection.scalar(select(plot_types.c.id).where(plot_types.c.name == plain_name(name)))
    if number is None:
        raise UnknownNameError(f"There is no plot type {name!r}. Check the spelling; names differ by case.")
    return int(number)


def read_classifications(connection: Connection, plot_type: str | None = None) -> list[Classification]:
    """All classifications in the order they were registered, or those valid for one plot type."""
    query = select(classifications).order_by(classifications.c.id)
    if plot_type is not None:
        joined = classifications.join(valid_classifications).join(plot_types)
        query = query.select_from(joined).where(plot_types.c.name == plain_name(plot_type))
    return [as_classification(row) for row in connection.execute(query)]


def read_plot_types(connection: Connection) -> dict[int, PlotTypeInfo]:
    """All plot types by row number."""
    groups = {row.id: (row.parent_id, row.name) for row in connection.execute(select(plot_groups))}
    homes = group_members.c.position == 0
    joined = plot_types.outerjoin(group_members, (group_members.c.plot_type_id == plot_types.c.id) & homes)
    rows = connection.execute(select(plot_types, group_members.c.group_id).select_from(joined))
    return {
        row.id: PlotTypeInfo(row.name, _path(groups, row.group_id), row.description, row.contact, row.guidance)
        for row in rows
    }


def read_groups(connection: Connection) -> dict[int, tuple[str, ...]]:
    """The group each plot type is shown in, by row number of the plot type."""
    return {number: info.group for number, info in read_plot_types(connection).items()}


def _path(groups: Mapping[int, tuple[int, str]], group_id: int | None) -> tuple[str, ...]:
    names: list[str] = []
    while group_id is not None and group_id != ROOT_GROUP:
        group_id, name = groups[group_id]
        names.append(name)
    return tuple(reversed(names))


def _group_id(connection: Connection, path: Sequence[str]) -> int:
    number = ROOT_GROUP
    for name in map(plain_name, path):
        key: dict[str, Any] = {"parent_id": number, "name": name}
        insert_missing(connection, plot_groups, [key])
        query = select(plot_groups.c.id).where(plot_groups.c.parent_id == number, plot_groups.c.name == name)
        number = connection.execute(query).scalar_one()
    return number


def _move(connection: Connection, plot_type_id: int, group_id: int) -> None:
    """Make a group the one a plot type is shown in."""
    mine = group_members.c.plot_type_id == plot_type_id
    connection.execute(delete(group_members).where(mine, group_members.c.position == 0))
    values = {"plot_type_id": plot_type_id, "position": 0, "group_id": group_id}
    connection.execute(insert(group_members).values(values))
