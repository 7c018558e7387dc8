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
    images = _turn(images, seeds[0], seeds[1], angle=3.1415927, zoom=(0.8, 1.02), stretch=0.0, shift=0.03, outside="CONSTANT")

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


def film(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Change chest films, float (n, s, s, 3) grey pixels 0..255: small turns, zoom and shift, mirror (never upside down), exposure, gamma,
    blur, grain, and a grey box over a random place (DeVries 2017), as letters and clips must not decide."""
    seeds = tf.unstack(tf.random.split(seed, 8))
    images = _turn(images, seeds[0], seeds[1], angle=0.15, zoom=(0.88, 1.15), stretch=0.08, shift=0.05)
    x = _erase(_tone(images / 255.0, seeds[2], gamma=(0.7, 1.4), contrast=0.2), seeds[3])
    x = _soften(x, seeds[4])
    n = tf.shape(images)[0]
    grain = tf.random.stateless_normal(tf.shape(x)[:3], seeds[5])[..., None] * tf.random.stateless_uniform((n, 1, 1, 1), seeds[6], 0, 0.03)
    return tf.clip_by_value(x + grain, 0.0, 1.0) * 255.0


def lesion(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Change skin spots, float (n, s, s, 3) pixels 0..255: any turn and flip, zoom, stretch, and colour as lamps and skins vary."""
    seeds = tf.unstack(tf.random.split(seed, 5))
    images = _turn(images, seeds[0], seeds[1], angle=3.1416, zoom=(0.8, 1.15), stretch=0.2, shift=0.06)
    x = _tone(images / 255.0, seeds[2], gamma=(0.8, 1.25), contrast=0.2, colour=0.12, saturation=0.25)
    return tf.clip_by_value(_soften(x, seeds[3]), 0.0, 1.0) * 255.0


def fundus(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Change fundus photographs, float (n, s, s, 3) pixels 0..255: any turn and flip, zoom, colour and contrast as cameras vary, blur."""
    seeds = tf.unstack(tf.random.split(seed, 5))
    images = _turn(images, seeds[0], seeds[1], angle=3.1416, zoom=(0.88, 1.2), stretch=0.05, shift=0.03, outside="CONSTANT")
    x = _tone(images / 255.0, seeds[2], gamma=(0.75, 1.3), contrast=0.25, colour=0.12, saturation=0.4)
    return tf.clip_by_value(_soften(x, seeds[3]), 0.0, 1.0) * 255.0


def _tone(
    x: tf.Tensor, seed: tf.Tensor, *, gamma: tuple[float, float], contrast: float, colour: float = 0.0, saturation: float = 0.0
) -> tf.Tensor:
    """Saturation, a gain per channel, contrast about the mean, brightness and gamma of pixels 0..1."""
    n = tf.shape(x)[0]
    seeds = tf.unstack(tf.random.split(seed, 5))
    grey = tf.reduce_mean(x, axis=-1, keepdims=True)
    x = grey + (x - grey) * tf.random.stateless_uniform((n, 1, 1, 1), seeds[0], 1 - saturation, 1 + saturation)
    x = x * tf.random.stateless_uniform((n, 1, 1, 3), seeds[1], 1 - colour, 1 + colour)
    mean = tf.reduce_mean(x, axis=(1, 2, 3), keepdims=True)
    x = mean + (x - mean) * tf.random.stateless_uniform((n, 1, 1, 1), seeds[2], 1 - contrast, 1 + contrast)
    x = x * tf.random.stateless_uniform((n, 1, 1, 1), seeds[3], 0.85, 1.15)
    return tf.clip_by_value(x, 1e-4, 1.0) ** tf.random.stateless_uniform((n, 1, 1, 1), seeds[4], *gamma)


def _soften(x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Slight blur or sharpening."""
    soft = tf.nn.avg_pool2d(x, 3, 1, "SAME")
    return x + (soft - x) * tf.random.stateless_uniform((tf.shape(x)[0], 1, 1, 1), seed, -0.4, 1.0)


def _erase(x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """One box of 8 to 25 % a side of each picture becomes flat grey of a random shade."""
    n, side = tf.shape(x)[0], tf.shape(x)[1]
    draws = tf.random.stateless_uniform((n, 5), seed)
    at = tf.cast(tf.range(side), tf.float32)[None] / tf.cast(side, tf.float32)
    wide, high = 0.08 + 0.17 * draws[:, 0:1], 0.08 + 0.17 * draws[:, 1:2]
    across = tf.abs(at - draws[:, 2:3]) < wide / 2
    down = tf.abs(at - draws[:, 3:4]) < high / 2
    return tf.where((down[:, :, None] & across[:, None, :])[..., None], draws[:, 4][:, None, None, None], x)


def _turn(
    images: tf.Tensor,
    seed: tf.Tensor,
    other_seed: tf.Tensor,
    *,
    angle: float,
    zoom: tuple[float, float],
    stretch: float,
    shift: float,
    outside: str = "REFLECT",
) -> tf.Tensor:
    """Rotate by up to `angle` radians, mirror, scale by `zoom`, stretch and shift by shares of the side, about the centre.

    What comes from outside the picture is mirrored, or black with "CONSTANT".
    """
    n, side = tf.shape(images)[0], tf.cast(tf.shape(images)[1], tf.float32)
    draws = tf.random.stateless_uniform((n, 4), seed)
    turn = (2 * draws[:, 0] - 1) * angle
    scale = 1.0 / (zoom[0] + (zoom[1] - zoom[0]) * draws[:, 1])
    wide = 1.0 + (2 * draws[:, 3] - 1) * stretch
    mirror = tf.where(draws[:, 2] < 0.5, -1.0, 1.0)
    moved = tf.random.stateless_uniform((n, 2), other_seed, -shift, shift) * side
    cos, sin = tf.cos(turn) * scale, tf.sin(turn) * scale
    centre = (side - 1.0) / 2.0
    a, b, c, d = cos * mirror * wide, -sin, sin * mirror * wide, cos
    zero = tf.zeros_like(a)
    rows = [a, b, centre - (a + b) * centre + moved[:, 0], c, d, centre - (c + d) * centre + moved[:, 1], zero, zero]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack(rows, axis=1),
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode=outside,
    )


def none(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """The pictures as they are."""
    return images


AUGMENTATIONS: dict[str, Augmentation] = {
    "stained_cell": stained_cell,
    "film": film,
    "lesion": lesion,
    "fundus": fundus,
    "none": none,
}
