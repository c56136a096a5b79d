"""Features that nobody learnt: pixels, and histograms of colour and of gradients (Dalal and Triggs 2005).

Each is a function of pictures [images, height, width, 3] of 8 bits alone, and gives features [images, dim] for the
very k-NN that judges a network's (`dino.knn`).
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Pictures = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float32]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
LEVELS = 6
"""Levels of red, of green and of blue: 216 colours."""
DIRECTIONS = 9
"""Directions of a gradient and its opposite, 20 degrees each."""
CELLS = 8
"""Rows and columns of cells that have a histogram each."""


def pixels(pictures: Pictures) -> Tensor:
    """All values of a picture, less their mean: the cosine of two is the pictures' correlation."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    return torch.from_numpy(flat - flat.mean(axis=1, keepdims=True))


def colours(pictures: Pictures) -> Tensor:
    """How much of a picture has which colour. Of shares the root, so that the cosine is Bhattacharyya's coefficient."""
    level = pictures.astype(np.int64) * LEVELS // 256
    colour = (level[..., 0] * LEVELS + level[..., 1]) * LEVELS + level[..., 2]
    return _shares(colour.reshape(len(pictures), -1), None, LEVELS**3)


def gradients(pictures: Pictures) -> Tensor:
    """How much of a picture's gradient has which direction: one histogram for the whole picture."""
    return _directions(pictures, 1)


def gradient_cells(pictures: Pictures) -> Tensor:
    """The same in 8 × 8 cells, one after the other: what a picture's edges are, and where."""
    return _directions(pictures, CELLS)


CONTROLS: Mapping[str, Callable[[Pictures], Tensor]] = {
    "pixels": pixels,
    "colours": colours,
    "gradients": gradients,
    "gradient cells": gradient_cells,
}


def _directions(pictures: Pictures, cells: int) -> Tensor:
    count, height, width, _ = pictures.shape
    grey: Numbers = pictures.astype(np.float32) @ LUMA
    down, across = np.gradient(grey, axis=(1, 2))
    direction = np.floor(np.arctan2(down, across) / np.pi * DIRECTIONS).astype(np.int64) % DIRECTIONS
    row, column = np.arange(height) * cells // height, np.arange(width) * cells // width
    place = (row[:, None] * cells + column) * DIRECTIONS + direction
    return _shares(place.reshape(count, -1), np.hypot(down, across).reshape(count, -1), cells**2 * DIRECTIONS)


def _shares(bins: npt.NDArray[np.int64], weights: Numbers | None, count: int) -> Tensor:
    """The root of each bin's share of a picture: [images, pixels] → [images, count]."""
    offset = np.arange(len(bins))[:, None] * count
    flat = None if weights is None else weights.ravel()
    totals = np.bincount((bins + offset).ravel(), flat, len(bins) * count).reshape(len(bins), count)
    shares = totals / np.maximum(totals.sum(axis=1, keepdims=True), 1e-12)
    return torch.from_numpy(np.sqrt(shares).astype(np.float32))
