"""BLIND: said large when the application cannot see, with a veil over what is no longer true."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Symbol
from backend.domain.health import Condition, Health
from ui.theme.apply import theme_of
from ui.theme.symbols import paint_symbol
from ui.theme.tokens import BODY, DISPLAY, GRID, HEADING
from ui.widgets.tone import Tone
from ui.widgets.words import Words

_SYMBOL = 40
_VEIL_ALPHA = 168


@dataclass(frozen=True, slots=True)
class _Failure:
    """A part that has failed: why, and what to do."""

    reason: str
    advice: str


def failures(health: Health) -> tuple[_Failure, ...]:
    """The failed parts, the one named by `Health.blind` first."""
    parts = (("database", health.database), ("inference", health.inference), ("feed", health.feed))
    return tuple(
        _Failure(f"{name}: {part.word}", part.advice) for name, part in parts if part.condition is Condition.FAILED
    )


class BlindBanner(QWidget):
    """The banner over the screens; hidden while the application can see."""

    def __init__(self) -> None:
        super().__init__()
        self.title = Words("BLIND", DISPLAY, QFont.Weight.DemiBold, Tone.ON_BLIND)
        self.reason = Words("", HEADING, QFont.Weight.DemiBold, Tone.ON_BLIND, wrap=True)
        self.advice = Words("", BODY, tone=Tone.ON_BLIND, wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID + _SYMBOL + 2 * GRID, GRID + 4, 3 * GRID, 2 * GRID)
        layout.setSpacing(2)
        for words in (self.title, self.reason, self.advice):
            layout.addWidget(words)
        self.hide()

    def show_health(self, health: Health) -> None:
        """Appear with the reason, or go."""
        if not health.blind:
            self.hide()
            return
        failed = failures(health)
        reason = "; ".join(failure.reason for failure in failed)
        advice = " ".join(failure.advice for failure in failed if failure.advice)
        fresh = not self.isVisible() or self.reason.text() != f"Nobody is watching the plots. {_sentence(reason)}"
        self.reason.say(f"Nobody is watching the plots. {_sentence(reason)}")
        self.advice.say(f"What is shown below is old. {advice}".strip())
        self.setAccessibleName(f"BLIND. {self.reason.text()} {self.advice.text()}")
        self.show()
        if fresh:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.blind_ground))
        box = QRectF(3 * GRID, 2 * GRID, _SYMBOL, _SYMBOL)
        paint_symbol(painter, Symbol.TRIANGLE, box, theme.on_blind)
        painter.setPen(QColor(theme.blind_ground))
        painter.setFont(self.title.font())
        painter.drawText(box.translated(0, 4), Qt.AlignmentFlag.AlignCenter, "!")
        painter.end()


def _sentence(words: str) -> str:
    text = words.strip()
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!")) else ".")


class Veil(QWidget):
    """Dims and greys what it covers, without taking the mouse from it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        ground = QColor(theme_of(self).ground)
        ground.setAlpha(_VEIL_ALPHA)
        painter = QPainter(self)
        painter.fillRect(self.rect(), ground)
        painter.end()
