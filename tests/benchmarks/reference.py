"""The reference engine on `inception_v3_cbam`, eight images at once, against Keras `predict` one at a time.

In details: how many times slower it is than OpenVINO on the same network, what an exact map of an inner layer takes,
what handing the images to the worker costs, and how long a worker takes to start and load the network.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from multiprocessing import Pipe
from pathlib import Path

import numpy as np

from backend.inference.bundles import open_bundle
from backend.inference.reference.supervisor import MOST_IMAGES, ReferenceEngine
from backend.inference.reference.wire import REQUESTS, Look, receive, send
from backend.inference.reference.worker import WorkerSettings
from backend.inference.runtime import Runtime
from backend.training.reference_network import open_network
from tests.benchmarks._side_by_side import best_in_turn, keras_process, make_inception, milliseconds
from tests.benchmarks.result import Goal, Result

ROUNDS = 6


def run() -> Result:
    """Milliseconds for an image, the least of six rounds in which all ways are measured in turn."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="hydra-reference-") as place:
        folder = Path(place)
        make_inception(folder, keras=True)
        bundle = open_bundle(folder / "bundle")
        images = np.random.default_rng(1).integers(0, 256, (MOST_IMAGES, *bundle.manifest.input.shape), np.uint8)
        model = Runtime("CPU", cores, folder / "cache").load(bundle)
        engine = ReferenceEngine(open_network, WorkerSettings(folder / "log", threads=cores, nice=0))
        started = time.perf_counter()
        engine.make_ready(bundle)
        start_s = time.perf_counter() - started
        with keras_process() as ask:
            ways = {
                "ours": milliseconds(lambda: engine.look(bundle, images), len(images)),
                "openvino": milliseconds(lambda: model.predict(images), len(images)),
                "mixed7": milliseconds(lambda: engine.explain(bundle, images[0], 1, "mixed7")),
                "wire": milliseconds(lambda: _hand_over(images), len(images)),
                "predict": lambda: ask("predict"),
            }
            found = best_in_turn(ways, ROUNDS)
        resident = engine.explain(bundle, images[0], 1, "mixed7").resident
        engine.close()
    return Result(
        "reference",
        ours=found["ours"],
        baseline=found["predict"],
        baseline_is="Keras predict one at a time",
        unit="ms",
        goal=Goal(ratio=1.0),
        details={
            "openvino_ms": round(found["openvino"], 1),
            "openvino_precision": model.precision,
            "slower_than_openvino": round(found["ours"] / found["openvino"], 2),
            "exact_map_of_mixed7_ms": round(found["mixed7"], 1),
            "handing_over_ms": round(found["wire"], 3),
            "start_and_load_s": round(start_s, 1),
            "worker_holds_mb": resident >> 20,
        },
    )


def _hand_over(images: np.ndarray) -> None:
    """As the wire carries them; a socket holds less than one image, so that another thread takes them."""
    one, other = Pipe()
    with one, other:
        taking = threading.Thread(target=receive, args=(other, REQUESTS))
        taking.start()
        send(one, Look(digest="d" * 64, images=images))
        taking.join()
