"""Labels: text in one of the five sizes and one tone, following the theme."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget
from typing_extensions import override

from ui.theme.apply import theme_of
from ui.theme.fonts import font
from ui.theme.tokens import BODY, SMALL
from ui.widgets.tone import Tone, colour


class Words(QLabel):
    """A label whose colour is a tone. Plain text: what comes from outside is never read as markup."""

    def __init__(
        self,
        text: str = "",
        size: int = BODY,
        weight: QFont.Weight = QFont.Weight.Normal,
        tone: Tone = Tone.TEXT,
        *,
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._tone = tone
        self.setFont(font(size, weight))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setForegroundRole(QPalette.ColorRole.WindowText)
        self._dye()

    @property
    def tone(self) -> Tone:
        """The tone in force."""
        return self._tone

    def set_tone(self, tone: Tone) -> None:
        """Change the tone."""
        if tone is not self._tone:
            self._tone = tone
            self._dye()

    def say(self, text: str, tone: Tone | None = None) -> None:
        """Show `text`, in `tone` where one is given; an unchanged text costs nothing."""
        if text != self.text():
            self.setText(text)
        if tone is not None:
            self.set_tone(tone)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ParentChange or event.type() is QEvent.Type.PaletteChange:
            self._dye()

    def _dye(self) -> None:
        wanted = colour(theme_of(self), self._tone)
        if self.palette().color(QPalette.ColorRole.WindowText).name() != wanted.lower():
            palette = QPalette()
            palette.setColor(QPalette.ColorRole.WindowText, wanted)
            self.setPalette(palette)


class ElidedWords(Words):
    """One line that ends in … where it does not fit; the whole text is in the tooltip then."""

    def __init__(
        self,
        text: str = "",
        size: int = BODY,
        weight: QFont.Weight = QFont.Weight.Normal,
        tone: Tone = Tone.TEXT,
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, size, weight, tone, parent=parent)
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 4, self.fontMetrics().height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, room.width())
        tip = self.text() if shown != self.text() else ""
        if tip != self.toolTip():
            self.setToolTip(tip)
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(room, self.alignment() | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


def caption(text: str = "", *, wrap: bool = False) -> Words:
    """Small muted words above or beside a value."""
    return Words(text, SMALL, tone=Tone.MUTED, wrap=wrap)
