"""73 plot types on one shared backbone, against 73 images of one plot type through one ordinary model.

Both in one thread, as the pipeline runs a batch. Memory is that of a process that has loaded the models and judged the
73 images once: all of it, libraries included.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from backend.pipeline.classify import predict
from backend.pipeline.items import ModelInput
from tests.benchmarks._backbone_models import TYPES, inputs_of_heads, inputs_of_one
from tests.benchmarks.result import Goal, Result

ROOT = Path(__file__).resolve().parents[2]
MOST_TIME, MOST_MEMORY = 1.2, 1.3
_ROUNDS = 15


def run() -> dict[str, Any]:
    """Best of 15 rounds each, taken in turn; memory of fresh processes."""
    with TemporaryDirectory(prefix="hydra-backbone-") as folder:
        heads, one = inputs_of_heads(Path(folder)), inputs_of_one(Path(folder))
        alone = [ModelInput(item.model, heads[0].loaded, item.tensor) for item in heads]
        ours, baseline, one_head = best_seconds([lambda: predict(heads), lambda: predict(one), lambda: predict(alone)])
        memory = {kind: memory_of(kind, folder) for kind in ("heads", "one", "nothing")}
    more = memory["heads"] / memory["one"]
    result = Result(
        "backbone",
        ours=ours,
        baseline=baseline,
        baseline_is=f"{TYPES} images through one ordinary compact_cbam model",
        unit="s",
        goal=Goal(ratio=1 / MOST_TIME),
        details={
            "plot_types": TYPES,
            "one_head_s": round(one_head, 4),
            "memory_mb": {kind: round(size / 1e6, 1) for kind, size in memory.items()},
            "memory_ratio": round(more, 3),
            "head_kb": round(heads[0].loaded.network_bytes / 1e3),
        },
    )
    fields = result.fields()
    goal = f"{fields['goal']} and memory ≤ {MOST_MEMORY} × one model"
    return fields | {"goal": goal, "holds": fields["holds"] and more <= MOST_MEMORY}


def best_seconds(calls: list[Callable[[], object]]) -> list[float]:
    """The shortest time of each call, after one that warms up."""
    best = [float("inf")] * len(calls)
    for turn in range(_ROUNDS + 1):
        for place, call in enumerate(calls):
            started = time.perf_counter()
            call()
            if turn:
                best[place] = min(best[place], time.perf_counter() - started)
    return best


def memory_of(kind: str, folder: str) -> float:
    """Resident bytes of a process that has judged with these models; their networks come from the compiled cache."""
    command = [sys.executable, "-m", "tests.benchmarks._backbone_models", kind, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return float(json.loads(done.stdout.splitlines()[-1])["resident"])
