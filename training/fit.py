"""Fit a model: frozen head first, then deeper, with falling rates; seeded, checkpointed after every epoch, and resumable."""

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

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


class Labelled(NamedTuple):
    """Decoded pictures, uint8 (n, size, size, 3), and class numbers, int64 (n,)."""

    images: np.ndarray
    labels: np.ndarray


def plan(recipe: Recipe) -> list[Epoch]:
    """The recipe's stages, epoch by epoch, with the rate of each (cosine within a stage, Loshchilov 2017)."""

    def epochs() -> Iterator[Epoch]:
        for stage in recipe.stages:
            for i in range(stage.epochs):
                fallen = (1 - math.cos(math.pi * i / max(1, stage.epochs - 1))) / 2
                yield Epoch(stage.depth, stage.rate + (stage.last_rate - stage.rate) * fallen)

    return list(epochs())


def logits(model: keras.Model, images: np.ndarray, backbone: backbones.Backbone, batch: int = 64) -> np.ndarray:
    """The model's logits (n, classes) for uint8 (n, size, size, 3), scaled as the backbone wants."""
    forward = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    parts = []
    for at in range(0, len(images), batch):
        x = (images[at : at + batch].astype(np.float32) - np.float32(backbone.offset)) / np.float32(backbone.divisor)
        answer = forward(x)
        parts.append((answer["logits"] if isinstance(answer, dict) else answer).numpy())
    return np.concatenate(parts)


def fit(
    *,
    recipe: Recipe,
    backbone: backbones.Backbone,
    weights: Path | None,
    train: Labelled,
    validation: Labelled,
    positive: tuple[int, ...],
    classes: int,
    seed: int,
    work: Path,
) -> keras.Model:
    """Train and return the model of the epoch with the best validation AUC (of the summed positive classes).

    `work` holds the checkpoint: an interrupted run of the same recipe goes on after its last whole epoch, and the outcome is that of
    an unbroken run. Classes weigh the same, whatever their share.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    work.mkdir(parents=True, exist_ok=True)
    identity = json.loads(json.dumps({"recipe": asdict(recipe), "backbone": backbone.name, "seed": seed, "n": len(train.labels)}))
    state_path, last_path, best_path = work / "state.json", work / "last.keras", work / "best.weights.h5"
    state = json.loads(state_path.read_text()) if state_path.is_file() else {}
    if state.get("identity") == identity and last_path.is_file():
        model = keras.models.load_model(last_path)
        print(f"Going on after epoch {state['done']}, best validation AUC so far {state['best']:.4f}")
    else:
        model = backbones.classifier(backbone, recipe.size, weights, classes, recipe.dropout)
        state = {"identity": identity, "done": 0, "best": -1.0, "best_epoch": 0, "history": []}
    print(f"{backbone.name}: {model.count_params():,} parameters; {len(train.labels)} images to learn from")

    epochs = plan(recipe)
    share = np.bincount(train.labels, minlength=classes) / len(train.labels)
    weight = (1 / np.maximum(share, 1e-9) / classes).astype(np.float32)
    images = tf.constant(train.images)
    for number in range(state["done"], len(epochs)):
        if number - state["best_epoch"] >= recipe.patience and epochs[number].depth == "all" and state["best_epoch"]:
            print(f"No better validation AUC for {recipe.patience} epochs: stopping")
            break
        epoch = epochs[number]
        if number == 0 or epochs[number - 1].depth != epoch.depth or not model.compiled:
            backbones.set_trainable(model, backbone, epoch.depth)
            loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.smoothing)
            model.compile(keras.optimizers.AdamW(epoch.rate, weight_decay=1e-4), loss)
        model.optimizer.learning_rate = epoch.rate
        _seed_dropout(model, seed, number)
        batches = _batches(recipe, backbone, images, train.labels, weight, classes, seed, number)
        history = model.fit(batches, initial_epoch=number, epochs=number + 1, verbose="auto")
        scores = metrics.softmax(logits(model, validation.images, backbone))
        truth = np.isin(validation.labels, positive)
        auc = metrics.auc(truth, scores[:, list(positive)].sum(1))
        accuracy = float(np.mean(scores.argmax(1) == validation.labels))
        if auc > state["best"]:
            state |= {"best": auc, "best_epoch": number + 1}
            model.save_weights(best_path)
        state["done"] = number + 1
        state["history"].append({"epoch": number + 1, "depth": epoch.depth, "rate": epoch.rate, "loss": history.history["loss"][0]})
        state["history"][-1] |= {"validation_auc": auc, "validation_accuracy": accuracy}
        _save_last(model, last_path)
        state_path.write_text(json.dumps(state, indent=1))
        print(f"epoch {number + 1}/{len(epochs)} ({epoch.depth}): validation AUC {auc:.4f}, accuracy {accuracy:.4f}", flush=True)
    model.load_weights(best_path)
    return model


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
    recipe: Recipe,
    backbone: backbones.Backbone,
    images: tf.Tensor,
    labels: np.ndarray,
    weight: np.ndarray,
    classes: int,
    seed: int,
    epoch: int,
) -> tf.data.Dataset:
    """One epoch in an order and with changes that depend on the seed and the epoch alone."""
    order = np.random.default_rng((seed, epoch)).permutation(len(labels))
    change = AUGMENTATIONS[recipe.augmentation]
    targets, weights = tf.constant(labels), tf.constant(weight)

    def batch(number: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        x = tf.cast(tf.gather(images, rows), tf.float32)
        x = change(x, tf.stack([tf.constant(seed * 1000 + epoch, tf.int32), tf.cast(number, tf.int32)]))
        y = tf.gather(targets, rows)
        return (x - backbone.offset) / backbone.divisor, tf.one_hot(y, classes), tf.gather(weights, y)

    rows = tf.data.Dataset.from_tensor_slices(order).batch(recipe.batch, drop_remainder=len(order) > recipe.batch)
    return rows.enumerate().map(batch, num_parallel_calls=2, deterministic=True).prefetch(2)
