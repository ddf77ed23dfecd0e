"""Verdicts: the outcome of judging, recorded once however often it is told."""

from __future__ import annotations

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, insert, select, update

from backend.domain.changes import ChangeKind
from backend.domain.classifications import Severity
from backend.domain.intake import JudgedPlot
from backend.domain.log import LoggedVerdict
from backend.domain.plots import PlotState
from backend.domain.predictions import Prediction
from backend.domain.verdicts import AlarmGate, Verdict
from backend.store.alert_recording import record_alerts
from backend.store.classifying import classification_ids
from backend.store.collecting import keep_judged
from backend.store.database import Database, now
from backend.store.journal import note
from backend.store.log import read_log
from backend.store.tables import plots, predictions, verdicts, work
from backend.store.tallies import tally

_HELD_STATES = frozenset({PlotState.IMPORTED})
"""An imported plot stays one when it is judged."""

_OPEN_STATES = _HELD_STATES | {PlotState.PENDING}
"""Plots on which nothing was decided yet."""


class Verdicts:
    """Predictions and verdicts; one of each per plot and model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, judged: Sequence[JudgedPlot], owner: str) -> set[int]:
        """Record outcomes in one transaction: prediction, verdict, state of the plot, end of its work, alerts.

        Returns the ids of plots for which this call made the difference. A plot that is no longer waiting was decided
        by another station (or by this one, before it was killed) and is left as it is, whatever model says otherwise:
        a station that was paused for an hour overwrites nothing. A verdict counts if it is the first, even where
        `owner` has lost the lease; that there is no model is only believed of who holds it.
        """
        if not judged:
            return set()
        # Remembered over repetitions: when the connection broke during the commit, the second attempt finds all
        # recorded, and still it was us.
        recorded: set[int] = set()
        ticket = uuid.uuid4()

        def write(connection: Connection) -> set[int]:
            recorded.update(_record(connection, judged, owner, ticket))
            return recorded

        return self._database.write(write)

    def logged(
        self, since: datetime, until: datetime, severities: Collection[Severity], limit: int = 500
    ) -> list[LoggedVerdict]:
        """The newest `limit` verdicts of these severities decided from `since` to before `until` (UTC)."""
        return self._database.read(lambda connection: read_log(connection, since, until, severities, limit))


def _record(connection: Connection, judged: Sequence[JudgedPlot], owner: str, ticket: uuid.UUID) -> set[int]:
    states = lock_plots(connection, {item.plot.plot_id for item in judged})
    outcomes = _believed(connection, [item for item in judged if states.get(item.plot.plot_id) in _OPEN_STATES], owner)
    waiting = {number for number in outcomes if states[number] is PlotState.PENDING}
    _make_way(connection, outcomes, waiting)
    fresh = unrecorded(connection, outcomes.values())
    insert_outcomes(connection, fresh)
    changed = {item.plot.plot_id for item in fresh} | waiting
    _move(connection, [outcomes[number] for number in sorted(changed)], states)
    connection.execute(delete(work).where(work.c.plot_id.in_(outcomes)))
    keep_judged(connection, [outcomes[number] for number in sorted(waiting)])
    record_alerts(connection, [outcomes[number] for number in sorted(waiting)], ticket)
    note(connection, ChangeKind.JUDGED, sorted(changed))
    return changed


def _believed(connection: Connection, judged: Sequence[JudgedPlot], owner: str) -> dict[int, JudgedPlot]:
    """By plot id. Who lost the lease may not know of a model that was put in force meanwhile."""
    unjudged = {item.plot.plot_id for item in judged if item.model is None}
    if unjudged:
        theirs = select(work.c.plot_id).where(work.c.plot_id.in_(unjudged), work.c.owner != owner)
        unjudged = set(connection.scalars(theirs))
    return {item.plot.plot_id: item for item in judged if item.plot.plot_id not in unjudged}


def lock_plots(connection: Connection, plot_ids: Collection[int]) -> dict[int, PlotState]:
    """Lock these plots, all callers in the same order; returns their states."""
    query = select(plots.c.id, plots.c.state).where(plots.c.id.in_(plot_ids)).order_by(plots.c.id).with_for_update()
    return {row.id: PlotState(row.state) for row in connection.execute(query)}


def _make_way(connection: Connection, outcomes: Mapping[int, JudgedPlot], waiting: Collection[int]) -> None:
    """Remove what the same model said of a plot in a reprocessing, which would hide an alarm of its first verdict."""
    if not waiting:
        return
    query = select(verdicts.c.plot_id, verdicts.c.model_id).where(verdicts.c.plot_id.in_(waiting))
    for row in connection.execute(query.where(verdicts.c.gate == AlarmGate.REPROCESSED.value)).all():
        model = outcomes[row.plot_id].model
        if model is not None and model.model_id == row.model_id:
            for table in (predictions, verdicts):
                mine = (table.c.plot_id == row.plot_id) & (table.c.model_id == row.model_id)
                connection.execute(delete(table).where(mine))


def unrecorded(connection: Connection, judged: Iterable[JudgedPlot]) -> list[JudgedPlot]:
    """Those with a model whose verdict on the plot is not there yet."""
    by_key = {(item.plot.plot_id, item.model.model_id): item for item in judged if item.model is not None}
    present = select(verdicts.c.plot_id, verdicts.c.model_id)
    for row in connection.execute(present.where(verdicts.c.plot_id.in_({plot_id for plot_id, _ in by_key}))):
        by_key.pop((row.plot_id, row.model_id), None)
    return list(by_key.values())


def insert_outcomes(connection: Connection, fresh: Sequence[JudgedPlot]) -> None:
    """Write predictions and verdicts; ValueError where one has none."""
    if not fresh:
        return
    numbers = classification_ids(connection, {item.verdict.classification for item in fresh if item.verdict})
    moment = now()
    rows = [_rows(item, numbers, moment) for item in fresh]
    connection.execute(insert(predictions), [prediction for prediction, _ in rows])
    connection.execute(insert(verdicts), [verdict for _, verdict in rows])


def _rows(item: JudgedPlot, numbers: Mapping[str, int], moment: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    prediction, verdict = item.prediction, item.verdict
    if prediction is None or verdict is None or item.model is None:
        raise ValueError(f"Plot {item.plot.plot_id} has a model but no prediction or no verdict.")
    key = {"plot_id": item.plot.plot_id, "model_id": item.model.model_id}
    stages = json.dumps({name: round(value, 3) for name, value in item.stage_ms}, separators=(",", ":"))
    return (
        key | _prediction_row(prediction) | {"stage_ms": stages},
        key | _verdict_row(verdict, numbers[verdict.classification], moment),
    )


def _prediction_row(prediction: Prediction) -> dict[str, Any]:
    return {
        "probabilities": np.asarray(prediction.probabilities, "<f4").tobytes(),
        "heat_map": prediction.heat_map.encode() if prediction.heat_map else None,
        "embedding": np.asarray(prediction.embedding, "<f2").tobytes(),
        "precision": prediction.precision,
        "milliseconds": prediction.milliseconds,
    }


def _verdict_row(verdict: Verdict, classification_id: int, moment: datetime) -> dict[str, Any]:
    return {
        "classification_id": classification_id,
        "confidence": verdict.confidence,
        "confirmed": verdict.confirmed,
        "gate": verdict.gate.value,
        "severity": int(verdict.severity),
        "decided_at": moment,
    }


def _move(connection: Connection, judged: Sequence[JudgedPlot], states: Mapping[int, PlotState]) -> None:
    """Set state and model of plots, one statement per model, and count."""
    changes: Counter[PlotState] = Counter()
    groups: defaultdict[tuple[PlotState, int | None], list[int]] = defaultdict(list)
    for item in judged:
        before = states[item.plot.plot_id]
        after = before if before in _HELD_STATES else _state_after(item)
        changes.update({before: -1})
        changes.update({after: 1})
        groups[(after, item.model.model_id if item.model else None)].append(item.plot.plot_id)
    for (state, model_id), numbers in sorted(groups.items(), key=lambda group: group[1][0]):
        values: dict[str, Any] = {"state": state.value} | ({"model_id": model_id} if model_id is not None else {})
        connection.execute(update(plots).where(plots.c.id.in_(numbers)).values(values))
    tally(connection, changes)


def _state_after(item: JudgedPlot) -> PlotState:
    return PlotState.NO_MODEL if item.model is None else PlotState.JUDGED
