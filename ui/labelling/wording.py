"""How labels and orders are put into words. No Qt."""

from __future__ import annotations

from backend.domain.labelling import LabelScope, PlotOrder
from ui.labelling.values import LabelTile, Progress, Saving, Which
from ui.wording import NARROW, class_title, number, percent

UNLABELLED = "not labelled"

ORDERS: dict[PlotOrder, str] = {
    PlotOrder.NEWEST: "Newest first",
    PlotOrder.UNCERTAIN: "Most uncertain first",
    PlotOrder.LOT: "Drawn by lot",
}

_REASONS: dict[PlotOrder, str] = {
    PlotOrder.NEWEST: "The newest comes first: what the detector shows now.",
    PlotOrder.UNCERTAIN: (
        "First come plots of which the model is least sure: their labels teach it most. Those without a guess are last."
    ),
    PlotOrder.LOT: (
        "The order is drawn by lot and the same for everybody: what is labelled in it is a fair sample of all plots."
    ),
}

SCOPES: dict[LabelScope, str] = {
    LabelScope.UNLABELLED: "Without a label",
    LabelScope.ALL: "All plots",
    LabelScope.LABELLED: "With a label",
}


def order_sentence(order: PlotOrder, listed: int, plots: int, *, cut: bool = False) -> str:
    """Why the plots come in this order, and how many there are."""
    many = f"{number(listed)} of {number(plots)} plots." if not cut else f"The first {number(listed)} plots."
    return f"{_REASONS[order]} {many}"


def which_words(which: Which) -> str:
    """``Without a label``, ``Bad``: what a chooser of labels offers."""
    return class_title(which.label) if which.label else SCOPES[which.scope]


def label_words(tile: LabelTile) -> str:
    """What a tile says of its label; what is not in the store never reads as if it were."""
    words = class_title(tile.label) if tile.label else UNLABELLED
    if tile.saving is Saving.PENDING:
        return f"{words}{NARROW}…"
    if tile.saving is Saving.WAITING:
        return f"{words} · not saved"
    return words


def guess_words(tile: LabelTile) -> str:
    """What the model says, ``Bad 61.0 %``."""
    return f"{class_title(tile.guess)} {percent(tile.confidence)}" if tile.guess else "no guess"


def spoken(tile: LabelTile, *, blind: bool) -> str:
    """A tile for a screen reader."""
    said = f"labelled {class_title(tile.label)}" if tile.label else UNLABELLED
    parts = [f"Plot of run {tile.where}", said]
    if tile.saving is not Saving.SAVED:
        parts.append(tile.saving.value)
    if tile.who and tile.label:
        parts.append(f"by {tile.who}")
    if not blind and tile.guess:
        parts.append(f"guess {guess_words(tile)}")
    return ", ".join(parts)


def progress_words(progress: Progress) -> str:
    """``132 labelled now · 410 a minute · all saved``."""
    state = "not saved" if progress.waits else "being saved"
    saved = "all saved" if not progress.pending else f"{number(progress.pending)} {state}"
    pace = f" · {number(progress.pace)} a minute" if progress.pace else ""
    return f"{number(progress.now)} labelled now{pace} · {saved}"
