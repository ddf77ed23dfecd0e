"""What a training worker says of itself, and what is asked of it. Frozen values; the only things that cross over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.training.catalogue import PixelRange
from backend.training.network_files import NetworkFile
from backend.training.recipes import Recipe


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """One training: `dataset` is a folder written by `write_dataset`, `bundle` the folder to make (not there yet).

    `parent` is the folder of a bundle of the same architecture to start from; its dense layer is kept where the
    labels are the same. `file` holds the weights or the network an expert brought, `pixels` what that network is given
    (None: found out). `threads` (≥ 1) bounds TensorFlow; `nice` (0 to 19) is how far the worker gives way.
    """

    plot_type: str
    dataset: Path
    bundle: Path
    recipe: Recipe
    author: str
    seed: int = 0
    threads: int = 1
    parent: Path | None = None
    nice: int = 10
    file: NetworkFile | None = None
    pixels: PixelRange | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """The network is built: its size and what it learns from."""

    labels: tuple[str, ...]
    train: int
    validate: int
    parameters: int


@dataclass(frozen=True, slots=True)
class EpochDone:
    """Epoch `epoch` of at most `epochs` is over. Losses in nats, accuracies 0 to 1, `eta_s` to the last epoch."""

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    eta_s: float


@dataclass(frozen=True, slots=True)
class Exporting:
    """Training is over; `epoch` was best. The network is converted and compared with the original."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The bundle is complete. `seconds` from the start of the worker; figures on validation images, 0 to 1.

    `note` is what a person must know of the model besides, or "".
    """

    labels: tuple[str, ...]
    epochs: int
    best_epoch: int
    seconds: float
    accuracy: float
    balanced_accuracy: float
    calibration_error: float
    temperature: float
    thresholds: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Training cannot go on; `message` is for a person."""

    message: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The worker stopped because it was told to; there is no bundle."""


Progress = Started | EpochDone | Exporting | Finished | Failed | Cancelled
