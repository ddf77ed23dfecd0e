"""A store with plots of the simulated hall to be labelled: real images, guesses of a model, labels of three people."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeVar

import numpy as np

from backend.domain.classifications import Severity, default_classification
from backend.domain.intake import JudgedPlot, NewPlot
from backend.domain.labels import Gesture, LabelEvent, LabelHow
from backend.domain.plots import Plot, PlotIdentity
from backend.domain.predictions import ModelInForce, Prediction
from backend.domain.verdicts import AlarmGate, Verdict
from backend.simulation.catalogue import CATALOGUE, SimulatedPlotType
from backend.simulation.drawing import draw
from backend.store import Store
from tests.samples import OWNER

PERIOD = "RunPeriod-2026-11"
_PORTION = 250
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Drawn:
    data: bytes
    label: str
    width: int
    height: int


def add_plots(store: Store, plot_type: str, count: int, looks: int = 24, end: datetime | None = None) -> list[Plot]:
    """Store `count` plots of a simulated plot type, drawn in `looks` ways, four a run, a minute apart; oldest first."""
    end = end or datetime.now(UTC)
    drawn = [_draw(plot_type, number) for number in range(looks)]
    new = [_new_plot(plot_type, drawn[n % looks], n, end - timedelta(minutes=count - n)) for n in range(count)]
    found: list[Plot] = []
    for portion in _portions(new):
        found += [item.plot for item in store.intake.import_plots(portion)]
    store.classifications.ensure(list(_kind(plot_type).classes), plot_type)
    return found


def judge_plots(store: Store, plots: Sequence[Plot], looks: int = 24) -> None:
    """Have the model in force guess: mostly right, at times in doubt."""
    plot_type = plots[0].identity.plot_type
    truth = [_draw(plot_type, number).label for number in range(looks)]
    model = store.models.in_force()[plot_type]
    rng = np.random.default_rng(5)
    outcomes = [_judged(plot, model, truth[n % looks], n % looks, rng) for n, plot in enumerate(plots)]
    for portion in _portions(outcomes):
        store.verdicts.record(portion, OWNER)


def label_plots(store: Store, plots: Sequence[Plot], who: str, looks: int = 24, first: int = 0) -> None:
    """Have a person give the right label to these plots, of which the first is number `first` of its type."""
    if not plots:
        return
    plot_type = plots[0].identity.plot_type
    truth = [_draw(plot_type, number).label for number in range(looks)]
    events = tuple(
        LabelEvent(plot.plot_id, truth[(first + n) % looks], LabelHow.PAINTED) for n, plot in enumerate(plots)
    )
    store.gestures.record(Gesture(uuid.uuid4(), plot_type, who, datetime.now(UTC), events))


def _kind(name: str) -> SimulatedPlotType:
    return next(kind for kind in CATALOGUE if kind.name == name)


@cache
def _draw(plot_type: str, number: int) -> _Drawn:
    """One of the looks: every third has a fault of the plot type."""
    kind = _kind(plot_type)
    fault = kind.faults[number // 3 % len(kind.faults)] if number % 3 == 2 else None
    drawing = draw(plot_type, np.random.default_rng(number), fault=fault, strength=0.9, statistics=0.8)
    image = drawing.image.convert("RGB")
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1)
    return _Drawn(data.getvalue(), drawing.label, image.width, image.height)


def _new_plot(plot_type: str, drawn: _Drawn, number: int, at: datetime) -> NewPlot:
    identity = PlotIdentity(plot_type, 121_266 - 4000 + number // 4, number % 4, PERIOD)
    digest = hashlib.sha256(drawn.data).hexdigest()
    return NewPlot(identity, drawn.data, digest, drawn.width, drawn.height, at, at)


def _judged(plot: Plot, model: ModelInForce, truth: str, look: int, rng: np.random.Generator) -> JudgedPlot:
    sure = float(np.clip(1 - rng.exponential(0.06), 0.4, 0.999))
    names = model.labels
    label = truth if rng.random() < 0.97 or len(names) == 1 else names[int(rng.integers(len(names)))]
    rest = (1 - sure) / max(1, len(names) - 1)
    probabilities = tuple(sure if name == label else rest for name in names)
    severity = default_classification(label).severity
    gate = AlarmGate.OPEN if severity is Severity.ALARM else AlarmGate.HARMLESS
    verdict = Verdict(label, severity, sure, sure > 0.6, gate, model.model_id)
    prediction = Prediction(probabilities, None, _embedding(truth, look, rng), "f32", 1.0)
    return JudgedPlot(plot, model, prediction, verdict, ())


def _embedding(truth: str, look: int, rng: np.random.Generator) -> np.ndarray:
    """Near that of its class, nearer to that of its look."""
    middle = np.random.default_rng(sum(truth.encode())).standard_normal(24)
    own = np.random.default_rng(1000 + look).standard_normal(24)
    return (middle + 0.45 * own + 0.16 * rng.standard_normal(24)).astype(np.float16)


def _portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _PORTION):
        yield items[start : start + _PORTION]
