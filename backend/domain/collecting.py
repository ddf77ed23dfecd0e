"""Collecting: which images are kept for people who label, and why. Predictions are always kept.

Every alarming and every unconfirmed plot is kept, every labelled one, and of all others a random sample: without it a
training set would hold only what a model found strange, and nobody could measure how often models err.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum

from backend.domain.classifications import Severity
from backend.domain.plots import PlotIdentity
from backend.domain.verdicts import Verdict

DEFAULT_PERCENT = 1.0
"""Of plots that nothing else keeps, so many of a hundred are kept where nobody has said otherwise."""


class KeptFor(IntEnum):
    """Why an image is kept. The numbers are stored: never give one a new meaning."""

    ALARM = 1
    UNCONFIRMED = 2
    SAMPLE = 3
    LABEL = 4


REASON_WORDS = {
    KeptFor.ALARM: "it alarmed",
    KeptFor.UNCONFIRMED: "it was unconfirmed",
    KeptFor.SAMPLE: "random sample",
    KeptFor.LABEL: "it is labelled",
}


@dataclass(frozen=True, slots=True)
class Collected:
    """How much of a plot type is kept: the rate `percent`, plots in all, and images by reason.

    An image may be kept for several reasons and counts for each; `kept` counts each once. `bytes_each` is the mean
    size of its images, from some hundred of them; 0 where there is none.
    """

    plot_type: str
    percent: float
    plots: int
    kept: int
    by_reason: tuple[tuple[KeptFor, int], ...]
    bytes_each: float


def lot_of(sha256: str, identity: PlotIdentity) -> float:
    """The lot of a plot, uniform over 0 to 1: a hash of image and identity, hence always the same for it.

    Plots whose lot is below the rate are in the sample, so a higher rate keeps all that a lower one kept.
    """
    chunk = -1 if identity.chunk is None else identity.chunk
    text = f"{sha256}\0{identity.plot_type}\0{identity.run_period}\0{identity.run}\0{chunk}"
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) / 2**64


def is_sampled(sha256: str, identity: PlotIdentity, percent: float) -> bool:
    """Whether a plot is in the sample of `percent` (0 to 100) of a hundred."""
    return lot_of(sha256, identity) * 100 < percent


def reasons_for(sha256: str, identity: PlotIdentity, verdict: Verdict | None, percent: float) -> frozenset[KeptFor]:
    """Why the image of a plot with this verdict (None: no model) is kept; empty where it need not be."""
    reasons = {KeptFor.SAMPLE} if is_sampled(sha256, identity, percent) else set[KeptFor]()
    if verdict is not None and not verdict.confirmed:
        reasons.add(KeptFor.UNCONFIRMED)
    elif verdict is not None and verdict.severity >= Severity.ALARM:
        reasons.add(KeptFor.ALARM)
    return frozenset(reasons)


def kept_words(reasons: Collection[KeptFor]) -> str:
    """``kept because it alarmed, random sample``; "" where nothing keeps it."""
    return f"kept: {', '.join(REASON_WORDS[one] for one in sorted(reasons))}" if reasons else ""
