"""`inception_v3_cbam` at 299 × 299: a burst through our runtime on every core, against Keras `predict` one at a time.

In details the same network in ONNX Runtime and in OpenVINO's bare loop, and how long a plot takes from file to tensor.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from backend.feed.images import ImageLimits, decode
from backend.inference.bundles import open_bundle
from backend.inference.manifest import InputSpec
from backend.inference.openvino_quietly import openvino
from backend.inference.preprocessing import prepare
from backend.inference.runtime import LoadedModel, Runtime
from backend.simulation.drawing import draw
from tests.benchmarks._inception import ONNX_NAME
from tests.benchmarks._side_by_side import best_in_turn, keras_process, make_inception, milliseconds
from tests.benchmarks.result import Goal, Result

BURST = 4
ROUNDS = 12
SPEC = InputSpec(height=299, width=299, channels=3)
WITH_BF16, WITHOUT_BF16 = 15.0, 3.5
SINGLE_WITH_BF16 = 10.0
LEAST_OVER_ONNX, MOST_OVER_BARE, MOST_DECODING = 2.5, 1.15, 0.25


def run() -> Result:
    """Milliseconds for one image, the least of twelve rounds, in which all ways are measured in turn."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="hydra-inference-") as place:
        folder = Path(place)
        make_inception(folder, onnx=True)
        model = Runtime("CPU", cores, folder / "cache").load(open_bundle(folder / "bundle"))
        images = np.random.default_rng(1).integers(0, 256, (BURST, *SPEC.shape), np.uint8)
        with keras_process() as ask:
            found = best_in_turn(_ways(folder, model, images, cores) | {"keras": lambda: ask("predict")}, ROUNDS)
    return _result(found, model.precision, cores)


def _ways(folder: Path, model: LoadedModel, images: np.ndarray, cores: int) -> dict[str, Callable[[], float]]:
    file = _plot_file()
    pixels = images.astype(np.float32) / 127.5 - 1
    ways = {
        "burst": milliseconds(lambda: model.predict(images), BURST),
        "single": milliseconds(lambda: model.predict(images[:1])),
        "decoding": milliseconds(lambda: prepare(decode(file, ".png", ImageLimits()), SPEC)),
        "bare": _bare(folder, pixels, cores),
    }
    return ways | _onnx(folder / ONNX_NAME, pixels, cores)


def _plot_file() -> bytes:
    buffer = BytesIO()
    draw("CDC_occupancy", np.random.default_rng(1)).image.save(buffer, "PNG")
    return buffer.getvalue()


def _bare(folder: Path, pixels: np.ndarray, cores: int) -> Callable[[], float]:
    """OpenVINO as its manual says for throughput: the IR as it is, a stream and a request for every core."""
    core = openvino().Core()
    network = core.read_model(folder / "bundle" / "model.xml")
    network.reshape([1, *SPEC.shape])
    settings = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_NUM_THREADS": cores, "NUM_STREAMS": cores}
    compiled = core.compile_model(network, "CPU", settings)
    requests = [compiled.create_infer_request() for _ in range(cores)]
    pool = ThreadPoolExecutor(cores)

    def loop(number: int) -> None:
        for image in pixels[number::cores]:
            requests[number].infer([image[None]])

    return milliseconds(lambda: list(pool.map(loop, range(cores))), len(pixels))


def _onnx(path: Path, pixels: np.ndarray, cores: int) -> dict[str, Callable[[], float]]:
    if not path.exists() or importlib.util.find_spec("onnxruntime") is None:
        return {}
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return {"onnx": milliseconds(lambda: session.run(None, {name: pixels[:1]}))}


def _result(found: dict[str, float], precision: str, cores: int) -> Result:
    single = found["keras"] / found["single"]
    over_onnx = found["onnx"] / found["burst"] if "onnx" in found else None
    over_bare = found["burst"] / found["bare"]
    share = found["decoding"] / (found["decoding"] + found["burst"])
    details = {
        "precision": precision,
        "cores": cores,
        "ms": {name: round(value, 1) for name, value in found.items()},
        "single_ratio": round(single, 2),
        "over_onnx_runtime": round(over_onnx, 2) if over_onnx else "hydra-gui[bench] is not installed: not measured",
        "over_onnx_runtime_goal": LEAST_OVER_ONNX,
        "over_bare_loop": round(over_bare, 3),
        "over_bare_loop_goal": MOST_OVER_BARE,
        "decoding_share": round(share, 3),
        "decoding_share_goal": MOST_DECODING,
    }
    fast = precision == "bf16"
    met = over_bare <= MOST_OVER_BARE and share <= MOST_DECODING and (single >= SINGLE_WITH_BF16 or not fast)
    return Result(
        "inference",
        ours=found["burst"],
        baseline=found["keras"],
        baseline_is="Keras predict, one image at a time, of the same network",
        unit="ms",
        goal=Goal(ratio=WITH_BF16 if fast else WITHOUT_BF16, also=met),
        details=details,
    )
