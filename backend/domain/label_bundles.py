"""Label bundles: plots and labels in one file, to label away from the hall. Plain values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from backend.domain.labelling import LabelScope, PlotOrder

SUFFIX = ".hydralabels"


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """Which plots a bundle is to hold: `limit` of each plot type at most, 0 for all; the rest as in `PlotQuery`."""

    plot_types: tuple[str, ...]
    scope: LabelScope = LabelScope.UNLABELLED
    order: PlotOrder = PlotOrder.NEWEST
    label: str = ""
    labeller: str = ""
    runs: tuple[tuple[int, int], ...] = ()
    limit: int = 0


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """What a bundle says of itself. It never changes; `hall` is the identity of the store it was made from.

    `plots_digest` and `classes_digest` (SHA-256, hex) are of what must be as it was made; entries of the label history
    up to `last_event`, and classes up to `last_class`, were made in the hall.
    """

    key: uuid.UUID
    hall: uuid.UUID
    experiment: str
    made_by: str
    made_at: datetime
    program: str
    schema: str
    plot_types: tuple[str, ...]
    plots: int
    chosen: str
    last_event: int
    last_class: int
    plots_digest: str
    classes_digest: str


@dataclass(frozen=True, slots=True)
class BundleMade:
    """A bundle was made; `left_out` are plots whose image the store no longer has whole."""

    manifest: BundleManifest
    size: int
    left_out: int


@dataclass(frozen=True, slots=True)
class BundleState:
    """A bundle that was looked through. `labels` were given in it, not in the hall; `notes` are for a person."""

    manifest: BundleManifest
    labels: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a bundle's labels: `given` entries of its history, of which `written` now and `known` before.

    `disagreements` are plots of which somebody in the hall says something else; `refused` says what was left out.
    """

    given: int = 0
    written: int = 0
    known: int = 0
    disagreements: int = 0
    refused: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
