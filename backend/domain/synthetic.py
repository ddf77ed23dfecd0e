"""Synthetic faults: what a person marks on a good plot so that variants of it show a class nobody has seen yet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

Corner = tuple[float, float]

MOST_VARIANTS = 500


class FaultKind(StrEnum):
    """What happens inside the region."""

    DEAD = "dead"
    HOT = "hot"
    NOISY = "noisy"
    SHIFTED = "shifted"
    SCALED = "scaled"
    MISSING_AXIS = "missing axis"
    PAINT = "paint"


@dataclass(frozen=True, slots=True)
class FaultRecipe:
    """A fault on an image. `corners` are (x, y) of a polygon, at least three, 0 to 1 from the upper left corner.

    `strength` is 0 (nothing) to 1; `colour` is that of PAINT, ``#rrggbb``; `seed` decides what is left to chance.
    """

    kind: FaultKind
    corners: tuple[Corner, ...]
    strength: float = 0.8
    colour: str = "#ffffff"
    seed: int = 0

    def encode(self) -> str:
        """As JSON."""
        corners = [[round(x, 4), round(y, 4)] for x, y in self.corners]
        told = {"kind": self.kind.value, "corners": corners, "strength": round(self.strength, 4)}
        return json.dumps(told | {"colour": self.colour, "seed": self.seed}, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class FaultOrder:
    """What is to be made: `count` variants of a recipe, in turn on `parents` (plot ids), labelled `label`.

    The first variant is the recipe as it is on the first parent; all others have region and strength jittered by
    `seed`. `who` made them.
    """

    plot_type: str
    recipe: FaultRecipe
    parents: tuple[int, ...]
    count: int
    label: str
    who: str
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Parentage:
    """Where a synthetic plot comes from: `parent_id` is the plot that was changed."""

    parent_id: int
    who: str
    recipe: str
