"""Fit a model: frozen head first, then deeper, with falling rates; seeded, checkpointed after every epoch, and resumable."""

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from training import backbones, metrics
from training.augment import AUGMENTATIONS
from training.recipes import Recipe


class Epoch(NamedTuple):
    """One step of the plan: which layers learn, and how fast."""

    depth: str
    rate: float
    size: int


class Labelled(NamedTuple):
    """Decoded pictures, uint8 (n, size, size, 3), class numbers, int64 (n,), and how much each counts, float32 (n,).

    `targets`, float32 (n, classes), are learned instead of the class numbers where they are given: what teachers said (Hinton 2015).
    """

    images: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    targets: np.ndarray | None = None


def plan(recipe: Recipe) -> list[Epoch]:
    """The recipe's stages, epoch by epoch, with the rate of each (cosine within a stage, Loshchilov 2017)."""

    def epochs() -> Iterator[Epoch]:
        for stage in recipe.stages:
            for i in range(stage.epochs):
                fallen = (1 - math.cos(math.pi * i / max(1, stage.epochs - 1))) / 2
                yield Epoch(stage.depth, stage.rate + (stage.last_rate - stage.rate) * fallen, stage.size or recipe.size)

    return list(epochs())


def logits(model: keras.Model, images: np.ndarray, backbone: backbones.Backbone, batch: int = 64) -> np.ndarray:
    """The model's logits (n, classes) for uint8 (n, size, size, 3), scaled as the backbone wants."""
    forward = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    parts, side = [], model.input_shape[1]
    for at in range(0, len(images), batch):
        pictures = images[at : at + batch].astype(np.float32)
        if pictures.shape[1] != side:
            pictures = tf.image.resize(pictures, (side, side), "area").numpy()
        x = (pictures - np.float32(backbone.offset)) / np.float32(backbone.divisor)
        answer = forward(x)
        parts.append((answer["logits"] if isinstance(answer, dict) else answer).numpy())
    return np.concatenate(parts)


def fit(
    *,
    recipe: Recipe,
    backbone: backbones.Backbone,
    weights: Path | str | None,
    train: Labelled,
    validation: Labelled | None,
    positive: tuple[int, ...],
    classes: int,
    seed: int,
    work: Path,
    start: Path | None = None,
) -> keras.Model:
    """Train and return the model of the epoch with the best validation AUC (of the summed positive classes), else of the last epoch;
    with the recipe's `average`, the mean of the last epochs' weights, and no early stop.

    `work` holds the checkpoint: an interrupted run of the same recipe goes on after its last whole epoch, and the outcome is that of
    an unbroken run. `start` is a .keras file of an earlier fit, of which every layer but the head is taken over.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    work.mkdir(parents=True, exist_ok=True)
    identity = json.loads(
        json.dumps(
            {"recipe": asdict(recipe), "backbone": backbone.name, "seed": seed, "n": len(train.labels)}
            | {"weights": str(weights), "start": str(start)}
        )
    )
    state_path, last_path, best_path = work / "state.json", work / "last.keras", work / "best.weights.h5"
    state = json.loads(state_path.read_text()) if state_path.is_file() else {}
    epochs = plan(recipe)

    def build(size: int) -> keras.Model:
        return backbones.classifier(backbone, size, weights, classes, recipe.dropout, recipe.end or None)

    if state.get("identity") == identity and last_path.is_file():
        model = keras.models.load_model(last_path)
        print(f"Going on after epoch {state['done']}, best validation AUC so far {state['best']:.4f}")
    else:
        model = build(epochs[0].size)
        if start is not None:
            _take_over(model, keras.models.load_model(start, compile=False))
        state = {"identity": identity, "done": 0, "best": -1.0, "best_epoch": 0, "history": []}
    print(f"{backbone.name}: {model.count_params():,} parameters; {len(train.labels)} images to learn from")

    images = tf.constant(train.images)
    for number in range(state["done"], len(epochs)):
        if _tired(recipe, state, number, epochs[number].depth):
            print(f"No better validation AUC for {recipe.patience} epochs: stopping")
            break
        epoch = epochs[number]
        if model.input_shape[1] != epoch.size:
            smaller, model = model, build(epoch.size)
            model.set_weights(smaller.get_weights())
        if number == 0 or epochs[number - 1][::2] != epoch[::2] or not model.compiled:
            backbones.set_trainable(model, backbone, epoch.depth)
            loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.smoothing)
            model.compile(keras.optimizers.AdamW(epoch.rate, weight_decay=1e-4), loss)
        model.optimizer.learning_rate = epoch.rate
        _seed_dropout(model, seed, number)
        history = model.fit(
            _batches(recipe, backbone, images, train, epoch.size, classes, seed, number),
            initial_epoch=number,
            epochs=number + 1,
            verbose="auto",
        )
        state["done"] = number + 1
        told = {"epoch": number + 1, "depth": epoch.depth, "rate": epoch.rate, "loss": history.history["loss"][0]}
        if validation is not None:
            told |= _validate(model, validation, backbone, positive)
            if told["validation_auc"] > state["best"] and epoch.size == recipe.size:
                state |= {"best": told["validation_auc"], "best_epoch": number + 1}
                model.save_weights(best_path)
        if number >= len(epochs) - recipe.average:
            model.save_weights(work / f"epoch{number + 1}.weights.h5")
        state["history"].append(told)
        _save_last(model, last_path)
        state_path.write_text(json.dumps(state, indent=1))
        print(f"epoch {number + 1}/{len(epochs)}: {told}", flush=True)
    files = [work / f"epoch{number + 1}.weights.h5" for number in range(len(epochs) - recipe.average, len(epochs))]
    if validation is not None and not recipe.average:
        files = [best_path]
    return _averaged(model, files)


def _tired(recipe: Recipe, state: dict[str, Any], number: int, depth: str) -> bool:
    """Whether too many epochs have brought nothing better. All epochs are needed where the last ones are averaged."""
    waited = number - state["best_epoch"] if state["best_epoch"] else 0
    return depth == "all" and waited >= recipe.patience and not recipe.average


def _averaged(model: keras.Model, files: list[Path]) -> keras.Model:
    """The model with the mean of the weights in the files, or with its own if there are none."""
    total: list[np.ndarray] = []
    for file in files:
        model.load_weights(file)
        total = [a + b for a, b in zip(total, model.get_weights(), strict=True)] if total else model.get_weights()
    if total:
        model.set_weights([value / len(files) for value in total])
    return model


def _validate(model: keras.Model, validation: Labelled, backbone: backbones.Backbone, positive: tuple[int, ...]) -> dict[str, float]:
    """AUC of the summed positive classes, and accuracy, at the size that the model has now."""
    scores = metrics.softmax(logits(model, validation.images, backbone))
    truth = np.isin(validation.labels, positive)
    return {
        "validation_auc": metrics.auc(truth, scores[:, list(positive)].sum(1)),
        "validation_accuracy": float(np.mean(scores.argmax(1) == validation.labels)),
    }


def _take_over(model: keras.Model, earlier: keras.Model) -> None:
    """Copy the weights of all layers but the head, which stands for other classes."""
    known = {layer.name: layer for layer in earlier.layers}
    for layer in model.layers:
        if layer.weights and layer.name != "evidence":
            layer.set_weights(known[layer.name].get_weights())


def _seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Let dropout draw by seed and epoch alone: Keras does not save how far its generators have come."""
    for layer in model.layers:
        if getattr(layer, "seed_generator", None) is not None:
            layer.seed_generator.state.assign([seed, epoch])


def _save_last(model: keras.Model, path: Path) -> None:
    """Write beside and move, so that a kill in the middle leaves the earlier checkpoint whole."""
    beside = path.with_name("writing.keras")
    model.save(beside)
    shutil.move(beside, path)


def _batches(
    recipe: Recipe, backbone: backbones.Backbone, images: tf.Tensor, train: Labelled, size: int, classes: int, seed: int, epoch: int
) -> tf.data.Dataset:
    """One epoch in an order and with changes that depend on the seed and the epoch alone."""
    order = np.random.default_rng((seed, epoch)).permutation(len(train.labels))
    change = AUGMENTATIONS[recipe.augmentation]
    hard = np.eye(classes, dtype=np.float32)[train.labels]
    targets, weights = tf.constant(hard if train.targets is None else train.targets), tf.constant(train.weights)

    def batch(number: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        x = tf.cast(tf.gather(images, rows), tf.float32)
        seeds = tf.stack([tf.constant(seed * 1000 + epoch, tf.int32), tf.cast(number, tf.int32)])
        if size != recipe.size:
            x = tf.image.resize(x, (size, size), "area" if size < recipe.size else "bilinear")
        x = change(x, seeds)
        y, weight = tf.gather(targets, rows), tf.gather(weights, rows)
        if recipe.mixup:
            x, y, weight = _mixed(x, y, weight, recipe.mixup, seeds)
        return (x - backbone.offset) / backbone.divisor, y, weight

    rows = tf.data.Dataset.from_tensor_slices(order).batch(recipe.batch, drop_remainder=len(order) > recipe.batch)
    return rows.enumerate().map(batch, num_parallel_calls=2, deterministic=True).prefetch(2)


def _mixed(x: tf.Tensor, y: tf.Tensor, weight: tf.Tensor, alpha: float, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Each picture and its target blended with its neighbour's in the batch (mixup, Zhang 2018), the own part never the smaller one."""
    n = tf.shape(x)[0]
    draws = tf.random.stateless_gamma((2, n), seed + 7, alpha) + 1e-6
    share = draws[0] / (draws[0] + draws[1])
    share = tf.maximum(share, 1 - share)
    wide = share[:, None, None, None]
    mixed = x * wide + tf.roll(x, 1, 0) * (1 - wide)
    return mixed, y * share[:, None] + tf.roll(y, 1, 0) * (1 - share[:, None]), weight * share + tf.roll(weight, 1, 0) * (1 - share)
