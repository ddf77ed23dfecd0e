"""What the grid can be narrowed to and how it can be grouped. Plain values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TileFilter(StrEnum):
    """One chip of the toolbar. Apart from `ALL` they exclude each other."""

    ALL = "all"
    ALARM = "alarm"
    WARNING = "warning"
    UNCONFIRMED = "unconfirmed"
    NO_MODEL = "no model"


class Grouping(StrEnum):
    """What headings stand for: the outermost group, the whole path of nested groups, or nothing."""

    DETECTOR = "detector"
    GROUP = "group"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TileCounts:
    """Numbers on the chips; `hidden` is how many plots are hidden."""

    shown: dict[TileFilter, int]
    hidden: int = 0
