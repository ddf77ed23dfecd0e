"""The style sheet, made of tokens. Small on purpose: what the palette can say is said there."""

from __future__ import annotations

from string import Template

from ui.theme.tokens import BODY, LINE, RADIUS, SMALL, Theme

# Padding shrinks by the pixel that a focus ring grows, so nothing moves when focus comes.
_SHEET = Template("""
QToolTip { color: $text; background: $surface; border: 1px solid $line; padding: 6px 8px; font-size: ${small}px; }

QPushButton, QToolButton {
    color: $text; background: $surface; border: ${border}px solid $line; border-radius: ${radius}px;
    padding: 7px 13px; min-height: 16px; font-weight: 500;
}
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $sunken; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 6px 12px; }
QPushButton:disabled, QToolButton:disabled { color: $muted; background: $ground; border-style: dashed; }
QPushButton:checked { color: $accent; border-color: $accent; background: $selection; }
QPushButton[kind="primary"] { color: $on_accent; background: $accent; border-color: $accent; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { color: $muted; background: $sunken; border-color: $line; }
QPushButton[kind="alert"] { color: $on_blind; background: $blind; border-color: $blind; font-weight: 600; }
QPushButton[kind="alert"]:focus { border: 2px solid $text; }
QPushButton[kind="chip"] { border-radius: 15px; padding: 6px 13px; }
QPushButton[kind="chip"]:focus { padding: 5px 12px; }
QPushButton[kind="quiet"] { background: transparent; border-color: transparent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton[kind="icon"] { background: transparent; border-color: transparent; padding: 5px; }
QPushButton[kind="icon"]:hover { background: $hover; }
QPushButton[kind="icon"]:focus { border: 2px solid $accent; padding: 4px; }

QLineEdit {
    color: $text; background: $surface; border: 1px solid $field_line; border-radius: ${radius}px;
    padding: 6px 11px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus { border: 2px solid $accent; padding: 5px 10px; }
QPlainTextEdit[kind="field"] {
    color: $text; background: $surface; border: 1px solid $field_line; border-radius: ${radius}px;
    padding: 6px 7px; selection-background-color: $accent; selection-color: $on_accent;
}
QPlainTextEdit[kind="field"]:focus { border: 2px solid $accent; padding: 5px 6px; }

QComboBox {
    color: $text; background: $surface; border: 1px solid $field_line; border-radius: ${radius}px;
    padding: 6px 28px 6px 11px;
}
QComboBox:focus { border: 2px solid $accent; padding: 5px 27px 5px 10px; }
QComboBox:disabled { color: $muted; background: $ground; }
QComboBox::drop-down { border: none; width: 0; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $line; outline: 0; }

QSlider { min-height: 24px; border: 2px solid transparent; border-radius: ${radius}px; }
QSlider:focus { border-color: $accent; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $sunken; }
QSlider::sub-page:horizontal { border-radius: 2px; background: $accent; }
QSlider::handle:horizontal { width: 16px; height: 16px; margin: -6px 0; border-radius: 8px; background: $accent; }
QSlider::handle:horizontal:disabled, QSlider::sub-page:horizontal:disabled { background: $field_line; }

QScrollArea { border: 2px solid transparent; }
QScrollArea:focus { border-color: $accent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $field_line; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QTableView {
    color: $text; background: $surface; border: none; gridline-color: $line; outline: 0;
    selection-background-color: $selection; selection-color: $text;
}
QTableView:focus { border: 2px solid $accent; }
QTableView::item { padding: 4px 8px; border-bottom: 1px solid $line; }
QHeaderView { background: $surface; }
QHeaderView::section {
    color: $muted; background: $surface; border: none; border-bottom: 1px solid $line;
    padding: 6px 8px 6px 11px; font-size: ${small}px; font-weight: 600;
}
QMenu { color: $text; background: $surface; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 6px 16px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QSplitter::handle { background: $line; }
QProgressBar { border: none; border-radius: 3px; background: $sunken; max-height: 6px; }
QProgressBar::chunk { border-radius: 3px; background: $accent; }
""")


def stylesheet(theme: Theme) -> str:
    """The application's style sheet in this theme."""
    return _SHEET.substitute(
        text=theme.text, surface=theme.surface, line=theme.line, ground=theme.ground, muted=theme.muted,
        hover=theme.hover, sunken=theme.sunken, accent=theme.accent, on_accent=theme.on_accent,
        selection=theme.selection, field_line=theme.field_line,
        accent_hover=theme.accent_hover, blind=theme.blind_ground, on_blind=theme.on_blind,
        small=SMALL, body=BODY, radius=RADIUS, border=LINE,
    )  # fmt: skip
