"""The training loop: epochs of batches, validation, early stopping. Imported in the training worker only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from backend.training.architectures import Architecture
from backend.training.augmentation import augment
from backend.training.balancing import class_weights, draw_epoch, per_epoch
from backend.training.datasets import Dataset
from backend.training.evaluation import fit_temperature, log_loss, softmax
from backend.training.progress import EpochDone
from backend.training.recipes import Recipe

_AS_GOOD = 1.05
"""A later epoch up to 5 % worse replaces the best: with few validation images the difference is chance, and the
later network has been annealed further."""

_TINY_LOSS = 1e-3
PREDICTION_BATCH = 32


class StoppedError(Exception):
    """Raised out of `fit` between two batches when it is told to stop."""


@dataclass(slots=True)
class Fit:
    """A finished fit. `history` has one entry per epoch; `best_epoch` counts from 1, 0 before there is one."""

    history: list[EpochDone] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = float("inf")
    weights: list[NDArray[np.float32]] = field(default_factory=list)


class Fitter:
    """Trains one network on one data set.

    `check` is called before every batch: it may raise StoppedError to give up, or return False to end with the best so
    far (which needs one complete epoch).
    """

    def __init__(self, model: keras.Model, chosen: Architecture, data: Dataset, recipe: Recipe, seed: int) -> None:
        self._model, self._chosen, self._data, self._recipe = model, chosen, data, recipe
        self._rng = np.random.default_rng(seed)
        self._train = np.flatnonzero(~data.validates)
        self._validate = np.flatnonzero(data.validates)
        counts = np.bincount(data.classes[self._train], minlength=len(data.summary.labels))
        self._taken = per_epoch(counts, recipe.balance)
        self._weights = class_weights(self._taken, recipe.balance)[data.classes] * data.weights
        self._steps = max(1, round(int(self._taken.sum()) / recipe.batch))
        self._optimiser = _optimiser(recipe, self._steps)
        self._step = self._compiled_step(seed)
        self._forward = predictor(model, chosen)

    def run(self, on_epoch: Callable[[EpochDone], None], check: Callable[[], bool]) -> Fit:
        """All epochs; leaves the best weights in the model. StoppedError passes through."""
        fit, began = Fit(), time.monotonic()
        for epoch in range(1, self._recipe.epochs + 1):
            figures = self._epoch(check, may_end=epoch > 1)
            if figures is None:
                break
            done = self._judged(epoch, figures, began, fit)
            fit.history.append(done)
            on_epoch(done)
            if epoch - fit.best_epoch >= self._recipe.patience:
                break
        self._model.set_weights(fit.weights)
        return fit

    def logits(self) -> NDArray[np.float32]:
        """Logits of all validation images, float32 (N, labels)."""
        return np.concatenate([self._forward(batch).numpy() for batch in self._validation_batches()])

    def _epoch(self, check: Callable[[], bool], *, may_end: bool) -> tuple[float, float] | None:
        """Mean loss and accuracy of one epoch; None when it was cut short."""
        order = self._train[draw_epoch(self._data.classes[self._train], self._taken, self._rng)]
        losses, hits = [], 0
        for batch in np.array_split(order, self._steps):
            if not check() and may_end:
                return None
            place = np.sort(batch)  # the images are mapped from disk
            loss, right = self._step(self._data.images[place], self._data.classes[place], self._weights[place])
            losses.append(float(loss))
            hits += int(right)
        return float(np.mean(losses)), hits / len(order)

    def _judged(self, epoch: int, figures: tuple[float, float], began: float, fit: Fit) -> EpochDone:
        logits, truth = self.logits(), self._data.classes[self._validate]
        loss = log_loss(softmax(logits, fit_temperature(logits, truth)), truth)
        if loss <= fit.best_loss * _AS_GOOD + _TINY_LOSS:
            fit.best_epoch, fit.weights = epoch, self._model.get_weights()
        fit.best_loss = min(fit.best_loss, loss)
        left = (time.monotonic() - began) / epoch * (self._recipe.epochs - epoch)
        accuracy = float((logits.argmax(axis=1) == truth).mean())
        return EpochDone(epoch, self._recipe.epochs, *figures, loss, accuracy, left)

    def _validation_batches(self) -> list[NDArray[np.uint8]]:
        parts = range(0, len(self._validate), PREDICTION_BATCH)
        return [self._data.images[self._validate[start : start + PREDICTION_BATCH]] for start in parts]

    def _compiled_step(self, seed: int) -> Callable[..., tuple[tf.Tensor, tf.Tensor]]:
        model, recipe, optimiser, chosen = self._model, self._recipe, self._optimiser, self._chosen
        labels, variables = len(self._data.summary.labels), self._model.trainable_variables
        spec = self._data.summary.input
        optimiser.build(variables)

        @tf.function(  # type: ignore[untyped-decorator]
            input_signature=[
                tf.TensorSpec([None, *spec.shape], tf.uint8),
                tf.TensorSpec([None], tf.int32),
                tf.TensorSpec([None], tf.float32),
            ]
        )
        def step(images: tf.Tensor, classes: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            pixels = tf.cast(images, tf.float32) * chosen.scale + chosen.offset
            moment = tf.stack([tf.cast(optimiser.iterations, tf.int32), seed % 2**31])
            varied = augment(pixels, recipe.augmentation, 255 * chosen.scale, moment)
            truth = tf.one_hot(classes, labels) * (1 - recipe.smoothing) + recipe.smoothing / labels
            with tf.GradientTape() as tape:
                logits = model(varied, training=True)["logits"]
                loss = tf.reduce_mean(weights * tf.nn.softmax_cross_entropy_with_logits(truth, logits))
            optimiser.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            right = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), classes)
            return loss, tf.reduce_sum(tf.cast(right, tf.int32))

        return step  # type: ignore[no-any-return]


def predictor(model: keras.Model, chosen: Architecture) -> Callable[[NDArray[np.uint8]], tf.Tensor]:
    """A compiled function from uint8 images (B, h, w, c) to logits."""

    @tf.function(input_signature=[tf.TensorSpec(model.inputs[0].shape, tf.uint8)])  # type: ignore[untyped-decorator]
    def forward(images: tf.Tensor) -> tf.Tensor:
        return model(tf.cast(images, tf.float32) * chosen.scale + chosen.offset, training=False)["logits"]

    return forward  # type: ignore[no-any-return]


def _optimiser(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    warm = max(1, min(round(recipe.warmup * steps), recipe.epochs * steps // 4))
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate * recipe.final_rate,
        max(1, recipe.epochs * steps - warm),
        alpha=recipe.final_rate,
        warmup_target=recipe.learning_rate,
        warmup_steps=warm,
    )
    return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay, clipnorm=recipe.clip_norm)
