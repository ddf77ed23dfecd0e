"""Which plots are judged together, and which first."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest

from backend.domain.plots import Plot, PlotIdentity, PlotState
from backend.domain.predictions import ModelInForce
from backend.pipeline.classify import Waiting
from backend.pipeline.items import ClassifyItem, ModelInput, StageTimes

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Paced:
    """As much of a loaded model as decides over batches."""

    is_wide: bool = False
    runs_on: str = ""
    pace_ms: float = 1.0
    asked: list[float] = field(default_factory=list)

    def images_within(self, milliseconds: float) -> int:
        self.asked.append(milliseconds)
        return max(1, int(milliseconds / self.pace_ms))


def waiting_for(*models: tuple[str, Paced]) -> Waiting:
    """One plot for each, numbered in the order they came."""
    waiting = Waiting()
    for number, (digest, loaded) in enumerate(models):
        loaded.runs_on = digest
        plot = Plot(number, PlotIdentity("P", 1, number), "", 8, 8, NOW, NOW, PlotState.PENDING)
        judging = ModelInput(ModelInForce(1, digest, (), ()), loaded, np.zeros((8, 8, 3), np.uint8))
        waiting.add(ClassifyItem(plot, judging, StageTimes(), float(number)), judging)
    return waiting


def taken(waiting: Waiting, limit: int = 16, within_ms: float = 250, shares: int = 1) -> list[int]:
    return [item.plot.plot_id for item in waiting.take(limit, within_ms, shares)]


def test_that_plots_of_one_model_are_judged_together_and_the_longest_waiting_first():
    a, b = ("a", Paced()), ("b", Paced())
    waiting = waiting_for(a, b, a, b, b)
    assert len(waiting) == 5
    assert [taken(waiting), taken(waiting)] == [[0, 2], [1, 3, 4]]
    assert not waiting


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (3, 3), (16, 10)])
def test_that_a_batch_has_no_more_plots_than_the_limit(limit, count):
    assert taken(waiting_for(*[("a", Paced())] * 10), limit) == list(range(count))


@pytest.mark.parametrize(("pace_ms", "count"), [(1000, 1), (100, 2), (60, 4), (1, 10)])
def test_that_a_batch_takes_no_longer_than_the_latency_allows(pace_ms, count):
    assert len(taken(waiting_for(*[("a", Paced(pace_ms=pace_ms))] * 10), within_ms=250)) == count


def test_that_the_threads_share_what_waits_for_a_small_network():
    waiting = waiting_for(*[("a", Paced())] * 7)
    assert [len(taken(waiting, shares=2)) for _ in range(3)] == [4, 2, 1]
    assert not waiting


def test_that_a_network_that_takes_all_cores_gets_all_that_waits():
    assert len(taken(waiting_for(*[("a", Paced(is_wide=True))] * 7), shares=4)) == 7
