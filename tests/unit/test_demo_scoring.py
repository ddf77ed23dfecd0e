from pathlib import Path

import pytest

from hydra_gui.demo.scoring import Outcome, TrueState, percentiles, read_truth, score


def outcome(label: str, verdict: str | None, fault: str = "") -> Outcome:
    return Outcome(TrueState("a.png", "A", 1, label, fault), verdict)


def test_that_faults_found_and_missed_are_counted() -> None:
    outcomes = [
        outcome("Good", "Good"),
        outcome("Good", "Bad"),
        outcome("Bad", "Bad", "dead_board"),
        outcome("Bad", "HotChannel", "noise"),
        outcome("Bad", "Good", "dead_board"),
        outcome("NoData", None, "no_data"),
    ]
    made = score(outcomes, stored=6, lost=1, waits_ms=[10.0, 20.0, 30.0])
    assert (made.written, made.judged, made.stored, made.lost) == (6, 5, 6, 1)
    assert (made.injected, made.found, made.false_alarms) == (3, 2, 1)
    assert made.missed == {"dead_board": 1}
    assert made.verdicts == {"Good": 2, "Bad": 2, "HotChannel": 1}
    assert (made.painted, made.median_ms) == (3, 20.0)


def test_that_nothing_makes_an_empty_score() -> None:
    made = score([], stored=0, lost=0, waits_ms=[])
    assert (made.written, made.judged, made.median_ms, made.p95_ms) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], (None, None)), ([5.0], (5.0, 5.0)), ([float(n) for n in range(101)], (50.0, 95.0))],
)
def test_that_percentiles_are_those_of_the_values(
    values: list[float], expected: tuple[float | None, float | None]
) -> None:
    assert percentiles(values) == expected


def test_that_the_truth_is_read_as_the_hall_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "truth.csv"
    assert read_truth(file) == []
    file.write_text("path,plot_type,run,chunk,label,fault,strength\nR/a.png,A,7,,Bad,noise,0.5\nR/b.png,B,8,2,Good,,\n")
    assert read_truth(file) == [TrueState("R/a.png", "A", 7, "Bad", "noise"), TrueState("R/b.png", "B", 8, "Good", "")]
