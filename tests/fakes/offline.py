"""A hall with plots to label, bundles of it, and laptops that label in them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from backend.domain.label_bundles import SUFFIX, BundleRequest
from backend.domain.labelling import LabelScope
from backend.domain.labels import Gesture, LabelEvent, LabelHow
from backend.domain.plots import Plot
from backend.offline.checking import bundle_url
from backend.offline.making import make_bundle
from backend.store import Store
from tests.samples import new_plot

KIND = "CDC_occupancy"


def fill_hall(store: Store, count: int, kind: str = KIND) -> list[Plot]:
    """Plots, four a run from run 40 on, and the classes Good and Bad."""
    new = [new_plot(number, kind, run=40 + number // 4) for number in range(count)]
    found = [item.plot for item in store.intake.import_plots(new)]
    store.classifications.ensure(["Good", "Bad", "Noisy"], kind)
    return found


def made_bundle(store: Store, place: Path, scope: LabelScope = LabelScope.ALL, name: str = "take") -> Path:
    """A bundle of all plots of the type."""
    make_bundle(store, place / name, BundleRequest((KIND,), scope), who="expert", experiment="Hall D")
    return place / f"{name}{SUFFIX}"


def open_laptop(path: Path, place: Path) -> Store:
    """The store a laptop has in a bundle."""
    return Store.open(bundle_url(path), place / "laptop")


def label(
    store: Store,
    plots: Sequence[Plot],
    word: str | None,
    who: str,
    how: LabelHow = LabelHow.PAINTED,
    at: datetime | None = None,
) -> Gesture:
    """One gesture."""
    events = tuple(LabelEvent(plot.plot_id, word, how) for plot in plots)
    gesture = Gesture(uuid.uuid4(), plots[0].identity.plot_type, who, at or datetime.now(UTC), events)
    store.gestures.record(gesture)
    return gesture
