"""How values are written for a person: runs, ages, shares, verdicts. No Qt."""

from __future__ import annotations

from datetime import UTC, datetime

from backend.domain.classifications import Severity, Symbol, default_classification
from backend.domain.plots import Plot, PlotState
from backend.domain.verdicts import AlarmGate, Verdict

THIN = "\u00a0"
"""Between groups of three figures; a line does not break there."""

NARROW = "\u00a0"
"""Between a number and its unit; a line does not break there."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def number(value: int) -> str:
    """``121 266``: figures in groups of three."""
    return f"{value:,}".replace(",", THIN)


def percent(share: float) -> str:
    """``99.2 %`` of 0 to 1. What is not certain never reads 100 %, what is not impossible never 0 %."""
    shown = min(max(share * 100, 0.0), 100.0)
    if 99.95 <= shown < 100:
        return f"> 99.9{NARROW}%"
    if 0 < shown < 0.05:
        return f"< 0.1{NARROW}%"
    return f"{shown:.1f}{NARROW}%"


def age(seconds: float) -> str:
    """``4 s``, ``12 min``, ``3 h 05``, ``2 d``: short, and never negative."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole}{NARROW}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}{NARROW}min"
    if whole < _DAY:
        return f"{whole // _HOUR}{NARROW}h{NARROW}{whole % _HOUR // _MINUTE:02d}"
    return f"{whole // _DAY}{NARROW}d"


def age_of(at: datetime, now: datetime) -> str:
    """Age of a time, both timezone-aware."""
    return age((now - at).total_seconds())


def clock(at: datetime, now: datetime | None = None) -> str:
    """Local time ``13:42:07``; with the date in front where `now` is another day."""
    local = at.astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%d %b %Y %H:%M:%S}"


def value_with_unit(value: float, unit: str) -> str:
    """``152 nA``; three significant figures, whole from 100 on."""
    figures = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{figures}{NARROW}{unit}".strip()


def class_title(name: str) -> str:
    """A class name as words: ``NoData`` is ``No data``, ``LED`` stays."""
    words = ""
    for i, letter in enumerate(name):
        starts = i > 0 and letter.isupper() and name[i - 1].islower()
        words += f" {letter.lower()}" if starts else letter
    return words.replace("_", " ")


_STATES = {PlotState.PENDING: "Waiting", PlotState.NO_MODEL: "No model", PlotState.SKIPPED: "Skipped"}


def verdict_word(verdict: Verdict | None, plot: Plot | None) -> str:
    """What a tile says beside its symbol: ``Bad``, ``Hot channel ?``, ``No model``, ``Waiting``."""
    if verdict is not None:
        word = class_title(verdict.classification)
        return word if verdict.confirmed else f"{word}{NARROW}?"
    if plot is None:
        return "No plot yet"
    return _STATES.get(plot.state, "Not judged")


def verdict_symbol(verdict: Verdict | None, symbol: Symbol | None = None) -> Symbol:
    """The symbol beside it; `symbol` is the one of the classification where it is known."""
    if verdict is None:
        return Symbol.DASH
    return symbol or default_classification(verdict.classification).symbol


GATE_WORDS: dict[AlarmGate, str] = {
    AlarmGate.OPEN: "",
    AlarmGate.HARMLESS: "",
    AlarmGate.UNCONFIRMED: "Does not alarm: the confidence is below the threshold. Look at it yourself.",
    AlarmGate.NO_BEAM: "Does not alarm: the beam is off.",
    AlarmGate.REPROCESSED: "Does not alarm: the plot was judged again, long after it was taken.",
}
"""Why a verdict may or may not alarm, in words."""


def severity_of(verdict: Verdict | None) -> Severity | None:
    """Severity to draw; None where there is no verdict."""
    return None if verdict is None else verdict.severity


def default_colour(severity: Severity) -> str:
    """The hue a severity has of its own, for which the theme has a tuned text colour."""
    return _HUES[severity]


_HUES = {
    Severity.NORMAL: default_classification("Good").colour,
    Severity.INFORMATION: default_classification("NoData").colour,
    Severity.WARNING: default_classification("Warning").colour,
    Severity.ALARM: default_classification("Bad").colour,
}
