"""The heat-map: where in the picture the answer came from."""

import cv2
import numpy as np

from inference.preprocess import Box

LONGEST_SIDE = 512
_STRONGEST_ALPHA = 210


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
    """A PNG to lay over the picture of width x height pixels: RGBA, the inferno colours, more opaque where the map is stronger.

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
    levels = np.round(part * 255).astype(np.uint8)
    rgba = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2BGRA)
    rgba[:, :, 3] = np.round(part * _STRONGEST_ALPHA).astype(np.uint8)
    written, png = cv2.imencode(".png", rgba)
    if not written:
        raise RuntimeError("OpenCV could not write the heat-map as PNG")
    return png.tobytes()
