"""Values to feed a store with: plots, models and outcomes of our own making."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from backend.domain.classifications import Severity
from backend.domain.intake import FileStamp, JudgedPlot, NewPlot, StoredPlot
from backend.domain.plots import Plot, PlotIdentity
from backend.domain.predictions import HeatMap, ModelInForce, Prediction
from backend.domain.verdicts import AlarmGate, Verdict
from backend.store import Store

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OWNER = "hall-d/1"
LEASE_S = 60.0


def new_plot(
    number: int = 0,
    plot_type: str = "CDC_occupancy",
    run: int = 42,
    chunk: int | None = None,
    period: str = "RunPeriod-2026-11",
    path: str | None = None,
) -> NewPlot:
    """A plot whose content, file and times follow from `number`: one second per number."""
    data = b"image %d of %s" % (number, plot_type.encode("utf-8", "backslashreplace"))
    at = START + timedelta(seconds=number)
    stamp = FileStamp(path or f"/plots/Run{run:06d}/{plot_type}_{number}.png", 1_000_000_007 * number, len(data))
    identity = PlotIdentity(plot_type, run, chunk, period)
    return NewPlot(identity, data, hashlib.sha256(data).hexdigest(), 800, 600, at, at, stamp)


def commit(store: Store, plots: Sequence[NewPlot], owner: str = OWNER, lease_s: float = LEASE_S) -> list[StoredPlot]:
    """Take plots in."""
    return store.intake.commit(plots, owner, lease_s)


def commit_one(store: Store, number: int = 0, **given: object) -> Plot:
    """Take one plot in and return it."""
    return commit(store, [new_plot(number, **given)])[0].plot  # type: ignore[arg-type]


def manifest(plot_type: str = "CDC_occupancy", labels: Sequence[str] = ("Good", "Bad"), seed: int = 0) -> str:
    """A manifest with what the store needs, and a number that makes it another one."""
    return json.dumps(
        {
            "format": 1,
            "plot_type": plot_type,
            "labels": list(labels),
            "architecture": {"name": "compact_cbam", "parameters": {}},
            "thresholds": {label: 0.5 + 0.1 * place for place, label in enumerate(labels)},
            "provenance": {"seed": seed},
        }
    )


def register(
    store: Store, plot_type: str = "CDC_occupancy", labels: Sequence[str] = ("Good", "Bad"), seed: int = 0
) -> int:
    """Register a model; the bundle follows from the manifest."""
    text = manifest(plot_type, labels, seed)
    return store.models.register(text, text.encode(), "expert")


def put_in_force(store: Store, plot_type: str = "CDC_occupancy", seed: int = 0) -> ModelInForce:
    """Register and activate a model."""
    store.models.activate(register(store, plot_type, seed=seed), "expert")
    return store.models.in_force()[plot_type]


def judged(plot: Plot, model: ModelInForce, bad: float = 0.9) -> JudgedPlot:
    """An outcome: `bad` is the probability of the class Bad."""
    prediction = Prediction(
        probabilities=(1.0 - bad, bad),
        heat_map=HeatMap(np.arange(196, dtype=np.uint8).reshape(14, 14)),
        embedding=np.linspace(-1, 1, 64, dtype=np.float16),
        precision="f32",
        milliseconds=1.5,
    )
    worst = bad >= 0.5
    verdict = Verdict(
        classification="Bad" if worst else "Good",
        severity=Severity.ALARM if worst else Severity.NORMAL,
        confidence=max(bad, 1.0 - bad),
        confirmed=True,
        gate=AlarmGate.OPEN if worst else AlarmGate.HARMLESS,
        model_id=model.model_id,
    )
    return JudgedPlot(plot, model, prediction, verdict, (("read", 1.0), ("infer", 2.5)))
