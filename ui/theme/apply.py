"""How a theme reaches the application: Fusion, colour scheme, palette and one small style sheet."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from ui.theme.fonts import font
from ui.theme.stylesheet import stylesheet
from ui.theme.tokens import DARK, LIGHT, Theme

_STYLED = "hydra_styled"


class ThemeMode(StrEnum):
    """Which theme to show; `SYSTEM` follows the desktop, also when it changes."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def apply(app: QApplication, theme: Theme) -> None:
    """Give the whole application this theme; may be called again at any time."""
    if not app.property(_STYLED):  # under a style sheet the style no longer tells its own name
        app.setStyle("Fusion")
        app.setProperty(_STYLED, True)
    app.setFont(font())
    app.setPalette(palette(theme))
    app.setStyleSheet(stylesheet(theme))


def theme_of(widget: QWidget) -> Theme:
    """The theme in force for a widget, read from its palette: repaint on PaletteChange and it is right.

    Read from the role of thin lines, which no style sheet rule touches (a transparent ground would look dark).
    """
    return DARK if widget.palette().color(QPalette.ColorRole.Mid).lightness() < 128 else LIGHT


def palette(theme: Theme) -> QPalette:
    """The palette of a theme, for every role that Fusion paints with."""
    made = QPalette()
    for role, colour in _roles(theme).items():
        made.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return made


def _roles(theme: Theme) -> dict[QPalette.ColorRole, str]:
    role = QPalette.ColorRole
    return {
        role.Window: theme.ground, role.WindowText: theme.text,
        role.Base: theme.surface, role.AlternateBase: theme.ground, role.Text: theme.text,
        role.Button: theme.surface, role.ButtonText: theme.text, role.BrightText: theme.on_blind,
        role.ToolTipBase: theme.surface, role.ToolTipText: theme.text, role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent, role.HighlightedText: theme.on_accent, role.Accent: theme.accent,
        role.Link: theme.accent, role.LinkVisited: theme.accent,
        role.Light: theme.hover, role.Midlight: theme.sunken, role.Mid: theme.line,
        role.Dark: theme.field_line, role.Shadow: theme.shadow,
    }  # fmt: skip


class ThemeSwitch(QObject):
    """Holds the chosen mode and applies its theme; owned by the composition root."""

    theme_changed = Signal(object)
    """The `Theme` now in force."""

    def __init__(self, app: QApplication, mode: ThemeMode = ThemeMode.SYSTEM) -> None:
        super().__init__()
        self._app = app
        self._mode = mode
        self._theme: Theme | None = None
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self.choose(mode)

    @property
    def mode(self) -> ThemeMode:
        """The chosen mode."""
        return self._mode

    @property
    def theme(self) -> Theme:
        """The theme in force."""
        return self._theme or LIGHT

    @Slot()
    def toggle(self) -> None:
        """Light becomes dark and dark light; the desktop is followed no longer."""
        self.choose(ThemeMode.LIGHT if self.theme.dark else ThemeMode.DARK)

    def choose(self, mode: ThemeMode) -> None:
        """Show `mode` from now on."""
        self._mode = mode
        hints = self._app.styleHints()
        if mode is ThemeMode.SYSTEM:
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(Qt.ColorScheme.Dark if mode is ThemeMode.DARK else Qt.ColorScheme.Light)
        self._show(self._wanted())

    def _wanted(self) -> Theme:
        if self._mode is ThemeMode.SYSTEM:
            return DARK if self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark else LIGHT
        return DARK if self._mode is ThemeMode.DARK else LIGHT

    @Slot(Qt.ColorScheme)
    def _follow(self, scheme: Qt.ColorScheme) -> None:
        if self._mode is ThemeMode.SYSTEM:
            self._show(DARK if scheme is Qt.ColorScheme.Dark else LIGHT)

    def _show(self, theme: Theme) -> None:
        apply(self._app, theme)
        if theme is not self._theme:
            self._theme = theme
            self.theme_changed.emit(theme)
