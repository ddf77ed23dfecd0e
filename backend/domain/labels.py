"""Labels: what people say plots are. An append-only history in which the latest counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.domain.plots import Plot


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label to be added. `how` says by which means: "import", "grid", "keyboard", "false alarm", …"""

    plot_id: int
    classification: str
    who: str
    how: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class LabelledPlot:
    """A plot and the label that counts; `at` is UTC."""

    plot: Plot
    label: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One entry of a plot's label history; `before` is None for the first."""

    plot_id: int
    before: str | None
    after: str
    who: str
    at: datetime
    how: str
    comment: str = ""
