"""Labelling for presenters under test: plots in memory, a store that can be away, refuse or be slow."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from backend.domain.classifications import DEFAULT_CLASSIFICATIONS, default_classification
from backend.domain.hall import PlotTypeInfo
from backend.domain.labelling import (
    Guess,
    LabelCount,
    Labeller,
    LabelScope,
    Palette,
    PlotListing,
    PlotOrder,
    PlotQuery,
    PlotToLabel,
    PlotTypeToLabel,
    Step,
)
from backend.domain.labels import Gesture, LabelChange, LabelEvent, LabelHow, Recorded, Reversal, StandingLabel
from backend.domain.plots import Plot, PlotIdentity, PlotState

KIND = "CDC_occupancy"
START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def plot_to_label(number: int, plot_type: str = KIND, guess: Guess | None = None) -> PlotToLabel:
    """Plot number `number` of a type, a minute later than the one before."""
    at = START + timedelta(minutes=number)
    identity = PlotIdentity(plot_type, 42 + number // 4, number % 4)
    plot = Plot(number, identity, f"{number:064x}", 160, 120, at, at, PlotState.JUDGED)
    return PlotToLabel(plot, None, guess or Guess("Good", 0.9, True))


class FakeLabelling:
    """`LabellingApi` in memory. While `trouble` is set, saving raises it; while `gate` is cleared, it waits."""

    def __init__(self, count: int = 0, who: str = "ann") -> None:
        self.items_by_id = {number: plot_to_label(number) for number in range(1, count + 1)}
        self.classes = ["Good", "Bad"]
        self.labeller_answer = Labeller(who)
        self.trouble: Exception | None = None
        self.reading_trouble: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.recorded: list[Gesture | Reversal] = []
        self.attempts = 0
        self.asked: list[PlotQuery] = []
        self.pages: list[tuple[int, ...]] = []
        self.seconds: list[str] = []
        self.suggestions: dict[int, Guess] = {}
        self.changes: dict[int, list[LabelChange]] = {}

    def label_of(self, plot_id: int) -> str | None:
        """The label that counts."""
        label = self.items_by_id[plot_id].label
        return label.classification if label else None

    async def labeller(self) -> Labeller:
        return self.labeller_answer

    async def plot_types(self) -> tuple[PlotTypeToLabel, ...]:
        self._read()
        if not self.items_by_id:
            return ()
        labelled = sum(item.label is not None for item in self.items_by_id.values())
        return (PlotTypeToLabel(PlotTypeInfo(KIND), len(self.items_by_id), labelled),)

    async def palette(self, plot_type: str) -> Palette:
        self._read()
        counts = [
            LabelCount(item.label.classification, item.label.who, 1) for item in self.items_by_id.values() if item.label
        ]
        valid = tuple(default_classification(name) for name in self.classes)
        others = tuple(one for one in DEFAULT_CLASSIFICATIONS if one.name not in self.classes)
        return Palette(plot_type, valid, others, _merged(counts), len(self.items_by_id))

    async def listing(self, query: PlotQuery) -> PlotListing:
        self._read()
        self.asked.append(query)
        if query.order is PlotOrder.PICKED:
            return PlotListing(query, query.picked)
        if query.order is PlotOrder.SIMILAR:
            return PlotListing(query, tuple(sorted(self.items_by_id, key=lambda one: abs(one - query.like)))[:10])
        if query.order is PlotOrder.ERRORS:
            return PlotListing(query, tuple(self.suggestions), suggestions=self.suggestions)
        ids = [
            number
            for number, item in sorted(self.items_by_id.items(), reverse=True)
            if query.scope in (LabelScope.ALL, LabelScope.SECOND)
            or (item.label is None) == (query.scope is LabelScope.UNLABELLED)
        ]
        return PlotListing(query, tuple(ids))

    async def items(self, plot_ids: Sequence[int], second_for: str = "") -> tuple[PlotToLabel, ...]:
        self._read()
        self.seconds.append(second_for)
        self.pages.append(tuple(plot_ids))
        return tuple(self.items_by_id[number] for number in plot_ids)

    async def record(self, gesture: Gesture) -> Recorded:
        await self._save()
        if all(work.key != gesture.key for work in self.recorded):
            self.recorded.append(gesture)
            for event in gesture.events:
                self._apply(event, gesture.who)
        return Recorded(gesture.key, self._standing([e.plot_id for e in gesture.events]), len(gesture.events))

    async def revert(self, reversal: Reversal) -> Recorded:
        await self._save()
        self.recorded.append(reversal)
        touched = [n for n, changes in self.changes.items() if changes]
        for plot_id in touched:
            before = self.changes[plot_id][-1].before
            self._apply(LabelEvent(plot_id, before, reversal.how), reversal.who)
        return Recorded(reversal.key, self._standing(touched), len(touched))

    async def steps(self, plot_type: str, who: str) -> tuple[Step, ...]:
        self._read()
        return tuple(
            Step(work.key, work.at, work.how, work.reverts)
            if isinstance(work, Reversal)
            else Step(work.key, work.at, LabelHow.PAINTED)
            for work in self.recorded
        )

    async def history(self, plot_id: int) -> tuple[LabelChange, ...]:
        return tuple(self.changes.get(plot_id, ()))

    def _read(self) -> None:
        if self.reading_trouble is not None:
            raise self.reading_trouble

    async def _save(self) -> None:
        self.attempts += 1
        await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble

    def _apply(self, event: LabelEvent, who: str) -> None:
        item, before = self.items_by_id[event.plot_id], self.label_of(event.plot_id)
        label = StandingLabel(event.label, who, START, event.how.value, event.comment) if event.label else None
        self.items_by_id[event.plot_id] = PlotToLabel(item.plot, label, item.guess)
        change = LabelChange(event.plot_id, before, event.label, who, START, event.how.value, event.comment)
        self.changes.setdefault(event.plot_id, []).append(change)

    def _standing(self, plot_ids: Sequence[int]) -> tuple[tuple[int, StandingLabel | None], ...]:
        return tuple((number, self.items_by_id[number].label) for number in plot_ids)


def gesture(plot_ids: Sequence[int], label: str | None = "Good", who: str = "ann") -> Gesture:
    """A painted gesture."""
    events = tuple(LabelEvent(plot_id, label, LabelHow.PAINTED) for plot_id in plot_ids)
    return Gesture(uuid.uuid4(), KIND, who, START, events)


def _merged(counts: Sequence[LabelCount]) -> tuple[LabelCount, ...]:
    keys = dict.fromkeys((one.classification, one.who) for one in counts)
    return tuple(
        LabelCount(name, who, sum(one.count for one in counts if (one.classification, one.who) == (name, who)))
        for name, who in keys
    )
