"""What the worker of the reference engine opens. This module imports TensorFlow only when a network is opened."""

from __future__ import annotations

from pathlib import Path

from backend.inference.reference.worker import Network


def open_network(folder: Path, digest: str) -> Network:
    """The network in `model.keras` of the bundle in `folder`, whose digest must be this one. BundleError."""
    from backend.training.keras_running import KerasNetwork

    return KerasNetwork.open(folder, digest)
