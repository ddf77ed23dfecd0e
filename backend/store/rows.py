"""From rows to values: the one place that knows which columns make a `Plot` or a `Verdict`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Join, Label, Row

from backend.domain.classifications import Severity
from backend.domain.plots import Plot, PlotIdentity, PlotState
from backend.domain.verdicts import AlarmGate, Verdict
from backend.store.tables import classifications, plot_types, plots, runs, verdicts
from backend.store.tables.plots import NO_CHUNK

PLOT_COLUMNS: tuple[Label[Any], ...] = (
    plots.c.id.label("plot_id"),
    plot_types.c.name.label("plot_type"),
    runs.c.number.label("run"),
    runs.c.period.label("period"),
    plots.c.chunk.label("chunk"),
    plots.c.sha256.label("sha256"),
    plots.c.width.label("width"),
    plots.c.height.label("height"),
    plots.c.taken_at.label("taken_at"),
    plots.c.received_at.label("received_at"),
    plots.c.state.label("state"),
    plots.c.image_expired_at.label("image_expired_at"),
)

VERDICT_COLUMNS: tuple[Label[Any], ...] = (
    verdicts.c.model_id.label("verdict_model_id"),
    classifications.c.name.label("classification"),
    verdicts.c.severity.label("severity"),
    verdicts.c.confidence.label("confidence"),
    verdicts.c.confirmed.label("confirmed"),
    verdicts.c.gate.label("gate"),
)


def plots_named() -> Join:
    """Plots with the names of their plot type and run."""
    return plots.join(plot_types, plot_types.c.id == plots.c.plot_type_id).join(runs, runs.c.id == plots.c.run_id)


def as_plot(row: Row[Any]) -> Plot:
    """A `Plot` from `PLOT_COLUMNS`."""
    chunk = None if row.chunk == NO_CHUNK else row.chunk
    identity = PlotIdentity(row.plot_type, row.run, chunk, row.period)
    return Plot(
        row.plot_id,
        identity,
        row.sha256,
        row.width,
        row.height,
        row.taken_at,
        row.received_at,
        PlotState(row.state),
        row.image_expired_at,
    )


def as_verdict(row: Row[Any]) -> Verdict | None:
    """A `Verdict` from `VERDICT_COLUMNS`; None where the outer join found none."""
    if row.verdict_model_id is None:
        return None
    return Verdict(
        row.classification,
        Severity(row.severity),
        row.confidence,
        bool(row.confirmed),
        AlarmGate(row.gate),
        row.verdict_model_id,
    )
