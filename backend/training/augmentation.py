"""Varying training images inside the graph. Imported in the training worker only."""

from __future__ import annotations

import tensorflow as tf

from backend.training.recipes import Augmentation


def augment(images: tf.Tensor, how: Augmentation, contrast_unit: float, seed: tf.Tensor) -> tf.Tensor:
    """Images float32 (B, h, w, c) in the network's range, shifted by whole pixels and changed in tone.

    `contrast_unit` is the width of the full range in the network's units; `seed` int32 (2,) decides everything.
    """
    count = tf.shape(images)[0]
    seeds = tf.random.split(seed, 4)
    if how.shift:
        images = _shifted(
            images, tf.random.stateless_uniform((count, 2), seeds[0], -how.shift - 0.49, how.shift + 0.49)
        )
    gain = tf.random.stateless_uniform((count, 1, 1, 1), seeds[1], 1 - how.contrast, 1 + how.contrast)
    lift = tf.random.stateless_uniform((count, 1, 1, 1), seeds[2], -how.brightness, how.brightness)
    images = images * gain + lift * contrast_unit
    if how.noise:
        images += tf.random.stateless_normal(tf.shape(images), seeds[3]) * (how.noise * contrast_unit)
    return images


def _shifted(images: tf.Tensor, displacement: tf.Tensor) -> tf.Tensor:
    """Images moved by `displacement` (B, 2), rounded to pixels; the border is repeated."""
    x, y = tf.split(tf.round(displacement), 2, axis=1)
    zero, one = tf.zeros_like(x), tf.ones_like(x)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.concat([one, zero, x, zero, one, y, zero, zero], axis=1),
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="NEAREST",
        fill_mode="NEAREST",
    )
