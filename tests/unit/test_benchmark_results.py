import json

import pytest

from tests.benchmarks.__main__ import main, names
from tests.benchmarks.result import Goal, Result


def result(ours: float, baseline: float | None, goal: Goal, *, less_is_better: bool = True) -> Result:
    return Result("b", ours, baseline, "something", "ms", goal, less_is_better)


@pytest.mark.parametrize(
    ("ours", "baseline", "less_is_better", "ratio"),
    [(50, 200, True, 4.0), (200, 50, False, 4.0), (100, 50, True, 0.5), (10, None, True, None)],
)
def test_that_the_ratio_says_how_many_times_better(
    ours: float, baseline: float | None, less_is_better: bool, ratio: float | None
) -> None:
    assert result(ours, baseline, Goal(), less_is_better=less_is_better).ratio == ratio


def test_that_every_bound_of_the_goal_must_hold() -> None:
    goal = Goal(at_most=100, ratio=4)
    assert result(50, 200, goal).holds
    assert not result(60, 200, goal).holds
    assert not result(101, 1000, goal).holds
    assert not result(50, None, goal).holds
    assert result(5, None, Goal(at_least=5)).holds


def test_that_the_fields_are_those_of_the_design() -> None:
    fields = result(50, 200, Goal(at_most=100, ratio=4)).fields()
    assert list(fields) == [
        "benchmark", "ours", "baseline", "baseline_is", "unit", "ratio", "goal", "holds", "details",
    ]  # fmt: skip
    assert fields["goal"] == "≤ 100 ms and ratio ≥ 4"
    assert json.loads(json.dumps(fields))["holds"] is True


def test_that_benchmarks_are_found_by_their_modules() -> None:
    assert {"startup", "classify"} <= set(names())
    assert not {"result", "_keras_predict"} & set(names())


def test_that_an_unknown_name_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert "startup" in capsys.readouterr().err
