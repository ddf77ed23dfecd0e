"""Tones: the colours text may have, named by meaning and looked up in the theme when painting."""

from __future__ import annotations

from enum import StrEnum

from backend.domain.classifications import Severity
from backend.domain.health import Condition
from ui.theme.tokens import Theme


class Tone(StrEnum):
    """What a text or symbol says by its colour."""

    TEXT = "text"
    MUTED = "muted"
    ACCENT = "accent"
    NORMAL = "normal"
    INFORMATION = "information"
    WARNING = "warning"
    ALARM = "alarm"
    ON_BLIND = "on_blind"


_SEVERITY_TONES = {
    Severity.NORMAL: Tone.NORMAL,
    Severity.INFORMATION: Tone.INFORMATION,
    Severity.WARNING: Tone.WARNING,
    Severity.ALARM: Tone.ALARM,
}

_CONDITION_TONES = {
    Condition.OK: Tone.MUTED,
    Condition.STARTING: Tone.MUTED,
    Condition.DEGRADED: Tone.WARNING,
    Condition.FAILED: Tone.ALARM,
}


def tone_of(severity: Severity | None) -> Tone:
    """The tone of a verdict's text; None where no model judged."""
    return Tone.MUTED if severity is None else _SEVERITY_TONES[severity]


def tone_of_condition(condition: Condition) -> Tone:
    """The tone of a part's health; what is well stays grey."""
    return _CONDITION_TONES[condition]


def colour(theme: Theme, tone: Tone) -> str:
    """The colour ``#rrggbb`` of text in that tone."""
    if tone in (Tone.NORMAL, Tone.INFORMATION, Tone.WARNING, Tone.ALARM):
        return str(getattr(theme, tone.value).text)
    return str(getattr(theme, tone.value))
