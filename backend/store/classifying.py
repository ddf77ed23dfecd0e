"""Classifications and plot types by name: looked up, and registered where a name is new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from backend.domain.classifications import Classification, Severity, Symbol, default_classification
from backend.store.database import insert_missing, now
from backend.store.tables import classifications, plot_types, valid_classifications
from backend.store.types import plain_name

Maker = Callable[[str], dict[str, Any]]
"""Makes the row of a name not registered before."""


def classification_ids(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Row numbers by name as given; unknown ones become what `default_classification` says."""
    clean = {name: plain_name(name) for name in names}
    return _resolve(connection, classifications, clean, _new_classification)


def plot_type_ids(connection: Connection, names: Iterable[str], seen: datetime | None = None) -> dict[str, int]:
    """Row numbers by name as given; unknown plot types are registered as discovered at `seen`."""
    clean = {name: plain_name(name) for name in names}
    moment = seen or now()
    return _resolve(connection, plot_types, clean, lambda name: _new_plot_type(name, moment))


def make_valid(connection: Connection, plot_type_id: int, classification_ids: Collection[int]) -> None:
    """Let these classifications be chosen for a plot type."""
    mine = select(valid_classifications.c.classification_id).where(valid_classifications.c.plot_type_id == plot_type_id)
    missing = set(classification_ids) - set(connection.scalars(mine))  # who may only label finds none missing
    rows = [{"plot_type_id": plot_type_id, "classification_id": one} for one in sorted(missing)]
    insert_missing(connection, valid_classifications, rows)


def as_classification(row: Row[Any]) -> Classification:
    """A `Classification` from a row of its table."""
    return Classification(row.name, Severity(row.severity), row.colour, Symbol(row.symbol), row.description)


def _resolve(connection: Connection, source: Table, clean: Mapping[str, str], make: Maker) -> dict[str, int]:
    found = _find(connection, source, set(clean.values()))
    missing = [name for name in dict.fromkeys(clean.values()) if name not in found]
    if missing:
        insert_missing(connection, source, [make(name) for name in missing])
        found |= _find(connection, source, set(missing))
    return {given: found[name] for given, name in clean.items()}


def _find(connection: Connection, source: Table, names: Collection[str]) -> dict[str, int]:
    if not names:
        return {}
    query = select(source.c.name, source.c.id).where(source.c.name.in_(names))
    return dict(connection.execute(query).all())


def _new_classification(name: str) -> dict[str, Any]:
    known = default_classification(name)
    return {
        "name": name,
        "severity": int(known.severity),
        "colour": known.colour,
        "symbol": known.symbol.value,
        "description": known.description,
    }


def _new_plot_type(name: str, seen: datetime) -> dict[str, Any]:
    return {"name": name, "description": "", "contact": "", "guidance": "", "first_seen": seen}
