"""Faults at random while plots pour in: every plot that was offered ends with exactly one verdict.

HYDRA_HALL_FAULTS sets how many (200); a table of the faults and what came of it is printed.
"""

import os
import sys
from pathlib import Path

import pytest

from tests.trials.trial import Plan, run

FAULTS = int(os.environ.get("HYDRA_HALL_FAULTS", "200"))
SECONDS_A_FAULT = 4.0


@pytest.mark.soak
@pytest.mark.timeout(5400)
@pytest.mark.leaves_running("windows that were killed leave helpers of Qt behind for a moment")
def test_that_every_plot_ends_with_one_verdict_whatever_happens(tmp_path: Path):
    plan = Plan(
        windows=1,
        engines=3,
        feeders=2,
        plot_types=60,
        rate=float(os.environ.get("HYDRA_HALL_RATE", "5")),
        seconds=FAULTS * SECONDS_A_FAULT,
        burst=60,
        burst_every_s=60.0,
        faults=FAULTS,
        settle_s=1800.0,
    )
    outcome = run(plan, tmp_path)
    for name, value in outcome.fields().items():
        sys.stdout.write(f"{name:>16}  {value}\n")
    assert [fault for fault in outcome.causes if fault.trouble] == []
    assert sum(outcome.faults.values()) == FAULTS
    reckoning = outcome.reckoning
    assert (reckoning.lost, reckoning.doubled) == (0, 0)
    assert reckoning.judged == reckoning.offered
