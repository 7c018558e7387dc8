"""The heat-map: where in the picture the answer came from."""

import cv2
import numpy as np

from inference.imaging import Box

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

    `cam` is float (h, w) from 0 to 1 over the model's padded square, of which `box` is the picture. The result has the picture's aspect
    and at most LONGEST_SIDE pixels on its longest side.
    """
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    out_width, out_height = max(1, round(width * scale)), max(1, round(height * scale))
    side = max(out_width, out_height)
    whole = cv2.resize(np.ascontiguousarray(cam, np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    left, top = round(box.left * side), round(box.top * side)
    part = whole[top : top + max(1, round(box.height * side)), left : left + max(1, round(box.width * side))]
    part = np.clip(cv2.resize(part, (out_width, out_height), interpolation=cv2.INTER_LINEAR), 0, 1)
    levels = np.round(part * 255).astype(np.uint8)
    rgba = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2BGRA)
    rgba[:, :, 3] = np.round(part * _STRONGEST_ALPHA).astype(np.uint8)
    written, png = cv2.imencode(".png", rgba)
    if not written:
        raise RuntimeError("OpenCV could not write the heat-map as PNG")
    return png.tobytes()
