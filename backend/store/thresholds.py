"""Thresholds: per model and classification, an append-only history in which the latest counts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import Connection, select

from backend.domain.changes import ChangeKind
from backend.domain.errors import UnknownNameError
from backend.domain.models import ThresholdChange
from backend.store.classifying import classification_ids
from backend.store.database import Database
from backend.store.histories import append
from backend.store.journal import note
from backend.store.library import read_models
from backend.store.tables import classifications, threshold_events
from backend.store.types import plain_name


class Thresholds:
    """When a prediction counts as confirmed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self, model_id: int, values: Mapping[str, float], who: str, method: str) -> None:
        """Set thresholds (0 to 1) by classification; `method` says how they were found. In force at once.

        ValueError outside 0 to 1, UnknownNameError for a model or label that does not exist.
        """
        ticket = uuid.uuid4()
        self._database.write(lambda connection: change_thresholds(connection, model_id, values, who, method, ticket))

    def history(self, model_id: int) -> list[ThresholdChange]:
        """All changes of a model's thresholds, oldest first."""
        events = threshold_events.c
        named = select(threshold_events, classifications.c.name).join(
            classifications, classifications.c.id == events.classification_id
        )
        query = named.where(events.model_id == model_id).order_by(events.id)

        def read(connection: Connection) -> list[ThresholdChange]:
            return [
                ThresholdChange(row.name, row.value_before, row.value_after, row.who, row.at, row.method)
                for row in connection.execute(query)
            ]

        return self._database.read(read)


def change_thresholds(
    connection: Connection, model_id: int, values: Mapping[str, float], who: str, method: str, ticket: uuid.UUID
) -> None:
    """Append the thresholds that differ from those in force."""
    before = _in_force(connection, model_id)
    numbers = classification_ids(connection, values)
    entries = []
    for label, value in values.items():
        _check(label, value, model_id, before)
        if before[plain_name(label)] != value:
            entries.append(
                {
                    "who": who,
                    "model_id": model_id,
                    "classification_id": numbers[label],
                    "value_before": before[plain_name(label)],
                    "value_after": value,
                    "method": method,
                }
            )
    append(connection, threshold_events, ticket, entries)
    note(connection, ChangeKind.CATALOGUE)


def _check(label: str, value: float, model_id: int, before: Mapping[str, float | None]) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"The threshold of {label} is {value}; thresholds lie between 0 and 1.")
    if plain_name(label) not in before:
        raise UnknownNameError(f"Model {model_id} has no label {label!r}; it has {', '.join(before)}.")


def _in_force(connection: Connection, model_id: int) -> dict[str, float | None]:
    """Thresholds by label, None where none was ever set."""
    found = read_models(connection, [model_id])
    if not found:
        raise UnknownNameError(f"There is no model {model_id}. `hydra-gui models list` shows all.")
    events = threshold_events.c
    query = select(classifications.c.name, events.value_after).join(
        classifications, classifications.c.id == events.classification_id
    )
    written = dict(connection.execute(query.where(events.model_id == model_id).order_by(events.id)).all())
    return {label: written.get(label) for label in found[0].labels}
