"""Classify and judge: batches by what runs together, then a verdict for every plot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from backend.domain.beam import Beam
from backend.domain.classifications import Classification
from backend.domain.errors import WorkerUnavailableError
from backend.domain.intake import JudgedPlot
from backend.domain.plots import Plot
from backend.domain.predictions import Prediction
from backend.domain.verdicts import judge
from backend.pipeline.executors import Executors, run_in
from backend.pipeline.items import ClassifyItem, ModelInput
from backend.pipeline.timings import Timings

log = logging.getLogger(__name__)

APART_LENGTH = 64
"""Plots that wait in memory for the reference engine; more are given back to the store for a while."""

LATER_S = 10.0


class LaterError(Exception):
    """More plots wait for the reference engine than fit into memory; this one is had from the store again."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Of one batch: `batch` plots, and `latency_ms` milliseconds as fast as the model was so far."""

    batch: int
    latency_ms: float


class Waiting:
    """Plots that wait for their model, by the network it runs; the plot that came first decides whose turn it is."""

    def __init__(self) -> None:
        self._groups: dict[str, deque[ClassifyItem]] = {}

    def __len__(self) -> int:
        return sum(len(group) for group in self._groups.values())

    def add(self, item: ClassifyItem, model: ModelInput) -> None:
        """One more plot."""
        self._groups.setdefault(model.loaded.runs_on, deque()).append(item)

    def take(self, limit: int, within_ms: float, shares: int) -> list[ClassifyItem]:
        """The next batch: plots that run the same network, in the order they came, at most `limit`.

        No more than the model judges in `within_ms`, so that the first does not wait long for the last, and no more
        than one of `shares` equal parts, so that no core idles beside it.
        """
        network, group = min(self._groups.items(), key=lambda entry: entry[1][0].queued_at)
        loaded = _input_of(group[0]).loaded
        share = len(group) if loaded.is_wide else math.ceil(len(group) / shares)
        taken = [group.popleft() for _ in range(min(limit, share, loaded.images_within(within_ms)))]
        if not group:
            del self._groups[network]
        return taken


def predict(inputs: list[ModelInput]) -> list[Prediction]:
    """Predictions for plots whose models run the same network (blocking)."""
    runs = groupby(inputs, key=lambda item: item.loaded)
    return [found for model, run in runs for found in model.predict(np.stack([item.tensor for item in run]))]


class Classifier:
    """Takes stored plots, runs their models on the CPU executor and passes verdicts on to be recorded.

    As many batches are under way as the executor has threads, but only one of a network that keeps all cores busy by
    itself: another would hold a thread that can decode meanwhile. Models that run in another process have a lane of
    their own: it takes minutes there what takes milliseconds here, and nothing here waits for it. A batch that fails is
    run again plot by plot, so that one poisonous plot takes no other with it; `failed` hears of that one, and of those
    for which there is no room in that lane.
    """

    def __init__(
        self,
        executors: Executors,
        limits: BatchLimits,
        timings: Timings,
        queue: asyncio.Queue[ClassifyItem],
        record: asyncio.Queue[JudgedPlot],
        classifications: Callable[[], Mapping[str, Classification]],
        beam: Callable[[], Beam],
        failed: Callable[[Plot, Exception], None],
    ) -> None:
        self._executors, self._limits, self._timings = executors, limits, timings
        self._queue, self._record = queue, record
        self._classifications, self._beam, self._failed = classifications, beam, failed
        self._reset()

    def _reset(self) -> None:
        self._waiting, self._busy, self._wide = Waiting(), 0, asyncio.Lock()
        self._apart, self._apart_came = Waiting(), asyncio.Event()
        self._apart_types: set[str] = set()

    def has_room(self, plot_type: str) -> bool:
        """Whether more plots of this type can wait in memory."""
        return len(self._apart) < APART_LENGTH or plot_type not in self._apart_types

    @property
    def at_work(self) -> bool:
        """Whether more verdicts are about to come."""
        return self._busy > 0 or len(self._waiting) > 0 or len(self._apart) > 0 or not self._queue.empty()

    async def run_forever(self) -> None:
        """Classify what has gathered, again and again; a failure of one slot ends all."""
        self._reset()
        async with asyncio.TaskGroup() as slots:
            slots.create_task(self._work_apart_forever())
            for _ in range(self._executors.cpu_threads):
                slots.create_task(self._work_forever())

    async def _work_forever(self) -> None:
        while True:
            if not self._waiting:
                await self._accept(await self._queue.get())
            self._busy += 1
            try:
                await self._next_batch()
            finally:
                self._busy -= 1

    async def _work_apart_forever(self) -> None:
        while True:
            await self._apart_came.wait()
            self._busy += 1
            try:
                await self._classify(self._noted(self._apart.take(self._limits.batch, self._limits.latency_ms, 1)))
            finally:
                self._busy -= 1
            if not self._apart:
                self._apart_came.clear()

    async def _next_batch(self) -> None:
        while not self._queue.empty() and len(self._waiting) < self._limits.batch * self._executors.cpu_threads:
            await self._accept(self._queue.get_nowait())
        if not self._waiting:  # there was no model for any, or another slot took them
            return
        items = self._waiting.take(self._limits.batch, self._limits.latency_ms, self._executors.cpu_threads)
        async with self._wide if _input_of(items[0]).loaded.is_wide else contextlib.nullcontext():
            await self._classify(self._noted(items))

    def _noted(self, items: list[ClassifyItem]) -> list[ClassifyItem]:
        for item in items:
            item.times.milliseconds["wait"] = (time.monotonic() - item.queued_at) * 1e3
        return items

    async def _accept(self, item: ClassifyItem) -> None:
        if item.model_input is not None:
            self._sort(item, item.model_input)
            return
        self._noted([item])
        await self._record.put(JudgedPlot(item.plot, stage_ms=item.times.frozen()))

    def _sort(self, item: ClassifyItem, model: ModelInput) -> None:
        if not model.loaded.runs_apart:
            self._waiting.add(item, model)
            return
        self._apart_types.add(item.plot.identity.plot_type)
        if len(self._apart) < APART_LENGTH:
            self._apart.add(item, model)
            self._apart_came.set()
        else:
            self._failed(item.plot, LaterError())

    async def _classify(self, items: list[ClassifyItem]) -> None:
        executor = self._executors.apart if _input_of(items[0]).loaded.runs_apart else self._executors.cpu
        try:
            predictions = await run_in(executor, predict, [_input_of(item) for item in items])
        except WorkerUnavailableError as error:
            for item in items:
                self._failed(item.plot, error)
            return
        except Exception as error:
            await self._one_by_one(items, error)
            return
        for item, prediction in zip(items, predictions, strict=True):
            await self._record.put(self._judge(item, prediction))

    async def _one_by_one(self, items: list[ClassifyItem], error: Exception) -> None:
        if len(items) == 1:
            log.error("inference failed on plot %d: %s", items[0].plot.plot_id, error)
            self._failed(items[0].plot, error)
            return
        for item in items:
            await self._classify([item])

    def _judge(self, item: ClassifyItem, prediction: Prediction) -> JudgedPlot:
        item.times.milliseconds["infer"] = prediction.milliseconds
        self._timings.add(item.times.milliseconds)
        model = _input_of(item).model
        beam = self._beam()
        verdict = judge(prediction.probabilities, model, self._classifications(), beam)
        return JudgedPlot(item.plot, model, prediction, verdict, item.times.frozen(), beam)


def _input_of(item: ClassifyItem) -> ModelInput:
    assert item.model_input is not None  # noqa: S101 - only plots with a model wait for one
    return item.model_input
