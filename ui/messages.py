"""Messages inside the window: what happened, what it means for the data, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Severity, Symbol
from ui.theme.apply import theme_of
from ui.theme.symbols import paint_symbol
from ui.theme.tokens import BODY, GRID, LINE, RADIUS
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.tone import Tone, tone_of
from ui.widgets.words import Words, caption

_WIDTH = 80 * GRID
_SHOWN = 3
_DETAILS_HEIGHT = 15 * GRID

_SYMBOLS = {
    Severity.NORMAL: Symbol.CHECK,
    Severity.INFORMATION: Symbol.RING,
    Severity.WARNING: Symbol.DIAMOND,
    Severity.ALARM: Symbol.TRIANGLE,
}


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell. `details` is what an expert needs, shown on demand; equal messages are counted."""

    happened: str
    meaning: str = ""
    advice: str = ""
    details: str = ""
    severity: Severity = Severity.WARNING


class MessageCard(QWidget):
    """One message, with a way to dismiss it."""

    dismissed = Signal(object)
    """This card's `Message`."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.message = message
        self._count = 1
        self.headline = Words(message.happened, BODY, QFont.Weight.DemiBold, tone_of(message.severity), wrap=True)
        self.meaning = Words(message.meaning, wrap=True)
        self.advice = Words(message.advice, tone=Tone.MUTED, wrap=True)
        self.details = QPlainTextEdit(message.details)
        self.details_button = Button("Details", kind="quiet", tip="What an expert needs to know")
        self.dismiss_button = Button(kind="icon", icon_name="close", tip="Dismiss this message")
        self.setAccessibleName(" ".join(filter(None, (message.happened, message.meaning, message.advice))))
        self._lay_out()  # before anything is shown or hidden: a widget without a parent would be a window
        self._prepare()

    def _prepare(self) -> None:
        self.meaning.setVisible(bool(self.message.meaning))
        self.advice.setVisible(bool(self.message.advice))
        self.details.setReadOnly(True)
        self.details.setFixedHeight(_DETAILS_HEIGHT)
        self.details.setAccessibleName("Details")
        self.details.setTabChangesFocus(True)
        self.details.hide()
        self.details_button.setVisible(bool(self.message.details))
        self.details_button.setCheckable(True)
        self.details_button.toggled.connect(self.details.setVisible)
        self.dismiss_button.clicked.connect(self._dismiss)

    def _lay_out(self) -> None:
        words = column(self.headline, self.meaning, self.advice, self.details, spacing=3)
        buttons = row(self.details_button, self.dismiss_button, spacing=GRID // 2)
        buttons.setAlignment(self.details_button, Qt.AlignmentFlag.AlignTop)
        buttons.setAlignment(self.dismiss_button, Qt.AlignmentFlag.AlignTop)
        layout = row(spacing=2 * GRID, margins=(5 * GRID + 4, GRID + 4, GRID, GRID + 4))
        layout.addLayout(words, 1)
        layout.addLayout(buttons)
        self.setLayout(layout)

    def count_again(self) -> None:
        """The same happened once more."""
        self._count += 1
        self.headline.say(f"{self.message.happened} (× {self._count})")

    def _dismiss(self) -> None:
        self.dismissed.emit(self.message)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        colours = theme.severity(self.message.severity)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.line), LINE))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        symbol = _SYMBOLS[self.message.severity]
        paint_symbol(painter, symbol, QRectF(2 * GRID, GRID + 5, 16, 16), colours.text)
        painter.end()


class MessageBar(QWidget):
    """Messages at the lower edge of its parent, newest at the top, at most three at a time; nothing else moves."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._cards: list[MessageCard] = []
        self._more = caption()
        self._more.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.setSpacing(GRID)
        self._stack.addWidget(self._more)
        parent.installEventFilter(self)
        self.hide()

    @property
    def cards(self) -> tuple[MessageCard, ...]:
        """All messages not yet dismissed, newest first, shown or not."""
        return tuple(self._cards)

    def tell(self, message: Message) -> None:
        """Show a message; one that is there already is counted instead."""
        for card in self._cards:
            if card.message == message:
                card.count_again()
                return
        card = MessageCard(message)
        card.dismissed.connect(self.dismiss)
        card.details_button.toggled.connect(self._settle)
        self._cards.insert(0, card)
        self._stack.insertWidget(0, card)
        self._settle()

    def dismiss(self, message: Message) -> None:
        """Take a message away."""
        for card in [card for card in self._cards if card.message == message]:
            self._cards.remove(card)
            self._stack.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._settle()

    def _settle(self) -> None:
        for place, card in enumerate(self._cards):
            card.setVisible(place < _SHOWN)
        hidden = len(self._cards) - _SHOWN
        self._more.setVisible(hidden > 0)
        self._more.say(f"and {hidden} more")
        self.setVisible(bool(self._cards))
        self._place()

    def _place(self) -> None:
        host = self._host
        width = min(_WIDTH, host.width() - 4 * GRID)
        height = min(self._stack.totalHeightForWidth(width), host.height() - 2 * GRID)
        self.setFixedSize(max(1, width), max(1, height))
        self.move(QPoint((host.width() - width) // 2, host.height() - height - 2 * GRID))
        self.raise_()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)
