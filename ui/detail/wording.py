"""The detail pane's sentences. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backend.domain.classifications import Severity
from backend.domain.foreign import ForeignOpinion
from backend.domain.hall import ExactMap, HistoryPoint, PlotDetail, PlotTypeInfo
from backend.domain.plots import Plot, PlotState
from backend.domain.verdicts import Verdict
from ui.wording import GATE_WORDS, class_title, clock, number, percent, verdict_word

KEPT = "Images of harmless plots are not kept for ever here. The verdict and everything below are."
"""Stands after the words that say when an image expired."""


def verdict_line(detail: PlotDetail) -> str:
    """``Bad · 99.2 % · confirmed · 3rd in a row``; without a verdict, what is waited for."""
    verdict, plot = detail.tile.verdict, detail.tile.plot
    if verdict is None:
        return verdict_word(None, plot)
    state = "confirmed" if verdict.confirmed else "unconfirmed"
    parts = [class_title(verdict.classification), percent(verdict.confidence), state]
    in_a_row = streak(detail.history, verdict)
    if in_a_row > 1 and verdict.severity:
        parts.append(f"{ordinal(in_a_row)} in a row")
    return " · ".join(parts)


def ordinal(number: int) -> str:
    """``2nd``, ``13th``, ``21st``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def streak(history: Sequence[HistoryPoint], verdict: Verdict) -> int:
    """How many of the newest verdicts say the same; `history` is oldest first."""
    count = 0
    for point in reversed(history):
        if (point.classification, point.confirmed) != (verdict.classification, verdict.confirmed):
            break
        count += 1
    return count


def opinion_line(opinion: ForeignOpinion, verdict: Verdict | None, now: datetime | None = None) -> str:
    """``Hydra: Bad 0.93 at 14:02 · says otherwise``: what another system thinks of the plot."""
    words = f"{opinion.source}: {class_title(opinion.classification)} {opinion.confidence:.2f}"
    otherwise = " · says otherwise" if disagrees(opinion, verdict) else ""
    return f"{words} at {clock(opinion.at, now)}{otherwise}"


def disagrees(opinion: ForeignOpinion, verdict: Verdict | None) -> bool:
    """Whether it names another class than we do."""
    return verdict is not None and opinion.classification != verdict.classification


def explanation(detail: PlotDetail) -> str:
    """Why it may or may not alarm, or why there is no verdict; "" where there is nothing to say."""
    verdict, plot = detail.tile.verdict, detail.tile.plot
    if verdict is not None:
        return GATE_WORDS[verdict.gate] if verdict.confirmed else _doubt(detail, verdict)
    if plot is None:
        return "No plot of this type has arrived yet."
    if plot.state is PlotState.NO_MODEL:
        return "Nobody watches this plot: no model is active for its type. Look at it yourself, or train a model."
    if plot.state is PlotState.PENDING:
        return "The plot is stored and waits for its verdict."
    if plot.state is PlotState.SKIPPED:
        return "It was too old to be judged when its turn came: newer plots went first."
    return "This plot was not judged."


def why_no_heat_map(detail: PlotDetail) -> str:
    """Why a judged plot has no heat map; "" where it has one or was not judged."""
    if detail.tile.verdict is None or detail.tile.heat_map is not None:
        return ""
    return "This model says what it sees but not where: it yields no heat map with its verdicts."


def exact_line(found: ExactMap) -> str:
    """``Exact map of mixed7, for Bad``."""
    return f"Exact map of {found.layer}, for {class_title(found.request.classification)}"


def exact_size(found: ExactMap) -> str:
    """``17 × 17 places, by Grad-CAM in 3.1 s``: columns and rows of the map, and how long it took."""
    rows, columns = found.heat_map.values.shape
    return f"{columns} × {rows} places, by Grad-CAM in {found.seconds:.1f} s"


def _doubt(detail: PlotDetail, verdict: Verdict) -> str:
    """What an unconfirmed verdict falls short of."""
    named = [score.threshold for score in detail.scores if score.classification == verdict.classification]
    threshold = f" of {percent(named[0])}" if named else ""
    silent = " It does not alarm." if verdict.severity is Severity.ALARM else ""
    return f"The model is not sure: below its threshold{threshold}. Look at it yourself.{silent}"


def group_line(info: PlotTypeInfo) -> str:
    """``Tracking › Drift chambers``."""
    return " › ".join(info.group) or "No group"


def taken_line(plot: Plot, now: datetime | None = None) -> str:
    """``Run 121 266 · chunk 4 · 13:42:07 · 800 × 600``."""
    identity = plot.identity
    parts = [f"Run {number(identity.run)}" if identity.run else "Simulated"]
    if identity.chunk is not None:
        parts.append(f"chunk {identity.chunk}")
    return " · ".join([*parts, clock(plot.taken_at, now), f"{plot.width} × {plot.height}"])


def history_line(point: HistoryPoint) -> str:
    """``Bad ? 61.4 % · run 121 266 · 13:42:07``."""
    doubt = "" if point.confirmed else " ?"
    what = f"{class_title(point.classification)}{doubt} {percent(point.confidence)}"
    return f"{what} · run {number(point.run)} · {clock(point.taken_at)}"
