"""Synthetic faults: what a recipe makes of the pixels of a plot. Pure: the same recipe gives the same image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from backend.domain.synthetic import FaultKind, FaultRecipe

Rgb = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_JITTER = 0.25
"""Variants move and stretch the region by so much of its size, and change the strength by so much."""

_DARK, _GREY = 110, 24
_GRAIN = 3
_FARTHEST = 99.5


def apply_fault(image: Rgb, recipe: FaultRecipe) -> Rgb:
    """The image with the fault, uint8 (h, w, 3); pixels outside the region stay as they are."""
    mask = _mask(image.shape[1], image.shape[0], recipe)
    if not mask.any() or recipe.strength <= 0:
        return image.copy()
    changed = _EFFECTS[recipe.kind](image, mask, recipe)
    return np.where(mask[..., None], changed, image).astype(np.uint8)


def jittered(recipe: FaultRecipe, seed: int) -> FaultRecipe:
    """The same kind of fault at about the same place, about as strong."""
    rng = np.random.default_rng(seed)
    corners = np.array(recipe.corners)
    middle, size = corners.mean(axis=0), np.ptp(corners, axis=0)
    stretch = 1 + rng.uniform(-_JITTER, _JITTER, 2)
    moved = middle + (corners - middle) * stretch + size * rng.uniform(-_JITTER, _JITTER, 2)
    strength = float(np.clip(recipe.strength * (1 + rng.uniform(-_JITTER, _JITTER)), 0.05, 1.0))
    inside = np.clip(moved, 0.0, 1.0)
    return replace(recipe, corners=tuple(map(tuple, inside.tolist())), strength=strength, seed=int(rng.integers(2**31)))


def _mask(width: int, height: int, recipe: FaultRecipe) -> Mask:
    picture = Image.new("1", (width, height))
    ImageDraw.Draw(picture).polygon([(x * width, y * height) for x, y in recipe.corners], fill=1)
    return np.asarray(picture, np.bool_)


def _ground(image: Rgb) -> NDArray[np.float64]:
    """The commonest colour: what the plot is drawn on."""
    coded = (image.astype(np.uint32) * [65536, 256, 1]).sum(axis=2)
    values, counts = np.unique(coded, return_counts=True)
    most = int(values[counts.argmax()])
    return np.array([most >> 16, most >> 8 & 255, most & 255], np.float64)


def _hottest(image: Rgb) -> NDArray[np.float64]:
    """The coloured pixel that is farthest from the ground: the upper end of the palette, or the line's own colour."""
    pixels = image.reshape(-1, 3).astype(np.float64)
    coloured = pixels[np.ptp(pixels, axis=1) > _GREY]
    if not len(coloured):
        return 255 - _ground(image)
    far = np.linalg.norm(coloured - _ground(image), axis=1)
    found: NDArray[np.float64] = coloured[np.argsort(far)[int(len(far) * _FARTHEST / 100) - 1]]
    return found


def _blended(image: Rgb, colour: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return image * (1 - share) + colour * share


def _dead(image: Rgb, mask: Mask, recipe: FaultRecipe) -> NDArray[np.float64]:
    del mask
    return _blended(image, _ground(image), recipe.strength)


def _hot(image: Rgb, mask: Mask, recipe: FaultRecipe) -> NDArray[np.float64]:
    del mask
    return _blended(image, _hottest(image), recipe.strength)


def _noisy(image: Rgb, mask: Mask, recipe: FaultRecipe) -> NDArray[np.float64]:
    """Grains of colours that occur in the plot."""
    rng = np.random.default_rng(recipe.seed)
    height, width = mask.shape
    shape = (-(-height // _GRAIN), -(-width // _GRAIN))
    chosen = rng.random(shape) < recipe.strength * 0.7
    palette = image[mask]
    grains = (
        palette[rng.integers(0, len(palette), shape)] if np.ptp(palette) > _GREY else _any_colours(image, rng, shape)
    )
    big = np.repeat(np.repeat(np.where(chosen[..., None], grains, 0), _GRAIN, 0), _GRAIN, 1)[:height, :width]
    where = np.repeat(np.repeat(chosen, _GRAIN, 0), _GRAIN, 1)[:height, :width]
    return np.where(where[..., None], big, image).astype(np.float64)


def _any_colours(image: Rgb, rng: np.random.Generator, shape: tuple[int, int]) -> Rgb:
    pixels = image.reshape(-1, 3)
    coloured = pixels[np.ptp(pixels, axis=1) > _GREY]
    source = coloured if len(coloured) else pixels
    found: Rgb = source[rng.integers(0, len(source), shape)]
    return found


def _shifted(image: Rgb, mask: Mask, recipe: FaultRecipe) -> NDArray[np.float64]:
    """What is in the region moves to the right; what it leaves is ground."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    steps = max(1, round(0.5 * recipe.strength * (columns[-1] - columns[0] + 1)))
    changed = image.astype(np.float64)
    part = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    moved = np.empty(part.shape)
    moved[:] = _ground(image)
    moved[:, steps:] = part[:, : part.shape[1] - steps]
    changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = moved
    return changed


def _scaled(image: Rgb, mask: Mask, recipe: FaultRecipe) -> NDArray[np.float64]:
    """What is in the region becomes lower, as with a gain that is too small; it stands where it stood."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    part = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height = max(1, round(len(rows) * (1 - 0.7 * recipe.strength)))
    small = np.asarray(Image.fromarray(part).resize((part.shape[1], height), Image.Resampling.BILINEAR))
    changed = image.astype(np.float64)
    changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = _ground(image)
    changed[rows[-1] + 1 - height : rows[-1] + 1, columns[0] : columns[-1] + 1] = small
    return changed


def _missing_axis(image: Rgb, mask: Mask, recipe: FaultRecipe) -> NDArray[np.float64]:
    """Dark grey strokes, which axes and their figures are, vanish."""
    del mask
    strokes = (image.max(axis=2) < 255 - _DARK) & (np.ptp(image, axis=2) <= _GREY)
    return np.where(strokes[..., None], _blended(image, _ground(image), recipe.strength), image)


def _paint(image: Rgb, mask: Mask, recipe: FaultRecipe) -> NDArray[np.float64]:
    del mask
    colour = np.array([int(recipe.colour[place : place + 2], 16) for place in (1, 3, 5)], np.float64)
    return _blended(image, colour, recipe.strength)


_EFFECTS: dict[FaultKind, Callable[[Rgb, Mask, FaultRecipe], NDArray[np.float64]]] = {
    FaultKind.DEAD: _dead,
    FaultKind.HOT: _hot,
    FaultKind.NOISY: _noisy,
    FaultKind.SHIFTED: _shifted,
    FaultKind.SCALED: _scaled,
    FaultKind.MISSING_AXIS: _missing_axis,
    FaultKind.PAINT: _paint,
}
