"""Fields of the status strip: a small caption over a large value."""

from __future__ import annotations

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.domain.classifications import Symbol
from backend.domain.health import Condition, PartHealth
from ui.theme.tokens import BODY, LARGE
from ui.widgets.frames import column
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone, tone_of_condition
from ui.widgets.words import caption


class StatusField(QWidget):
    """Caption and value, "Run" over "121 266"."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.value = SymbolWords(LARGE, QFont.Weight.DemiBold, BODY)
        self.setLayout(column(caption(title), self.value, spacing=1))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def say(self, text: str, tone: Tone = Tone.TEXT, symbol: Symbol | None = None, detail: str = "") -> None:
        """Show a value, with a symbol where it is a state."""
        self.value.say(symbol, text, tone, detail)
        self.setAccessibleName(f"{self._title}: {text} {detail}".strip())


HEALTH_SYMBOLS: dict[Condition, Symbol] = {
    Condition.OK: Symbol.CHECK,
    Condition.STARTING: Symbol.RING,
    Condition.DEGRADED: Symbol.DIAMOND,
    Condition.FAILED: Symbol.CROSS,
}
"""The shape that stands for each condition."""


class HealthMark(SymbolWords):
    """One part's health: symbol, the part's name, its word; what to do in the tooltip."""

    def __init__(self, part: str) -> None:
        super().__init__(BODY)
        self._part = part

    def show_health(self, health: PartHealth) -> None:
        """Show the condition of the part. While all is well only a figure, such as a time, earns a place."""
        plain = health.condition is Condition.OK and not any(map(str.isdigit, health.word))
        self.say(
            HEALTH_SYMBOLS[health.condition],
            self._part,
            tone_of_condition(health.condition),
            "" if plain else health.word,
        )
        words = dict.fromkeys(filter(None, (health.condition.value, health.word)))
        state = f"{self._part}: {', '.join(words)}"
        self.setAccessibleName(state)
        self.setAccessibleDescription(health.advice)
        self.setToolTip(f"{state[0].upper()}{state[1:]}\n{health.advice}".strip())
