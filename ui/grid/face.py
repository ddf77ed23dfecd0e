"""The face of a tile: everything its delegate draws beside the image, decided once per tile and theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from backend.domain.classifications import Classification, Severity, Symbol, default_classification
from backend.domain.hall import StripMark, Tile
from backend.domain.plots import PlotState
from backend.domain.verdicts import AlarmGate, Verdict
from ui.grid.wording import tile_word
from ui.theme.symbols import SeverityStyle, severity_style
from ui.theme.tokens import LINE, Theme, text_colour
from ui.wording import default_colour, percent, verdict_symbol


@dataclass(frozen=True, slots=True)
class Face:
    """Texts, colours (``#rrggbb``) and style of one tile. `emphasis`: the verdict is set in semi-bold."""

    name: str
    word: str
    confidence: str
    symbol: Symbol
    colour: str
    name_colour: str
    emphasis: bool
    style: SeverityStyle
    strip: tuple[StripMark, ...]


def face_of(tile: Tile, classifications: Mapping[str, Classification], theme: Theme) -> Face:
    """How `tile` looks in `theme`; a class missing from `classifications` gets its default look."""
    verdict = tile.verdict
    style = _style(tile, theme)
    pending = tile.plot is None or tile.plot.state is PlotState.PENDING
    return Face(
        name=tile.plot_type.name,
        word=tile_word(tile),
        confidence=percent(verdict.confidence) if verdict else "",
        symbol=_symbol(verdict, classifications),
        colour=_colour(verdict, classifications, style, theme),
        name_colour=theme.muted if pending and verdict is None else theme.text,
        emphasis=verdict is not None and verdict.severity >= Severity.INFORMATION,
        style=style,
        strip=tile.strip,
    )


def _style(tile: Tile, theme: Theme) -> SeverityStyle:
    verdict = tile.verdict
    if verdict is None:
        waits = tile.plot is None or tile.plot.state is PlotState.PENDING
        return severity_style(theme, Severity.NORMAL if waits else None)
    style = severity_style(theme, verdict.severity, verdict.confirmed)
    if verdict.gate is AlarmGate.NO_BEAM:
        return _without_weight(style, theme)
    return style


def _without_weight(style: SeverityStyle, theme: Theme) -> SeverityStyle:
    """A problem that may not alarm keeps its colour in the title bar, but not the heavy line."""
    return replace(style, line=theme.line, line_width=LINE)


def _symbol(verdict: Verdict | None, classifications: Mapping[str, Classification]) -> Symbol:
    return verdict_symbol(verdict, described(verdict.classification, classifications).symbol if verdict else None)


def described(name: str, classifications: Mapping[str, Classification]) -> Classification:
    """The classification of that name, or its default description."""
    return classifications.get(name) or default_classification(name)


def _colour(
    verdict: Verdict | None, classifications: Mapping[str, Classification], style: SeverityStyle, theme: Theme
) -> str:
    if verdict is None or verdict.severity is Severity.NORMAL:
        return style.text
    colour = described(verdict.classification, classifications).colour
    if colour == default_colour(verdict.severity):
        return style.text
    readable = text_colour(colour, style.title_ground or theme.surface)
    return text_colour(readable, style.hatch) if style.hatch else readable
