"""Reading models: what is registered, which thresholds hold, which model judges what."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, func, select

from backend.domain.models import ModelInfo, ModelState
from backend.store.tables import activations, classifications, models, plot_types, threshold_events

UNSET_THRESHOLD = 1.0
"""Of a label whose manifest gives none: practically never confirmed, never silently confirmed."""


def read_models(connection: Connection, only: Collection[int] | None = None) -> list[ModelInfo]:
    """Models by number, all or only some."""
    query = select(models, plot_types.c.name.label("plot_type")).join(plot_types).order_by(models.c.id)
    if only is not None:
        query = query.where(models.c.id.in_(only))
    thresholds = _thresholds(connection, only)
    active = active_plot_types(connection)
    return [_info(row, thresholds[row.id], active[row.id]) for row in connection.execute(query)]


def shared_backbones(connection: Connection) -> set[str]:
    """The digests of the backbones that registered models share; their bytes are kept as long as the models are."""
    stated = (json.loads(text).get("backbone") for text in connection.scalars(select(models.c.manifest)))
    return {digest for digest in stated if digest is not None}


def active_models(connection: Connection) -> dict[int, int]:
    """Model by plot type, both as row numbers: the newest activation counts."""
    newest = select(func.max(activations.c.id)).group_by(activations.c.plot_type_id)
    query = select(activations.c.plot_type_id, activations.c.model_after).where(activations.c.id.in_(newest))
    return dict(connection.execute(query).all())


def active_plot_types(connection: Connection) -> defaultdict[int, list[str]]:
    """Names of the plot types each model judges now."""
    in_force = active_models(connection)
    names = dict(connection.execute(select(plot_types.c.id, plot_types.c.name)).all())
    found: defaultdict[int, list[str]] = defaultdict(list)
    for plot_type_id, model_id in in_force.items():
        found[model_id].append(names[plot_type_id])
    return found


def _thresholds(connection: Connection, only: Collection[int] | None) -> defaultdict[int, dict[str, float]]:
    events = threshold_events.c
    newest = select(func.max(events.id)).group_by(events.model_id, events.classification_id)
    if only is not None:
        newest = newest.where(events.model_id.in_(only))
    query = select(events.model_id, classifications.c.name, events.value_after).join(
        classifications, classifications.c.id == events.classification_id
    )
    found: defaultdict[int, dict[str, float]] = defaultdict(dict)
    for model_id, name, value in connection.execute(query.where(events.id.in_(newest))):
        found[model_id][name] = value
    return found


def _info(row: Row[Any], thresholds: dict[str, float], active_for: list[str]) -> ModelInfo:
    labels = tuple(json.loads(row.labels))
    return ModelInfo(
        model_id=row.id,
        plot_type=row.plot_type,
        digest=row.digest,
        labels=labels,
        thresholds=tuple(thresholds.get(label, UNSET_THRESHOLD) for label in labels),
        state=ModelState(row.state),
        architecture=row.architecture,
        author=row.author,
        created_at=row.created_at,
        active_for=tuple(sorted(active_for)),
        manifest_json=row.manifest,
    )
