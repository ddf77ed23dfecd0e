"""Labelled images on their way into training, and the tally of what became of them. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from backend.inference.manifest import InputSpec


class Part(StrEnum):
    """The two parts of a data set: one to learn from, one to judge the result by."""

    TRAIN = "train"
    VALIDATE = "validate"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One labelled plot.

    `data` is an image file's bytes or uint8 RGB of shape (h, w, 3). `run` ≥ 0 groups samples that must not be torn
    apart; run 0 (simulated) groups nothing. `weight` ≥ 0 counts the sample that often in training, 0 leaves it out.
    A `synthetic` sample never validates. `forced` puts it into a part whatever the draw says.
    """

    data: bytes | NDArray[np.uint8]
    label: str
    run: int
    weight: float = 1.0
    synthetic: bool = False
    forced: Part | str | None = None


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many images of a label each part has; `synthetic` of those in training were made, not taken."""

    label: str
    train: int
    validate: int
    synthetic: int = 0

    @property
    def total(self) -> int:
        """Images of both parts."""
        return self.train + self.validate


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`count` images of `label` that take no part, and why, as a person reads it."""

    label: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """What a written data set holds. `labels` in the order of the logits; `notes` say what limits its worth.

    `data_sha256` follows from every image, label, run, weight and part; `runs` is the number of different runs.
    """

    labels: tuple[str, ...]
    input: InputSpec
    counts: tuple[ClassCount, ...]
    data_sha256: str
    runs: int
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def train(self) -> int:
        """Images to learn from."""
        return sum(count.train for count in self.counts)

    @property
    def validate(self) -> int:
        """Images to judge by."""
        return sum(count.validate for count in self.counts)
