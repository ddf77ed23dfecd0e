"""A whole hall: stations as processes on one MariaDB, plots at a rate with bursts; how soon do the windows know?

Ours is the time from a verdict to its tile in a window, all windows together; the baseline a bare PUB and SUB socket on
loopback in this process. The network is a tiny one, so that two cores judge as fast as recorded predictions could be
replayed. HYDRA_HALL="windows=4,engines=3,feeders=2,rate=60,seconds=600,burst=600" changes the plan.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import zmq

from tests.benchmarks.result import Goal, Result
from tests.trials.trial import Plan
from tests.trials.trial import run as run_trial

MESSAGES = 2_000
_TOLD = ("windows", "engines", "feeders", "plot_types", "rate", "seconds", "burst")
SHORT = Plan(seconds=60.0, burst_every_s=25.0)
"""What fits a round of all benchmarks; the whole is ten minutes."""


def run() -> Result:
    """`ours` and `baseline` are the 95th percentile in ms."""
    plan = _plan(os.environ.get("HYDRA_HALL", ""))
    with tempfile.TemporaryDirectory(prefix="hydra-hall-") as place:
        outcome = run_trial(plan, Path(place))
    reckoning = outcome.reckoning
    whole = reckoning.lost == 0 and reckoning.doubled == 0
    planned = {
        name: getattr(plan, name)
        for name in ("windows", "engines", "feeders", "plot_types", "rate", "seconds", "burst")
    }
    return Result(
        "hall",
        reckoning.lag_p95_ms,
        _bare(),
        "a message on a bare PUB and SUB socket on loopback, one process",
        "ms",
        Goal(at_most=1000.0, also=whole),
        details=planned | outcome.fields(),
    )


def _plan(changes: str) -> Plan:
    plan = SHORT
    for change in filter(None, changes.split(",")):
        name, _, value = change.partition("=")
        plan = replace(plan, **{name: type(getattr(plan, name))(float(value))})
    return plan


def _bare() -> float:
    context = zmq.Context()
    out, inward = context.socket(zmq.PUB), context.socket(zmq.SUB)
    try:
        inward.subscribe(b"")
        inward.connect(f"tcp://127.0.0.1:{out.bind_to_random_port('tcp://127.0.0.1')}")
        while not inward.poll(20):  # until the subscription has arrived
            out.send(b"")
        while inward.poll(50):
            inward.recv()
        lags = []
        for _ in range(MESSAGES):
            start = time.perf_counter()
            out.send(b"x" * 100)
            inward.recv()
            lags.append((time.perf_counter() - start) * 1e3)
        return statistics.quantiles(lags, n=20)[18]
    finally:
        context.destroy(linger=0)
