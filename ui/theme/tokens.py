"""Tokens of the visual language: every colour, distance and size that a view may use. No Qt.

Views ask for tokens and never write literals. Text tokens keep a contrast of at least 4.5 on every ground they
may stand on; `tests/gui/test_theme_contrast.py` computes them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.classifications import Severity
from ui.theme.contrast import TEXT_CONTRAST, contrast, mark_colour, text_colour

__all__ = [
    "BODY", "DARK", "DISPLAY", "GRID", "HEADING", "LARGE", "LIGHT", "LINE", "LINE_ALARM", "RADIUS", "SMALL",
    "TEXT_CONTRAST", "SeverityColours", "Theme", "contrast", "mark_colour", "text_colour",
]  # fmt: skip

GRID = 8
"""Distances are multiples of this many pixels, or a half."""

RADIUS = 6
LINE = 1
LINE_ALARM = 3

SMALL, BODY, HEADING, LARGE, DISPLAY = 11, 13, 15, 20, 28
"""The five type sizes, in device-independent pixels."""


@dataclass(frozen=True, slots=True)
class SeverityColours:
    """How one severity looks: `line` borders and symbols, `fill` areas, `title_ground` behind `text`.

    `text` is readable on ground, surface and `title_ground`.
    """

    line: str
    fill: str
    title_ground: str
    text: str


@dataclass(frozen=True, slots=True)
class Theme:
    """One appearance of the whole application; colours are ``#rrggbb``.

    `ground` lies behind everything, `surface` is cards and panes, `sunken` is tracks and wells on a surface;
    `image_ground` stands behind plots, which are drawn on white; `field_line` borders what can be typed in.
    """

    name: str
    dark: bool
    ground: str
    surface: str
    sunken: str
    text: str
    muted: str
    line: str
    field_line: str
    accent: str
    accent_hover: str
    on_accent: str
    hover: str
    selection: str
    image_ground: str
    shadow: str
    normal: SeverityColours
    information: SeverityColours
    warning: SeverityColours
    alarm: SeverityColours
    blind_ground: str
    on_blind: str

    def severity(self, severity: Severity | None) -> SeverityColours:
        """Colours of a severity; None, where no model judged, looks normal."""
        return {
            Severity.INFORMATION: self.information,
            Severity.WARNING: self.warning,
            Severity.ALARM: self.alarm,
        }.get(severity or Severity.NORMAL, self.normal)


LIGHT = Theme(
    name="light",
    dark=False,
    ground="#F4F5F7",
    surface="#FFFFFF",
    sunken="#E9ECEF",
    text="#1B1F24",
    muted="#5B6570",
    line="#D5DAE0",
    field_line="#8A94A0",
    accent="#0B5FA5",
    accent_hover="#0A528F",
    on_accent="#FFFFFF",
    hover="#EDF0F3",
    selection="#E1EDF7",
    image_ground="#FFFFFF",
    shadow="#1B1F24",
    normal=SeverityColours("#7A8591", "#D5DAE0", "#FFFFFF", "#5B6570"),
    information=SeverityColours("#2F8FCB", "#56B4E9", "#E6F2FB", "#0B5F95"),
    warning=SeverityColours("#C77F00", "#E69F00", "#FFF1D6", "#8F5400"),
    alarm=SeverityColours("#C84A00", "#D55E00", "#FBE9E1", "#B34700"),
    blind_ground="#B23A00",
    on_blind="#FFFFFF",
)

DARK = Theme(
    name="dark",
    dark=True,
    ground="#14171B",
    surface="#1D2127",
    sunken="#2B3138",
    text="#E6E9ED",
    muted="#9AA4AF",
    line="#323942",
    field_line="#6B7682",
    accent="#5FB0F0",
    accent_hover="#84C3F5",
    on_accent="#0E1114",
    hover="#272C33",
    selection="#1E3347",
    image_ground="#ECECEC",
    shadow="#000000",
    normal=SeverityColours("#7A8591", "#323942", "#1D2127", "#9AA4AF"),
    information=SeverityColours("#56B4E9", "#56B4E9", "#14324A", "#7CC0F3"),
    warning=SeverityColours("#E69F00", "#D99500", "#40300F", "#FFB84D"),
    alarm=SeverityColours("#FF8A47", "#FF9A5C", "#4A2412", "#FF9A5C"),
    blind_ground="#FF9A5C",
    on_blind="#1A0D05",
)
