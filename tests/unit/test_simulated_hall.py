"""The simulation of a hall keeps its books, repeats itself, and is what the page on capacity shows."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("simulate_hall", ROOT / "scripts" / "simulate_hall.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate_hall"] = module
    spec.loader.exec_module(module)
    return module


def test_that_every_plot_is_judged_once_where_there_is_time(simulation: ModuleType) -> None:
    hall = simulation.Hall(plot_types=50, rounds=4)
    found = simulation.Simulation(hall).run()
    assert len(found.ages) == 200
    assert found.waiting == 0
    assert min(found.ages) >= (hall.intake_ms + hall.judge_ms + hall.record_ms) / 1e3
    work_s = 200 * hall.judge_ms / 1e3
    assert found.engines_busy == pytest.approx(work_s / (4 * hall.cadence_s * hall.engines))


def test_that_a_seed_gives_one_outcome(simulation: ModuleType) -> None:
    hall = simulation.Hall(plot_types=60, rounds=2)
    first, again = (simulation.Simulation(hall).run() for _ in range(2))
    assert first.ages == again.ages
    assert simulation.Simulation(replace(hall, seed=2)).run().ages != first.ages


def test_that_too_few_engines_leave_plots_over(simulation: ModuleType) -> None:
    found = simulation.Simulation(simulation.Hall(plot_types=600, engines=1, judge_ms=200, rounds=2)).run()
    assert found.waiting > 0
    assert len(found.ages) + found.waiting == 1200
    assert found.engines_busy > 0.9


def test_that_a_killed_engine_delays_what_it_had_and_loses_nothing(simulation: ModuleType) -> None:
    hall = simulation.Hall(plot_types=300, engines=2, judge_ms=50, rounds=2)
    whole = simulation.Simulation(hall).run()
    killed = simulation.Simulation(replace(hall, killed_at_s=62)).run()
    assert len(killed.ages) == len(whole.ages) == 600
    assert max(killed.ages) > max(max(whole.ages), simulation.TAKEN_OVER_S)


def test_that_the_page_shows_what_comes_out(simulation: ModuleType) -> None:
    """The small halls; the large ones take seconds and are written by the same command."""
    page = simulation.PAGE.read_text()
    assert page.count(simulation.BEGIN) == page.count(simulation.END) == 1
    for name, hall in simulation.HALLS[:6]:
        assert simulation.row(name, hall) in page, "run scripts/simulate_hall.py --write"
    for name, _ in simulation.HALLS:
        assert f"| {name} |" in page
