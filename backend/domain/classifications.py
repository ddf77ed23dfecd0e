"""Classifications: the named classes of plots, how grave each is and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How much attention a classification asks for; ordered, so the worst sorts last."""

    NORMAL = 0
    INFORMATION = 1
    WARNING = 2
    ALARM = 3

    @property
    def word(self) -> str:
        """The severity as a person reads it."""
        return self.name.lower()


class Symbol(StrEnum):
    """Shapes that stand beside a class name, so that nothing is said by colour alone."""

    CHECK = "check"
    RING = "ring"
    DIAMOND = "diamond"
    TRIANGLE = "triangle"
    STAR = "star"
    BOLT = "bolt"
    SQUARE = "square"
    CROSS = "cross"
    SLASHED = "slashed"
    DASH = "dash"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Classification:
    """A named class of plots.

    `colour` is ``#rrggbb``; it marks areas and lines. Text in it is darkened by the theme until it reads.
    """

    name: str
    severity: Severity
    colour: str
    symbol: Symbol
    description: str = ""


# Okabe-Ito (2008), distinguishable with every common colour-vision deficiency.
BLUISH_GREEN, SKY_BLUE, BLUE, ORANGE, VERMILION, REDDISH_PURPLE, YELLOW, NEUTRAL = (
    "#009E73", "#56B4E9", "#0072B2", "#E69F00", "#D55E00", "#CC79A7", "#F0E442", "#7A8591",
)  # fmt: skip

IGNORE = "Ignore"
"""The label by which a person takes a plot out of training."""

DEFAULT_CLASSIFICATIONS: tuple[Classification, ...] = (
    Classification("Good", Severity.NORMAL, NEUTRAL, Symbol.CHECK, "Looks as it should"),
    Classification("Acceptable", Severity.NORMAL, BLUISH_GREEN, Symbol.CHECK, "Not perfect, fine for physics"),
    Classification("Bad", Severity.ALARM, VERMILION, Symbol.TRIANGLE, "A problem somebody must look at"),
    Classification("Warning", Severity.WARNING, ORANGE, Symbol.DIAMOND, "Degraded; watch it"),
    Classification("NoData", Severity.INFORMATION, SKY_BLUE, Symbol.RING, "Empty or nearly empty plot"),
    Classification("HotChannel", Severity.WARNING, ORANGE, Symbol.DIAMOND, "One or a few channels count too much"),
    Classification("LED", Severity.INFORMATION, REDDISH_PURPLE, Symbol.BOLT, "Light pulser running"),
    Classification("Cosmic", Severity.INFORMATION, BLUISH_GREEN, Symbol.STAR, "Cosmic rays instead of beam"),
    Classification(IGNORE, Severity.NORMAL, NEUTRAL, Symbol.SLASHED, "Not to be used for training"),
)

_SPARE_COLOURS = (BLUE, REDDISH_PURPLE, BLUISH_GREEN, SKY_BLUE)
_SPARE_SYMBOLS = (Symbol.SQUARE, Symbol.STAR, Symbol.BOLT, Symbol.RING, Symbol.CROSS)


def default_classification(name: str) -> Classification:
    """The usual classification of that name, or a new one of severity information.

    A class nobody has described yet must be visible without raising an alarm of its own. Its colour and
    symbol follow from the name, so every station shows the same.
    """
    for known in DEFAULT_CLASSIFICATIONS:
        if known.name == name:
            return known
    mark = sum(name.encode())
    return Classification(
        name,
        Severity.INFORMATION,
        _SPARE_COLOURS[mark % len(_SPARE_COLOURS)],
        _SPARE_SYMBOLS[mark % len(_SPARE_SYMBOLS)],
    )
