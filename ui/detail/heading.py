"""The head of the detail pane: name, group, verdict, and why it may or may not alarm."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from backend.domain.classifications import Classification
from backend.domain.hall import PlotDetail
from ui.detail.wording import explanation, group_line, opinion_line, verdict_line
from ui.theme.tokens import BODY, LARGE, SMALL
from ui.widgets.frames import column
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone, tone_of
from ui.widgets.words import ElidedWords, Words
from ui.wording import default_colour, severity_of, verdict_symbol


class DetailHeading(QWidget):
    """Who this plot is and what was decided."""

    def __init__(self) -> None:
        super().__init__()
        self.group = ElidedWords("", SMALL, tone=Tone.MUTED)
        self.name = ElidedWords("", LARGE, QFont.Weight.DemiBold)
        self.verdict = SymbolWords(BODY, QFont.Weight.DemiBold)
        self.why = Words("", tone=Tone.MUTED, wrap=True)
        self.opinions = Words("", tone=Tone.MUTED, wrap=True)
        self.setLayout(column(self.group, self.name, self.verdict, self.why, self.opinions, spacing=3))

    def show_detail(self, detail: PlotDetail, classes: Mapping[str, Classification]) -> None:
        """Say it of this plot type."""
        verdict = detail.tile.verdict
        known = classes.get(verdict.classification) if verdict else None
        self.group.say(group_line(detail.tile.plot_type))
        self.name.say(detail.tile.plot_type.name)
        symbol = verdict_symbol(verdict, known.symbol if known else None)
        severity = severity_of(verdict)
        hue = known.colour if known and severity and known.colour != default_colour(severity) else ""
        self.verdict.say(symbol, verdict_line(detail), tone_of(severity), hue=hue)
        self.why.say(explanation(detail))
        self.why.setVisible(bool(self.why.text()))
        self.opinions.say("\n".join(opinion_line(opinion, verdict) for opinion in detail.opinions))
        self.opinions.setAccessibleName(f"Other systems: {self.opinions.text()}")
        self.opinions.setVisible(bool(detail.opinions))
