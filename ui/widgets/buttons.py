"""Buttons: icons that follow the theme, keys shown on the cap, an accessible name on each."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton
from typing_extensions import override

from ui.theme.apply import theme_of
from ui.theme.fonts import font, medium
from ui.theme.icons import icon, icon_size
from ui.theme.tokens import SMALL, Theme

_ICON = 16
_ICON_GAP = "\u00a0"
_SIDE_PADDING = 13
_KEY_GAP, _KEY_PAD, _KEY_LEAST = 6, 5, 18


class Button(QPushButton):
    """A push button of one `kind`: "", "primary", "chip", "quiet", "icon" or "alert".

    `key` is the shortcut that does the same; it is drawn on the button and told in the tooltip, but who owns the
    view binds it. `tip` says what the button does where its text is not enough; an icon button must have one.
    """

    def __init__(self, text: str = "", *, kind: str = "", icon_name: str = "", tip: str = "", key: str = "") -> None:
        super().__init__()
        self._kind, self._icon_name, self._key = kind, icon_name, key
        self._look: tuple[str, str, int] | None = None
        self.setProperty("kind", kind)
        self.setFont(medium())
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAutoDefault(False)
        self.setIconSize(icon_size(_ICON if kind != "icon" else 20))
        self._shows_key = bool(key) and kind != "icon"
        if self._shows_key:
            self._make_room_for_key()
        self.say(text)
        self.explain(tip or text)
        self._tint()

    def say(self, text: str) -> None:
        """Change the words on the button; an icon gets some distance from them."""
        self._words = text
        self.setText(f"{_ICON_GAP}{text}" if self._icon_name and text else text)

    def explain(self, tip: str) -> None:
        """Set tooltip and accessible name; the tooltip also tells the key."""
        name = self._words.rstrip("…") or tip
        self.setAccessibleName(name)
        self.setAccessibleDescription(tip if tip != name else "")
        self.setToolTip(f"{tip}  ({QKeySequence(self._key).toString()})" if self._key else tip)

    def set_kind(self, kind: str) -> None:
        """Change the kind, for a button whose weight depends on the state around it."""
        if kind != self._kind:
            self._kind = kind
            self.setProperty("kind", kind)
            self.style().unpolish(self)
            self.style().polish(self)
            self._tint()

    def show_icon(self, icon_name: str) -> None:
        """Change the icon."""
        self._icon_name = icon_name
        self._tint()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.EnabledChange):
            self._tint()

    def _tint(self) -> None:
        look = (self._icon_name, self._ink(theme_of(self)), self.iconSize().width())
        if self._icon_name and look != self._look:
            self._look = look
            self.setIcon(icon(*look))

    def _ink(self, theme: Theme) -> str:
        if not self.isEnabled():
            return theme.muted
        if self._kind == "primary":
            return theme.on_accent
        if self._kind == "alert":
            return theme.on_blind
        return theme.accent if self.isChecked() else theme.text

    @override
    def checkStateSet(self) -> None:
        super().checkStateSet()
        self._tint()

    @override
    def nextCheckState(self) -> None:
        super().nextCheckState()
        self._tint()

    @override
    def minimumSizeHint(self) -> QSize:
        """Words on a button are never cut off; chips, of which there are many, may give way."""
        return super().minimumSizeHint() if self._kind == "chip" else self.sizeHint()

    def _make_room_for_key(self) -> None:
        room = _SIDE_PADDING + _KEY_GAP + self._key_width()
        self.setStyleSheet(
            f"QPushButton {{ padding-right: {room}px; }} QPushButton:focus {{ padding-right: {room - 1}px; }}"
        )

    def _key_width(self) -> int:
        return max(_KEY_LEAST, QFontMetrics(font(SMALL)).horizontalAdvance(self._key) + 2 * _KEY_PAD)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._shows_key:
            return
        width = self._key_width()
        box = QRectF(self.width() - _SIDE_PADDING - width + 3, (self.height() - _KEY_LEAST) / 2, width, _KEY_LEAST)
        painter = QPainter(self)
        paint_key(painter, self._key, box.adjusted(0.5, 0.5, -0.5, -0.5), theme_of(self), self._kind == "primary")
        painter.end()


def paint_key(painter: QPainter, key: str, box: QRectF, theme: Theme, on_accent: bool = False) -> None:
    """Paint the cap of a key: a letter in a thin rounded box."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.on_accent if on_accent else theme.field_line), 1))
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(QColor(theme.on_accent if on_accent else theme.muted))
    painter.setFont(font(SMALL))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)
