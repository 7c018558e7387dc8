"""The heat-map: where in the picture the answer came from."""

import io

import cv2
import numpy as np
from PIL import Image

from inference.preprocess import Box

LONGEST_SIDE = 384
_STRONGEST_ALPHA = 210
_COMPRESSION = 3  # of 9: half the time of the usual 6, a tenth more bytes
_LEVELS = np.arange(256, dtype=np.uint8)
_INFERNO = cv2.cvtColor(cv2.applyColorMap(_LEVELS[:, None], cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB).tobytes()
_ALPHA = np.round(_LEVELS / 255 * _STRONGEST_ALPHA).astype(np.uint8).tobytes()


def activation(evidence: np.ndarray, answered: int) -> np.ndarray:
    """Class activation map (Zhou 2016) of the answered class against the mean of the others.

    `evidence` is float (h, w, classes), the places' contributions to the logits. Returns float32 (h, w) from 0 to 1: what speaks for the
    finding, relative to the strongest place; all zero where nothing does.
    """
    others = np.delete(evidence, answered, axis=2).mean(axis=2)
    speaks_for = np.maximum(evidence[:, :, answered] - others, 0).astype(np.float32)
    strongest = float(speaks_for.max())
    return speaks_for / strongest if strongest > 0 else speaks_for


def overlay(cam: np.ndarray, box: Box, width: int, height: int) -> bytes:
    """A PNG to lay over the picture of width x height pixels: the inferno colours, more opaque where the map is stronger, as a palette.

    `cam` is float (h, w) from 0 to 1 over the model's square, in which the picture lies at `box`; what the model did not see stays clear.
    The result has the picture's aspect and at most LONGEST_SIDE pixels on its longest side.
    """
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    out_width, out_height = max(1, round(width * scale)), max(1, round(height * scale))
    rows, columns = cam.shape
    across, down = box.width * columns / out_width, box.height * rows / out_height
    # Pixel centres of the picture, in pixels of the map; the outermost half pixel of the map is its edge, stretched.
    x = (np.arange(out_width, dtype=np.float32) + 0.5) * across + box.left * columns
    y = (np.arange(out_height, dtype=np.float32) + 0.5) * down + box.top * rows
    inside = ((y >= 0) & (y <= rows))[:, None] & ((x >= 0) & (x <= columns))[None, :]
    at_x, at_y = np.meshgrid(x - 0.5, y - 0.5)
    part = cv2.remap(
        np.ascontiguousarray(cam, np.float32),
        at_x.astype(np.float32),
        at_y.astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    part = np.clip(part, 0, 1) * inside
    heat = Image.fromarray(np.round(part * 255).astype(np.uint8))
    heat.putpalette(_INFERNO)
    file = io.BytesIO()
    heat.save(file, "PNG", transparency=_ALPHA, compress_level=_COMPRESSION)
    return file.getvalue()
