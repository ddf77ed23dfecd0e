"""What `inference` and `heatmap` need of TensorFlow, in a process of its own: `python -m tests.benchmarks._inception`.

`make FOLDER` writes a bundle of `inception_v3_cbam` with random weights (they make no difference to the time), and with
a further word `onnx` the same as ONNX where the extra `bench` is installed, with `keras` the network as Keras keeps it
in the bundle. `serve` then answers lines on standard
input with milliseconds for one image: `predict` for Keras `predict`, `tape` for eager Grad-CAM; so that the caller can
measure in turn.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

LABELS = ("Good", "Bad", "NoData")
ONNX_NAME = "network.onnx"


def _network() -> Any:
    import keras

    from backend.inference.manifest import InputSpec
    from backend.training.architectures import architecture, build

    keras.utils.set_random_seed(1)
    chosen = architecture("inception_v3_cbam")
    return chosen, build(chosen, InputSpec(height=299, width=299, channels=3), len(LABELS))


def make(folder: Path, *, onnx: bool, keras: bool) -> None:
    """Write `bundle` and, where it is wanted and can be, `network.onnx` into `folder`."""
    from backend.inference.bundles import seal
    from backend.inference.manifest import KERAS_NAME, Architecture, InputSpec, ModelFacts, Preprocessing, Provenance
    from backend.training.exporting import save_ir

    chosen, model = _network()
    (folder / "bundle").mkdir()
    save_ir(model, folder / "bundle")
    if keras:
        model.save(folder / "bundle" / KERAS_NAME)
    origin = Provenance(created=datetime.now(UTC), author="benchmark", data_sha256="0" * 64, seed=1)
    facts = ModelFacts(
        plot_type="Benchmark",
        labels=LABELS,
        input=InputSpec(height=299, width=299, channels=3),
        preprocessing=Preprocessing(scale=chosen.scale, offset=chosen.offset),
        architecture=Architecture(name=chosen.name, parameters=dict(chosen.defaults)),
        thresholds=dict.fromkeys(LABELS, 0.5),
        provenance=origin,
    )
    seal(folder / "bundle", facts)
    if onnx and all(importlib.util.find_spec(name) for name in ("onnxruntime", "tf2onnx")):
        _save_onnx(model, folder / ONNX_NAME)


def _save_onnx(model: Any, path: Path) -> None:
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec([1, 299, 299, 3], tf.float32, name="image")]
    forward = tf.function(lambda image: model(image, training=False), input_signature=signature)
    tf2onnx.convert.from_function(forward, input_signature=signature, opset=17, output_path=str(path))


def serve() -> None:
    """Answer until standard input ends."""
    _, model = _network()
    image = np.random.default_rng(1).uniform(-1, 1, (1, 299, 299, 3)).astype(np.float32)
    ways: dict[str, Callable[[], object]] = {
        "predict": lambda: model.predict(image, verbose=0),
        "tape": lambda: _grad_cam(model, image),
    }
    for line in sys.stdin:
        way = ways[line.strip()]
        started = time.perf_counter()
        way()
        sys.stdout.write(json.dumps({"ms": (time.perf_counter() - started) * 1e3}) + "\n")
        sys.stdout.flush()


def _grad_cam(model: Any, image: np.ndarray) -> Any:
    """Verdict, embedding and the Grad-CAM of the top class, layer by layer with a tape, as is usual."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        out = model(tf.constant(image), training=False)
        features = out["features"]
        tape.watch(features)
        logits = model.get_layer("logits")(tf.reduce_mean(features, axis=(1, 2)))
        score = logits[0, int(tf.argmax(logits[0]))]
    importance = tf.reduce_mean(tape.gradient(score, features), axis=(1, 2))
    return tf.nn.relu(tf.reduce_sum(features * importance[:, None, None], axis=-1)).numpy(), out["embedding"].numpy()


if __name__ == "__main__":
    more = sys.argv[3:]
    make(Path(sys.argv[2]), onnx="onnx" in more, keras="keras" in more) if sys.argv[1] == "make" else serve()
