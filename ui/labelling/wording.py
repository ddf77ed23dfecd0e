"""How labels and orders are put into words. No Qt."""

from __future__ import annotations

from backend.domain.insight import Agreement
from backend.domain.labelling import LabelScope, PlotOrder
from ui.labelling.values import LabelTile, Progress, Saving, Which
from ui.wording import NARROW, class_title, number, percent

UNLABELLED = "not labelled"

ORDERS: dict[PlotOrder, str] = {
    PlotOrder.NEWEST: "Newest first",
    PlotOrder.UNCERTAIN: "Most uncertain first",
    PlotOrder.LOT: "Drawn by lot",
    PlotOrder.NOVEL: "Most novel first",
    PlotOrder.DISAGREEMENT: "Models disagree",
    PlotOrder.MISJUDGED: "Misjudged by the newest model",
    PlotOrder.ERRORS: "Likely errors first",
}

_REASONS: dict[PlotOrder, str] = {
    PlotOrder.NEWEST: "The newest comes first: what the detector shows now.",
    PlotOrder.UNCERTAIN: (
        "First come plots of which the model is least sure: their labels teach it most. What looks like one before it "
        "comes later; those without a guess are last."
    ),
    PlotOrder.LOT: (
        "The order is drawn by lot and the same for everybody: what is labelled in it is a fair sample of all plots."
    ),
    PlotOrder.NOVEL: (
        "First come plots that look least like anything labelled so far, each unlike those before it. Go through some "
        "dozens, then list anew."
    ),
    PlotOrder.DISAGREEMENT: "Two models say different things of these plots; first where both are sure.",
    PlotOrder.MISJUDGED: (
        "The newest model says something else than the label, surest first. Have it judge all plots before: "
        "hydra-gui classify --all."
    ),
    PlotOrder.ERRORS: (
        "Each label was checked by a model that had not seen any plot of its run. Here it says something else, surest "
        "first. Ctrl+Enter takes its suggestion, Ctrl+K keeps the label."
    ),
    PlotOrder.SIMILAR: "Nearest first, as the model sees them.",
    PlotOrder.PICKED: "What was picked on the map.",
}

SECOND_SENTENCE = (
    "Others have labelled these plots. Say what you see without knowing what they said: it does not replace their "
    "label, and shows how far people agree."
)
CONTESTED_SENTENCE = (
    "A second label differs from the one that counts. Look again and decide: label the plot, or keep its label with "
    "Ctrl+K."
)

SCOPES: dict[LabelScope, str] = {
    LabelScope.UNLABELLED: "Without a label",
    LabelScope.ALL: "All plots",
    LabelScope.LABELLED: "With a label",
    LabelScope.SECOND: "For a blind second label",
    LabelScope.CONTESTED: "Where people disagree",
}


def order_sentence(
    order: PlotOrder,
    listed: int,
    plots: int,
    *,
    cut: bool = False,
    scope: LabelScope = LabelScope.ALL,
    remark: str = "",
) -> str:
    """Why these plots come in this order, how many there are, and what limits that."""
    many = f"{number(listed)} of {number(plots)} plots." if not cut else f"The first {number(listed)} plots."
    which = {LabelScope.SECOND: SECOND_SENTENCE, LabelScope.CONTESTED: CONTESTED_SENTENCE}.get(scope, _REASONS[order])
    return " ".join(filter(None, (which, many, remark)))


def agreement_words(agreement: Agreement) -> str:
    """``κ = 0.82 (0.71 to 0.93) of 143 plots with a blind second label``."""
    if not agreement.pairs:
        return "No plot has a blind second label yet."
    same = f"{number(agreement.same)} of {number(agreement.pairs)} blind second labels agree"
    if agreement.kappa is None:
        return f"{same}; κ needs two classes on both sides."
    return f"κ = {agreement.kappa:.2f} ({agreement.low:.2f} to {agreement.high:.2f}): {same}."


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
