"""The one type family, shipped with the program, with tabular figures so that numbers do not dance."""

from __future__ import annotations

import logging
from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from resources import resource
from ui.theme.tokens import BODY

_FILES = ("Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf")
_log = logging.getLogger(__name__)


@cache
def load_fonts() -> str:
    """Register the shipped family, once per process; returns its name. A QGuiApplication must exist.

    Where the files cannot be loaded the system's font takes their place, and the log says so.
    """
    families: list[str] = []
    for file in _FILES:
        number = QFontDatabase.addApplicationFont(str(resource("fonts", file)))
        if number < 0:
            _log.warning("The font %s cannot be loaded; the system's font is used instead.", file)
            continue
        families += QFontDatabase.applicationFontFamilies(number)
    return min(families, key=len) if families else QFont().family()


def font(size: int = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The family at one of the five sizes (device-independent pixels), figures of equal width."""
    made = QFont(load_fonts())
    made.setPixelSize(size)
    made.setWeight(weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    return made


def medium(size: int = BODY) -> QFont:
    """Medium weight: words on buttons and chips."""
    return font(size, QFont.Weight.Medium)


def semibold(size: int = BODY) -> QFont:
    """Semi-bold: names, headings, verdicts."""
    return font(size, QFont.Weight.DemiBold)
