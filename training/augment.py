"""Augmentation as seeded TensorFlow operations: the same seed draws the same changes, whatever the thread that draws them."""

from collections.abc import Callable

import tensorflow as tf

Augmentation = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def stained_cell(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Change (n, s, s, 3) float pixels 0..255 of cut-out cells, with an int32 (2,) seed.

    Any rotation and flip (a cell has no upright side), scale 0.8 to 1.02 and a small shift (more would push a
    parasite at the rim out of the picture, and the label would be wrong); a gain per colour channel, brightness, gamma and
    saturation as stains and lamps vary (the mean colour alone separates the classes of one clinic a little, which must not be learned);
    slight blur or sharpening. Black surroundings stay black, because every colour change maps zero to zero.
    """
    seeds = tf.unstack(tf.random.split(seed, 7))
    n = tf.shape(images)[0]
    images = _turn(images, seeds[0], seeds[1])

    x = images / 255.0
    grey = tf.reduce_mean(x, axis=-1, keepdims=True)
    saturation = tf.random.stateless_uniform((n, 1, 1, 1), seeds[2], 0.5, 1.4)
    x = tf.clip_by_value(grey + (x - grey) * saturation, 0.0, 1.0)
    gain = tf.random.stateless_uniform((n, 1, 1, 3), seeds[3], 0.86, 1.16) * tf.random.stateless_uniform((n, 1, 1, 1), seeds[4], 0.88, 1.12)
    x = tf.clip_by_value(x * gain, 0.0, 1.0)
    x = x ** tf.random.stateless_uniform((n, 1, 1, 1), seeds[5], 0.8, 1.25)

    soft = tf.nn.avg_pool2d(tf.nn.avg_pool2d(x, 3, 1, "SAME"), 3, 1, "SAME")
    x = x + (soft - x) * tf.random.stateless_uniform((n, 1, 1, 1), seeds[6], -0.4, 0.9)
    return tf.clip_by_value(x, 0.0, 1.0) * 255.0


def _turn(images: tf.Tensor, seed: tf.Tensor, other_seed: tf.Tensor) -> tf.Tensor:
    """Rotate, flip, scale and shift about the centre; what comes from outside is black."""
    n, side = tf.shape(images)[0], tf.cast(tf.shape(images)[1], tf.float32)
    draws = tf.random.stateless_uniform((n, 4), seed)
    angle = draws[:, 0] * 6.2831853
    zoom = 1.0 / (0.8 + 0.22 * draws[:, 1])
    flip = tf.where(draws[:, 2] < 0.5, -1.0, 1.0)
    shift = tf.random.stateless_uniform((n, 2), other_seed, -0.03, 0.03) * side
    cos, sin = tf.cos(angle) * zoom, tf.sin(angle) * zoom
    centre = (side - 1.0) / 2.0
    a, b, c, d = cos * flip, -sin, sin * flip, cos
    zero = tf.zeros_like(a)
    rows = [a, b, centre - (a + b) * centre + shift[:, 0], c, d, centre - (c + d) * centre + shift[:, 1], zero, zero]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack(rows, axis=1),
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )


def none(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """The pictures as they are."""
    return images


AUGMENTATIONS: dict[str, Augmentation] = {"stained_cell": stained_cell, "none": none}
