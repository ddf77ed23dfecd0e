"""Training a shared backbone on episodes. Not for users: `scripts/train_backbone.py` makes the one that is shipped.

It starts from a model of one plot type, see `backend.training.warm_start`. Normalisations keep the statistics they have
there and learn their factors and shifts alone: a batch of a few looks says nothing of all the looks there are.

In each episode the sound plots say what is usual (each compared with the others, never with itself), and the network
learns to say of every plot which fault it has and where. What is usual is never learnt by heart, only how to compare.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from backend.inference.manifest import InputSpec
from backend.training.augmentation import augment
from backend.training.backbone_network import COMPARED, LAST, REDUCTION, comparing, looking
from backend.training.episodes import EpisodeBatch, Episodes, batches
from backend.training.head_fitting import FLOOR, NEIGHBOURS
from backend.training.layers import EmbeddingNormalisation
from backend.training.recipes import Augmentation

Tensor: TypeAlias = Any  # Keras has no types

SCALE, OFFSET = 1 / 127.5, -1.0
"""Of the preprocessing: the network is given pixel * scale + offset."""

_JUDGED = LAST + COMPARED
"""Channels the plots are judged by while training: what is conspicuous and what is seen."""

_WHERE_SHARE, _OUTSIDE, _EVERYWHERE, _WORST = 0.5, 2.0, 10.0, 0.5
_RARE = -3.0
"""What the logit of a place begins with: hardly any place has a fault."""


@dataclass(frozen=True, slots=True)
class Pretraining:
    """How a backbone is trained: `episodes` in each batch, the highest learning rate, and steps to warm up.

    In the end the weights are the mean of those trained, with the share `kept`, and those it started from: better on
    what neither has seen than either of them (Wortsman et al., CVPR 2022, arXiv:2109.01903).
    """

    epochs: int = 1
    episodes: int = 2
    learning_rate: float = 1e-3
    final_rate: float = 0.01
    warmup: int = 30
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    dropout: float = 0.1
    kept: float = 0.5
    augmentation: Augmentation = field(default_factory=lambda: Augmentation(noise=0.01))


@dataclass(frozen=True, slots=True)
class PretrainingFigures:
    """Means over an epoch: the loss, and the share of sound and of faulty plots that are called what they are."""

    epoch: int
    loss: float
    sound: float
    faulty: float
    seconds: float


class Pretrainer:
    """Trains the two halves of a backbone, `looking` and `comparing`."""

    def __init__(self, spec: InputSpec, kinds: int, episode: int, how: Pretraining, seed: int) -> None:
        """`kinds` counts the faults and being sound; `episode` the plots in one episode."""
        keras.utils.set_random_seed(seed)
        self.looking, self.comparing = looking(spec), comparing(spec)
        self._how, self._episode, self._seed = how, episode, seed
        self._places = (spec.height // REDUCTION, spec.width // REDUCTION)
        self._normalise, self._name, self._locate = EmbeddingNormalisation(), layers.Dense(kinds), layers.Dense(1)
        self._normalise.build((None, _JUDGED))
        self._name.build((None, _JUDGED))
        self._locate.build((None, None, None, LAST))
        self._locate.bias.assign([_RARE])

    def run(self, episodes: Episodes, tell: Callable[[PretrainingFigures], None]) -> None:
        """Train on all episodes, as often as is wanted."""
        before = [half.get_weights() for half in (self.looking, self.comparing)]
        rng, began = np.random.default_rng(self._seed), time.monotonic()
        step = self._compiled_step(len(episodes.images) // self._how.episodes)
        for epoch in range(1, self._how.epochs + 1):
            found = [self._one(step, batch) for batch in batches(episodes, self._how.episodes, self._places, rng)]
            loss, sound, faulty = (float(np.mean(values)) for values in zip(*found, strict=True))
            tell(PretrainingFigures(epoch, loss, sound, faulty, time.monotonic() - began))
        self._mix(before)

    def _mix(self, before: list[list[Any]]) -> None:
        for half, start in zip((self.looking, self.comparing), before, strict=True):
            both = zip(half.get_weights(), start, strict=True)
            half.set_weights([self._how.kept * trained + (1 - self._how.kept) * old for trained, old in both])

    def _one(self, step: Callable[..., Any], batch: EpisodeBatch) -> tuple[float, float, float]:
        loss, sound, faulty = step(batch.images, batch.kinds, batch.inside)
        return float(loss), float(sound), float(faulty)

    def _compiled_step(self, steps: int) -> Callable[..., Any]:
        how, parts = self._how, (self.looking, self.comparing, self._name, self._locate)
        variables = [variable for part in parts for variable in part.trainable_variables]
        optimiser = _optimiser(how, steps)
        optimiser.build(variables)

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def step(images: tf.Tensor, kinds: tf.Tensor, inside: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            pixels = tf.cast(images, tf.float32) * SCALE + OFFSET
            moment = tf.stack([tf.cast(optimiser.iterations, tf.int32), self._seed])
            varied = augment(pixels, how.augmentation, 255 * SCALE, moment)
            sound = tf.cast(tf.equal(kinds, 0), tf.float32)
            with tf.GradientTape() as tape:
                logits, places = self._forward(varied, sound)
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(kinds, logits))
                loss += _WHERE_SHARE * tf.reduce_mean(_where_loss(places, inside, sound))
            optimiser.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            right = tf.cast(tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), kinds), tf.float32)
            return loss, _share(right, sound), _share(right, 1 - sound)

        return step  # type: ignore[no-any-return]

    def _forward(self, pixels: tf.Tensor, sound: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Logits of the faults, (B, kinds), and of there being one at every place, (B, rows, columns)."""
        seen = self.looking(pixels, training=False)
        mean, scale = leave_one_out(seen, sound, self._episode)
        conspicuous = self.comparing([seen, mean, scale], training=False)[..., :LAST]
        features = tf.concat([conspicuous, seen], -1)
        # A head knows its plot type; without this, what differs from look to look would drown what differs within.
        usual = others_mean(tf.reduce_mean(features, (1, 2), keepdims=True), sound, self._episode)
        pooled = tf.reduce_mean(self._normalise(features - usual, training=True), (1, 2))
        return self._name(tf.nn.dropout(pooled, self._how.dropout)), self._locate(conspicuous)[..., 0]


def leave_one_out(seen: Tensor, sound: Tensor, episode: int) -> tuple[Tensor, Tensor]:
    """What is usual for each plot: mean and 1 / standard deviation over the other sound plots of its episode.

    `seen` (B, rows, columns, channels) holds `episode` plots of each episode in turn; `sound` (B,) is 1 for those that
    say what is usual, else 0.
    """
    mean = others_mean(seen, sound, episode)
    variance = tf.maximum(others_mean(tf.square(seen), sound, episode) - tf.square(mean), 0.0)
    variance = tf.nn.avg_pool2d(variance, 3, 1, "SAME")
    variance += NEIGHBOURS * tf.reduce_mean(variance, (1, 2), keepdims=True)
    return mean, tf.math.rsqrt(variance + FLOOR)


def others_mean(values: Tensor, sound: Tensor, episode: int) -> Tensor:
    """For each plot the mean of `values` (B, …, 4 axes) over the other sound plots of its episode; the same shape."""
    shape = tf.shape(values)
    grouped = tf.reshape(values, tf.concat([[-1, episode], shape[1:]], 0))
    counts = tf.reshape(sound, (-1, episode))[:, :, None, None, None]
    others = tf.reduce_sum(counts, 1, keepdims=True) - counts
    mean = (tf.reduce_sum(counts * grouped, 1, keepdims=True) - counts * grouped) / others
    return tf.reshape(mean, shape)


def _where_loss(places: Tensor, inside: Tensor, sound: Tensor) -> Tensor:
    """Somewhere inside the region there is something, outside and on sound plots there is nothing; (B,)."""
    size = tf.reduce_sum(inside, (1, 2))
    somewhere = tf.reduce_logsumexp(places - 1e3 * (1 - inside), (1, 2)) - 0.5 * tf.math.log(size + 1e-6)
    outside = tf.reduce_mean((1 - inside) * tf.nn.softplus(places), (1, 2))
    everywhere = tf.reduce_mean(tf.nn.softplus(places), (1, 2))
    worst = tf.nn.softplus(tf.reduce_max(places, (1, 2)))
    quiet = _EVERYWHERE * everywhere + _WORST * worst
    return sound * quiet + (1 - sound) * (tf.nn.softplus(-somewhere) + _OUTSIDE * outside)


def _share(right: Tensor, of: Tensor) -> Tensor:
    return tf.reduce_sum(right * of) / tf.maximum(tf.reduce_sum(of), 1.0)


def _optimiser(how: Pretraining, steps: int) -> keras.optimizers.Optimizer:
    rate = keras.optimizers.schedules.CosineDecay(
        how.learning_rate * how.final_rate,
        max(1, how.epochs * steps - how.warmup),
        alpha=how.final_rate,
        warmup_target=how.learning_rate,
        warmup_steps=how.warmup,
    )
    return keras.optimizers.AdamW(rate, weight_decay=how.weight_decay, clipnorm=how.clip_norm)
