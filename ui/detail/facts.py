"""What is known of a plot and its type: description, guidance, contact, run, model."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from backend.domain.hall import PlotDetail
from ui.detail.wording import taken_line, why_no_heat_map
from ui.theme.tokens import BODY, GRID, SMALL
from ui.widgets.frames import column
from ui.widgets.tone import Tone
from ui.widgets.words import Words


class Fact(QWidget):
    """A small heading over a text that can be selected; hidden where there is no text."""

    def __init__(self, title: str, size: int = BODY) -> None:
        super().__init__()
        self._title = title
        self.body = Words("", size, wrap=True)
        self.body.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setLayout(column(heading(title), self.body, spacing=2))

    def say(self, text: str) -> None:
        """Show `text`, or nothing at all where it is empty."""
        self.body.say(text)
        self.setAccessibleName(f"{self._title}: {text}")
        self.setVisible(bool(text))


def heading(title: str) -> Words:
    """The small semi-bold words above a section."""
    return Words(title, SMALL, QFont.Weight.DemiBold, Tone.MUTED)


class Guidance(QWidget):
    """What to do and whom to ask: what the crew needs when something is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.guidance, self.contact = Fact("What to do"), Fact("Contact")
        self.setLayout(column(self.guidance, self.contact, spacing=GRID + 4))

    def show_detail(self, detail: PlotDetail) -> None:
        """Say it of this plot type."""
        info = detail.tile.plot_type
        self.guidance.say(info.guidance)
        self.contact.say(info.contact)
        self.setVisible(bool(info.guidance or info.contact))


class Facts(QWidget):
    """What an expert wants to know besides."""

    def __init__(self) -> None:
        super().__init__()
        self.description, self.model = Fact("What this plot shows"), Fact("Model")
        self.setLayout(column(self.description, self.model, spacing=GRID + 4))

    def show_detail(self, detail: PlotDetail) -> None:
        """Say it of this plot type."""
        info = detail.tile.plot_type
        self.description.say(info.description)
        self.model.say("\n".join(part for part in (detail.model, why_no_heat_map(detail)) if part))


def taken(detail: PlotDetail) -> str:
    """Run, chunk, time and size of the plot; "" before the first."""
    return taken_line(detail.tile.plot) if detail.tile.plot else ""
