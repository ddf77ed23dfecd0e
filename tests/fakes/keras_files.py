"""`.keras` files made without Keras: zips with a description, metadata and something in place of the weights."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

Part = dict[str, Any]

POLICY: Part = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}


def layer(class_name: str, module: str | None = "keras.layers", registered: str | None = None, **config: Any) -> Part:
    """One object as Keras describes it."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": registered}


def described(*more: Part, shape: tuple[int, int, int] = (64, 64, 3), labels: int = 2) -> Part:
    """The description of a network of ours as Keras writes it, with `more` layers in it."""
    layers = [
        layer("InputLayer", name="image", batch_shape=[None, *shape], dtype="float32"),
        layer("Conv2D", name="conv2d", filters=16, activation="relu", dtype=POLICY,
              kernel_initializer=layer("HeNormal", "keras.initializers", seed=None)),
        layer("ChannelAttention", "backend.training.layers", "hydra_gui>ChannelAttention", reduction=8),
        layer("Multiply", "keras.src.ops.numpy", "Multiply", name="multiply"),
        *more,
        layer("Dense", name="logits", units=labels, activation="linear"),
    ]  # fmt: skip
    inputs = [{"args": [{"class_name": "__keras_tensor__", "config": {"shape": [None, *shape]}}], "kwargs": {}}]
    network = layer("Functional", "keras.src.models.functional", "Functional", layers=layers, inbound_nodes=inputs)
    optimiser = layer("Adam", "keras.optimizers", learning_rate=0.001)
    return network | {"compile_config": {"optimizer": optimiser, "loss": "categorical_crossentropy"}}


def members(description: object = None, **changes: bytes) -> dict[str, bytes]:
    """The three files of a `.keras` file; `changes` by name, with `_` for the point in it."""
    files = {
        "metadata.json": json.dumps({"keras_version": "3.15.1", "date_saved": "2026-11-01@12:00:00"}).encode(),
        "config.json": json.dumps(described() if description is None else description).encode(),
        "model.weights.h5": b"\x89HDF\r\n\x1a\n" + bytes(64),
    }
    return files | {name.replace("_", "."): data for name, data in changes.items()}


def keras_file(files: Mapping[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED) -> bytes:
    """Those files as one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in (members() if files is None else files).items():
            archive.writestr(name, data)
    return buffer.getvalue()
