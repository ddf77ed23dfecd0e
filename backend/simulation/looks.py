"""Looks: the same plot types as other halls might draw them, with other canvases, fonts, colours, frames and rates.

For what has to learn how plots look in general. A look stays the same from plot to plot, as in a hall; nothing about
it is wrong, however odd it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.simulation.arrays import FloatArray
from backend.simulation.conditions import RunConditions
from backend.simulation.figures import Figure
from backend.simulation.frames import Size
from backend.simulation.heat_maps import HeatMapFigure
from backend.simulation.histograms import HistogramFigure, Style
from backend.simulation.lettering import Colour
from backend.simulation.palettes import NAMES
from backend.simulation.plot_models import PlotModel, Rates

FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"

_NARROWEST, _WIDEST, _FLATTEST, _HIGHEST = 640, 1150, 1.7, 1.05
_MOST_ROWS, _MOST_COLUMNS = 3, 5
_WAVES = 4
_MOST_BOXES = 4
"""Panels with a box of figures each; where there are more, the box would cover the data."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one hall draws; everything follows from `seed`, and None is how the simulated hall draws."""

    seed: int | None = None

    @property
    def typeface(self) -> Path | None:
        """The file of the font; None is the usual one."""
        if self.seed is None:
            return None
        rng = self._rng(0)
        files: Sequence[Path | None] = (None, *sorted(FONTS.glob("*.otf")))
        return files[int(rng.integers(len(files)))]

    def run(self, run: RunConditions) -> RunConditions:
        """The run on a canvas of this look's size, where the hall had its usual one."""
        return run if self.seed is None else replace(run, size=self._size())

    def model(self, model: PlotModel) -> PlotModel:
        """The plot type with other rates and another figure."""
        if self.seed is None:
            return model
        rng = self._rng(2)
        figure = _restyled(model.figure, rng)
        reversible = model.growth is np.multiply
        return replace(model, figure=figure, rates=_varied(model.rates, self._rng(3), reversible), title=_title(rng))

    def _size(self) -> Size:
        rng = self._rng(1)
        width = int(rng.integers(_NARROWEST, _WIDEST))
        return width, round(width / float(rng.uniform(_HIGHEST, _FLATTEST)))

    def _rng(self, aspect: int) -> np.random.Generator:
        return np.random.default_rng((self.seed or 0, aspect))


USUAL = Look()
"""The look of the simulated hall."""


def _restyled(figure: Figure, rng: np.random.Generator) -> Figure:
    match figure:
        case HistogramFigure():
            return _restyled_histogram(figure, rng)
        case HeatMapFigure():
            return _restyled_map(figure, rng)
        case _:
            return figure


def _restyled_histogram(figure: HistogramFigure, rng: np.random.Generator) -> HistogramFigure:
    rows, columns = _arranged(figure.rows * figure.columns, rng)
    return replace(
        figure,
        style=Style(rng.choice([style.value for style in Style], p=(0.4, 0.3, 0.2, 0.1))),
        fills=tuple(_colour(rng, 60, 245) for _ in range(int(rng.choice((1, 1, 1, 2))))),
        outline=_colour(rng, 0, 140),
        rows=rows,
        columns=columns,
        log=bool(rng.random() < 0.2),
        gap=float(rng.uniform(0.0, 0.45)),
        box=rows * columns <= _MOST_BOXES and bool(rng.random() < 0.6),
        titles=figure.titles if rng.random() < 0.7 else (),
    )


def _restyled_map(figure: HeatMapFigure, rng: np.random.Generator) -> HeatMapFigure:
    rows, columns = _arranged(figure.rows * figure.columns, rng)
    return replace(
        figure,
        colours=_palette(rng),
        rows=rows,
        columns=columns,
        log=bool(rng.random() < 0.25),
        zeros=bool(rng.random() < 0.4),
        box=rows * columns <= _MOST_BOXES and bool(rng.random() < 0.4),
        square=figure.square and bool(rng.random() < 0.7),
        titles=figure.titles if rng.random() < 0.7 else (),
    )


def _arranged(panels: int, rng: np.random.Generator) -> tuple[int, int]:
    """Rows and columns for that many panels, none too small to show anything."""
    every = [(rows, panels // rows) for rows in range(1, _MOST_ROWS + 1) if panels % rows == 0]
    ways = [(rows, columns) for rows, columns in every if columns <= _MOST_COLUMNS]
    return ways[int(rng.integers(len(ways)))]


def _colour(rng: np.random.Generator, low: int, high: int) -> Colour:
    red, green, blue = (int(value) for value in rng.integers(low, high, 3))
    return red, green, blue


def _palette(rng: np.random.Generator) -> str:
    """One of the usual palettes, either way round, or one that goes evenly from dark to light in odd colours."""
    if rng.random() < 0.4:
        return NAMES[int(rng.integers(len(NAMES)))]
    lightness = np.linspace(rng.uniform(0, 60), rng.uniform(200, 250), int(rng.integers(3, 7)))
    anchors = np.clip(lightness[:, None] + rng.normal(0, 55, (len(lightness), 3)), 0, 255).astype(int)
    if rng.random() < 0.5:
        anchors = anchors[::-1]
    return " ".join(f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in anchors)


def _title(rng: np.random.Generator) -> str:
    letters = rng.integers(ord("a"), ord("z") + 1, int(rng.integers(4, 24)))
    return "".join(" " if rng.random() < 0.15 else chr(letter) for letter in letters).strip().capitalize() or "Plot"


def _varied(rates: Rates, rng: np.random.Generator, reversible: bool) -> Rates:
    """The rates times a smooth pattern and the gains of other channels, both the same in every run."""
    seed, depth, spread = int(rng.integers(2**31)), float(rng.uniform(0, 0.7)), float(rng.uniform(0, 0.12))
    backwards = reversible and bool(rng.random() < 0.5)

    def varied(run: RunConditions, random: np.random.Generator) -> FloatArray:
        usual = rates(run, random)
        if backwards:
            usual = usual[..., ::-1]
        pattern = _pattern(usual.shape, np.random.default_rng(seed), depth, spread)
        other: FloatArray = usual * pattern
        return other * float(usual.sum() / max(float(other.sum()), 1e-9))

    return varied


def _pattern(shape: tuple[int, ...], rng: np.random.Generator, depth: float, spread: float) -> FloatArray:
    waves = np.zeros(shape)
    for axis in range(1, len(shape)):
        along = np.linspace(0, np.pi, shape[axis])
        for wave in range(1, _WAVES + 1):
            ripple = np.cos(wave * along + rng.uniform(0, 2 * np.pi)) * rng.normal(0, depth / wave)
            waves = waves + ripple.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    pattern: FloatArray = np.exp(waves + rng.normal(0, spread, shape))
    return pattern
