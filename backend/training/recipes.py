"""Recipes: named ways to train. Values only; the worker follows them.

Nothing here mirrors or turns an image: where something is on a detector plot is what it means.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.domain.errors import TrainingError
from backend.inference.manifest import InputSpec


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How training images are varied, anew in every epoch.

    `shift` is the largest displacement in pixels of the model's input; `contrast` the largest relative change;
    `brightness` the largest change and `noise` the standard deviation, both as parts of the full range.
    """

    shift: int = 2
    contrast: float = 0.1
    brightness: float = 0.03
    noise: float = 0.0


@dataclass(frozen=True, slots=True)
class Balance:
    """How rare labels are helped, in training only.

    Each epoch takes a fresh sample of every label, at most `most_per_rest` times as many as all other labels have
    together and never fewer than `least` (if there are as many). What imbalance is left is met by weighting the loss
    with (1 / images of the label) ** `power`: 0 not at all, 1 fully.
    """

    most_per_rest: float = 2.0
    least: int = 32
    power: float = 0.75


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained.

    `learning_rate` is the highest; it warms up over `warmup` epochs and falls to `final_rate` of it along a cosine.
    Training ends early after `patience` epochs without a better validation loss; the best epoch's weights are kept.
    `smoothing` is the label smoothing, `dropout` the share of features silenced before the dense layer.
    """

    name: str
    architecture: str = "compact_cbam"
    epochs: int = 30
    batch: int = 16
    learning_rate: float = 3e-3
    warmup: float = 2.0
    final_rate: float = 0.01
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    smoothing: float = 0.05
    dropout: float = 0.2
    patience: int = 12
    balance: Balance = field(default_factory=Balance)
    augmentation: Augmentation = field(default_factory=Augmentation)


DEFAULT_INPUT = InputSpec(height=192, width=256, channels=3)
"""What `compact_cbam` looks at: plots are about 4:3, and colour carries the third axis of many."""

HEAD_ARCHITECTURE = "backbone_head"
"""Not a network of its own: a head on the shared backbone, fitted in seconds and without TensorFlow."""

RECIPES: tuple[Recipe, ...] = (
    Recipe("compact"),
    Recipe("quick", epochs=10, patience=10),
    Recipe("head", HEAD_ARCHITECTURE, epochs=1),
    Recipe("adapt", epochs=10, learning_rate=1.5e-3, warmup=0.5, patience=10),
    Recipe("inception", architecture="inception_v3_cbam", learning_rate=1e-3),
    Recipe("vgg16", architecture="vgg16", learning_rate=1e-4),
    Recipe("custom", architecture="custom", learning_rate=1e-3),
)

DEFAULT_RECIPE, CUSTOM_RECIPE = "compact", "custom"


def recipe(name: str) -> Recipe:
    """The recipe of that name; TrainingError naming those there are."""
    for known in RECIPES:
        if known.name == name:
            return known
    names = ", ".join(known.name for known in RECIPES)
    raise TrainingError(f"There is no recipe {name!r}, so nothing is trained. Choose one of: {names}.")
