"""Every backbone behind the one interface, and the pixels that each set of weights wants."""

import io
import pickle
import struct
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from training import backbones, convert  # noqa: E402 - after the check for Keras
from training.backbones import BACKBONES, BackboneError  # noqa: E402

PIXELS = np.random.default_rng(3).integers(0, 256, (2, 75, 75, 3)).astype(np.float32)


def scaled(backbone: backbones.Backbone, pixels: np.ndarray) -> np.ndarray:
    return (pixels - backbone.offset) / backbone.divisor


@pytest.mark.parametrize("name", BACKBONES)
def test_a_picture_gives_logits_that_are_the_mean_of_their_evidence(name: str) -> None:
    backbone = BACKBONES[name]
    size = max(32, backbone.smallest)
    model = backbones.served(backbones.classifier(backbone, size, None, 3, 0.2))
    answer = model(scaled(backbone, PIXELS[:, :size, :size]))
    logits, evidence = answer["logits"].numpy(), answer["evidence"].numpy()
    assert logits.shape == (2, 3)
    assert evidence.shape[0] == 2
    assert evidence.shape[3] == 3
    np.testing.assert_allclose(logits, evidence.mean((1, 2)), rtol=1e-4, atol=1e-6)

    learning = []
    for depth in ("head", "upper", "all"):
        backbones.set_trainable(model, backbone, depth)
        learning.append(sum(int(np.prod(variable.shape)) for variable in model.trainable_variables))
    assert 0 < learning[0] < learning[1] < learning[2]
    if backbone.momentum:
        kept = {layer.momentum for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)}
        assert kept == {backbone.momentum}


def test_efficientnet_ends_where_it_is_told() -> None:
    backbone = BACKBONES["efficientnet_lite0"]
    ends = {end: backbone.build(64, None, end).output.shape[1:] for end in (None, "block15_project_bn", "head_act")}
    assert ends == {None: (4, 4, 672), "block15_project_bn": (2, 2, 320), "head_act": (2, 2, 1280)}
    for end in ("block99_add", "block2_add"):  # not there; and before the upper half begins
        with pytest.raises(BackboneError, match=f"can not end at {end}"):
            backbone.build(64, None, end)


def test_a_keras_file_gives_its_weights_at_another_size(tmp_path: Path) -> None:
    backbone = BACKBONES["efficientnet_lite0"]
    whole = backbone.build(64, None, "head_act")
    whole.save(tmp_path / "whole.keras")
    again = backbone.build(32, tmp_path / "whole.keras", "head_act")
    assert again.input_shape == (None, 32, 32, 3)
    for own, saved in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(own, saved)
    with pytest.raises(BackboneError, match="is not a mobilenet_v2"):
        BACKBONES["mobilenet_v2"].build(32, tmp_path / "whole.keras")


def test_vgg16_takes_arrays_of_half_precision_and_the_pixels_of_torchvision(tmp_path: Path) -> None:
    plain = keras.applications.VGG16(input_shape=(32, 32, 3), include_top=False, weights=None)
    for variable in plain.trainable_variables:  # values that half precision holds exactly
        variable.assign(np.asarray(variable).astype(np.float16).astype(np.float32))
    arrays = {f"{layer.name}/{v.name}": np.asarray(v).astype(np.float16) for layer in plain.layers for v in layer.weights}
    np.savez(tmp_path / "vgg.npz", **arrays)
    backbone, pixels = BACKBONES["vgg16"], PIXELS[:, :32, :32]
    expected = plain((pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).numpy()
    built = backbone.build(32, tmp_path / "vgg.npz")
    np.testing.assert_allclose(built(scaled(backbone, pixels)).numpy(), expected, rtol=1e-4, atol=1e-5)
    built.save(tmp_path / "kept.keras")  # the artefact carries the pixels' layer too
    kept = keras.models.load_model(tmp_path / "kept.keras")
    np.testing.assert_allclose(kept(scaled(backbone, pixels)).numpy(), expected, rtol=1e-4, atol=1e-5)

    del arrays["block1_conv1/bias"]
    np.savez(tmp_path / "less.npz", **arrays)
    with pytest.raises(BackboneError, match="block1_conv1/bias"):
        backbone.build(32, tmp_path / "less.npz")


def test_keras_own_weights_see_the_pixels_that_keras_gives_them(tmp_path: Path) -> None:
    """VGG-16 and ResNet-50 as Keras publishes them want BGR less its mean; the model takes scaled RGB and answers the same."""
    plain = keras.applications.VGG16(input_shape=(32, 32, 3), include_top=False, weights=None)
    plain.save_weights(tmp_path / "vgg.weights.h5")
    backbone, pixels = BACKBONES["vgg16"], PIXELS[:, :32, :32]
    expected = plain(keras.applications.vgg16.preprocess_input(pixels.copy())).numpy()
    built = backbone.build(32, tmp_path / "vgg.weights.h5")
    np.testing.assert_allclose(built(scaled(backbone, pixels)).numpy(), expected, rtol=1e-3, atol=1e-3 * expected.max())


@pytest.mark.parametrize(
    ("name", "file", "content", "says"),
    [
        ("vgg16", "nowhere.npz", None, "does not exist"),
        ("vgg16", "weights.npz", b"not arrays", "can not be read as arrays"),
        ("vgg16", "weights.h5", b"not HDF5", "does not hold the weights of vgg16"),
        ("efficientnet_lite0", "model.keras", b"not a model", "can not be read as a Keras model"),
        ("efficientnet_lite0", "weights.npz", b"", "from a .keras or .h5 file, not from weights.npz"),
        ("vgg16", "weights.pt", b"", "from a .keras, .h5 or .npz file, not from weights.pt"),
    ],
)
def test_a_file_of_no_use_is_refused_with_its_reason(name: str, file: str, content: bytes | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(BackboneError, match=says):
        BACKBONES[name].build(32, tmp_path / file)


def test_a_picture_that_is_too_small_is_refused() -> None:
    with pytest.raises(BackboneError, match="at least 75 px"):
        BACKBONES["inception_v3"].build(64, None)


def test_a_download_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from keras.src.utils import file_utils

    def unreachable(*words: object, **named: object) -> str:
        raise Exception("URL fetch failure")

    monkeypatch.setattr(file_utils, "get_file", unreachable)
    with pytest.raises(BackboneError, match="could not download the weights of mobilenet_v2: URL fetch failure"):
        BACKBONES["mobilenet_v2"].build(32, "imagenet")
    with pytest.raises(BackboneError, match="publishes no weights of efficientnet_lite0"):
        BACKBONES["efficientnet_lite0"].build(32, "imagenet")


def written_by_torch(arrays: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A checkpoint as torch.save wrote it before version 1.6, with stand-ins for the names of torch."""
    torch, utilities = ModuleType("torch"), ModuleType("torch._utils")
    storage = type("FloatStorage", (), {"__module__": "torch"})

    def _rebuild_tensor_v2() -> None:
        """Named in the file, never called here."""

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    torch.FloatStorage, utilities._rebuild_tensor_v2 = storage, _rebuild_tensor_v2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utilities)

    class Held:
        def __init__(self, key: str) -> None:
            self.key = key

    class Tensor:
        def __init__(self, key: str, array: np.ndarray) -> None:
            self.key, self.array = key, array

        def __reduce__(self) -> tuple:
            steps = tuple(step // self.array.itemsize for step in self.array.strides)
            return _rebuild_tensor_v2, (Held(self.key), 0, self.array.shape, steps, False, {})

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: object) -> tuple | None:
            return ("storage", storage, thing.key, "cpu", 0, None) if isinstance(thing, Held) else None

    file = io.BytesIO()
    for said in (convert._MAGIC, 1001, {"little_endian": True}):
        pickle.dump(said, file, protocol=2)
    Pickler(file, protocol=2).dump({name: Tensor(name, array) for name, array in arrays.items()})
    pickle.dump(list(arrays), file, protocol=2)
    for array in arrays.values():
        file.write(struct.pack("<q", array.size) + array.tobytes())
    return file.getvalue()


def as_pytorch_computes(arrays: dict[str, np.ndarray], pixels: np.ndarray) -> np.ndarray:
    """MobileNetV2 as its PyTorch class says it (Sandler 2018, table 2), written down apart from Keras's."""
    import tensorflow as tf

    def convolution(x: tf.Tensor, name: str, stride: int = 1) -> tf.Tensor:
        kernel = arrays[f"{name}.weight"]
        side = kernel.shape[-1] // 2
        x = tf.pad(x, [[0, 0], [side, side], [side, side], [0, 0]])
        if kernel.shape[1] == 1 and kernel.shape[-1] == 3:
            return tf.nn.depthwise_conv2d(x, kernel.transpose(2, 3, 0, 1), [1, stride, stride, 1], "VALID")
        return tf.nn.conv2d(x, kernel.transpose(2, 3, 1, 0), stride, "VALID")

    def normalised(x: tf.Tensor, name: str) -> tf.Tensor:
        weight, bias, mean, variance = (arrays[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
        return (x - mean) / np.sqrt(variance + 1e-5) * weight + bias

    x = tf.constant((pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225], tf.float32)
    x = tf.nn.relu6(normalised(convolution(x, "features.0.0", 2), "features.0.1"))
    number = 1
    for expansion, repeats, stride in ((1, 1, 1), (6, 2, 2), (6, 3, 2), (6, 4, 2), (6, 3, 1), (6, 3, 2), (6, 1, 1)):
        for repeat in range(repeats):
            block, entered, at = f"features.{number}.conv", x, 0
            if expansion > 1:
                x, at = tf.nn.relu6(normalised(convolution(x, f"{block}.0"), f"{block}.1")), 3
            x = tf.nn.relu6(normalised(convolution(x, f"{block}.{at}", 1 if repeat else stride), f"{block}.{at + 1}"))
            x = normalised(convolution(x, f"{block}.{at + 3}"), f"{block}.{at + 4}")
            x = x + entered if repeat else x
            number += 1
    return tf.nn.relu6(normalised(convolution(x, f"features.{number}.0"), f"features.{number}.1")).numpy()


def drawn_mobilenet() -> dict[str, np.ndarray]:
    """Random weights under PyTorch's names, in PyTorch's shapes."""
    random = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}

    def add(convolution: str, normalisation: str, shape: tuple[int, int, int, int]) -> None:
        arrays[f"{convolution}.weight"] = random.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape).astype(np.float32)
        for part, low, high in (("weight", 0.8, 1.2), ("bias", -0.1, 0.3), ("running_mean", -0.1, 0.1), ("running_var", 0.5, 1.5)):
            arrays[f"{normalisation}.{part}"] = random.uniform(low, high, shape[0]).astype(np.float32)

    add("features.0.0", "features.0.1", (32, 3, 3, 3))
    entering, number = 32, 1
    for expansion, leaving, repeats in ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1)):
        for _ in range(repeats):
            block, at, wide = f"features.{number}.conv", 0, entering * expansion
            if expansion > 1:
                add(f"{block}.0", f"{block}.1", (wide, entering, 1, 1))
                at = 3
            add(f"{block}.{at}", f"{block}.{at + 1}", (wide, 1, 3, 3))
            add(f"{block}.{at + 3}", f"{block}.{at + 4}", (leaving, wide, 1, 1))
            entering, number = leaving, number + 1
    add(f"features.{number}.0", f"features.{number}.1", (1280, 320, 1, 1))
    return arrays


def test_a_pytorch_mobilenet_answers_the_same_in_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = drawn_mobilenet()
    (tmp_path / "checkpoint.pt").write_bytes(written_by_torch(arrays, monkeypatch))
    monkeypatch.setattr(sys, "argv", ["convert", str(tmp_path / "checkpoint.pt"), str(tmp_path / "mobilenet.keras")])
    assert convert.main() == 0
    backbone, pixels = BACKBONES["mobilenet_v2"], PIXELS[:, :64, :64]
    answered = backbone.build(64, tmp_path / "mobilenet.keras")(scaled(backbone, pixels)).numpy()
    expected = as_pytorch_computes(arrays, pixels)
    assert expected.std() > 0.1
    np.testing.assert_allclose(answered, expected, rtol=1e-3, atol=1e-3)


class Harmful:
    """Unpickled without restraint it would make a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")


def test_a_checkpoint_runs_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(pickle.dumps(Harmful(str(tmp_path / "made")), protocol=2))
    monkeypatch.setattr(sys, "argv", ["convert", str(tmp_path / "checkpoint.pt"), str(tmp_path / "out.keras")])
    assert convert.main() == 1
    assert "which no plain checkpoint needs" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
    assert not (tmp_path / "out.keras").exists()


def test_a_tensor_reads_nothing_beyond_its_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = written_by_torch({"features.0.0.weight": np.arange(6, dtype=np.float32)}, monkeypatch)
    (tmp_path / "short.pt").write_bytes(written[: -8 - 24] + struct.pack("<q", 5) + bytes(20))
    with pytest.raises(BackboneError, match="reaches beyond its storage"):
        convert.read_checkpoint(tmp_path / "short.pt")
