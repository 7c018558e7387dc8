"""The engine beside the ancestor's way, and beside what the machine can compute at most."""

import io
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import samples
from benchmarks.figures import Figure
from inference import diseases, engine, registry, runtimes
from training.benchmark import GEMM_OPERATIONS, yardstick
from training.timing import in_turns

ROUNDS = 25


def figures() -> list[Figure]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    artefacts = [found for code in diseases.DISEASES if (found := registry.latest(code))]
    return [*ancestor(artefacts), *peak(artefacts), *batches(artefacts)]


def ancestors_way(network: Any, data: bytes, side: int) -> np.ndarray:
    """How the ancestor project answered one picture: PIL, resize, Keras predict."""
    picture = Image.open(io.BytesIO(data)).convert("RGB").resize((side, side))
    answer: np.ndarray = network.predict(np.asarray(picture, np.float32)[None] / 127.5 - 1, verbose=0)
    return answer


def ancestor(artefacts: list[registry.Artefact]) -> list[Figure]:
    """One drawn picture at a time, decoded each time: the ancestor's way over the engine's, with the same model and with its ResNet-50."""
    import keras

    suite, found = "Against the ancestor's way (one picture at a time, decoding included)", []
    resnet = keras.applications.ResNet50(weights=None)
    for artefact in artefacts:
        manifest = artefact.manifest
        data = samples.draw(manifest.disease, manifest.classes[0])
        model, same = engine.Engine(artefact), keras.models.load_model(artefact.reference_path, compile=False)
        calls: dict[str, Callable[[], object]] = {
            "engine": lambda model=model, data=data: model.logits(data),  # type: ignore[misc]
            "same": lambda same=same, data=data, side=manifest.input.size: ancestors_way(same, data, side),  # type: ignore[misc]
            "resnet": lambda data=data: ancestors_way(resnet, data, 224),  # type: ignore[misc]
        }
        took = {name: statistics.median(taken) for name, taken in in_turns(calls, ROUNDS).items()}
        what = f"{manifest.disease} {manifest.version}"
        found.append(Figure(suite, f"{what}: the same model in Keras over the engine", took["same"] / took["engine"], "x", ROUNDS, ">= 10"))
        found.append(Figure(suite, f"{what}: ResNet-50 in Keras over the engine", took["resnet"] / took["engine"], "x", ROUNDS, ">= 25"))
    return found


def peak(artefacts: list[registry.Artefact]) -> list[Figure]:
    """Operations a second over those of a float32 matrix product in the same minutes."""
    import keras

    from training import backbones, compare, variants

    suite, calls, operations, goals = "Against the float32 matrix product of this machine (operations a second)", {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:

        def add(name: str, path: Path, size: int, count: int, goal: str = "") -> None:
            runtime, pixels = runtimes.open_file(path, size), np.random.default_rng(0).normal(0, 0.5, (size, size, 3)).astype(np.float32)
            calls[name], operations[name], goals[name] = (lambda: runtime.predict(pixels)), count, goal

        for artefact in artefacts:
            manifest = artefact.manifest
            count = compare.operations(keras.models.load_model(artefact.reference_path, compile=False), manifest.input.size)
            add(f"{manifest.disease} {manifest.version}, {manifest.variant}", artefact.model_path, manifest.input.size, count)
        resnet = backbones.served(backbones.classifier(backbones.BACKBONES["resnet50"], 224, None, 2, 0.0))
        count = compare.operations(resnet, 224)
        for variant, goal in (("float32", ">= 0.9"), ("int8", ">= 3.5")):
            path = Path(folder) / f"{variant}{runtimes.LITERT_SUFFIX}"
            path.write_bytes(
                variants.convert(resnet, variant, np.random.default_rng(0).normal(0, 0.5, (8, 224, 224, 3)).astype(np.float32))
            )
            add(f"ResNet-50 at 224 px, {variant}", path, 224, count, goal)
        taken = in_turns({"gemm": yardstick(), **calls}, ROUNDS)
    took = {name: statistics.median(values) for name, values in taken.items()}
    gemm = GEMM_OPERATIONS / took["gemm"]
    found = [Figure(suite, name, operations[name] / took[name] / gemm, "x", ROUNDS, goals[name]) for name in calls]
    return [*found, Figure(suite, "the matrix product itself", gemm / 1e6, "GFLOP/s", ROUNDS)]


def batches(artefacts: list[registry.Artefact]) -> list[Figure]:
    """The Keras model's traced function and a float32 LiteRT file with 1, 4 and 16 pictures at once: an image's time over that at 1."""
    import keras

    from training import variants

    suite, found = "Several pictures at once (time of an image over its time alone)", []
    for artefact in artefacts:
        size, model = artefact.manifest.input.size, keras.models.load_model(artefact.reference_path, compile=False)
        calls: dict[str, Callable[[], object]] = {}
        with tempfile.TemporaryDirectory() as folder:
            for count in (1, 4, 16):
                path = Path(folder) / f"{count}.tflite"
                path.write_bytes(variants.convert(model, "float32", np.zeros((1, size, size, 3), np.float32), batch=count))
                calls[str(count)] = _batch(path, count, size)
            took = {name: statistics.median(values) for name, values in in_turns(calls, ROUNDS).items()}
        for count in (4, 16):
            name = f"{artefact.manifest.disease}, {count} at once"
            found.append(Figure(suite, name, took[str(count)] / count / took["1"], "x", ROUNDS, "< 1 would pay"))
    return found


def _batch(path: Path, count: int, size: int) -> Callable[[], object]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=path.read_bytes(), num_threads=runtimes.threads())
    interpreter.allocate_tensors()
    (entry,) = interpreter.get_input_details()
    pixels = np.random.default_rng(0).normal(0, 0.5, (count, size, size, 3)).astype(np.float32)

    def run() -> None:
        interpreter.set_tensor(entry["index"], pixels)
        interpreter.invoke()

    return run
