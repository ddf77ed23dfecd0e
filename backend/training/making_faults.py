"""Making synthetic plots: variants of a fault on good plots, stored, marked and labelled."""

from __future__ import annotations

import hashlib
import io
import uuid
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.domain.errors import UnknownNameError
from backend.domain.intake import NewPlot
from backend.domain.labels import Gesture, LabelEvent, LabelHow
from backend.domain.plots import Plot
from backend.domain.synthetic import MOST_VARIANTS, FaultOrder, FaultRecipe, Parentage
from backend.feed.images import ImageLimits, decode
from backend.store import Store
from backend.training.synthetic_faults import apply_fault, jittered

_COLUMNS_OF_SEED = 1_000_003


def preview_fault(store: Store, plot: Plot, recipe: FaultRecipe) -> NDArray[np.uint8]:
    """What a recipe makes of a plot, uint8 (h, w, 3)."""
    return apply_fault(_image(store, plot), recipe)


def make_faults(store: Store, order: FaultOrder) -> tuple[int, ...]:
    """Make, store, mark and label the variants; returns their plot ids. ValueError, UnknownNameError: nothing is made.

    They are marked before they are labelled, so that none is ever taken for a real plot by a training.
    """
    if not 1 <= order.count <= MOST_VARIANTS:
        raise ValueError(f"{order.count} variants were asked for; between 1 and {MOST_VARIANTS} can be made at once.")
    known = {plot.plot_id: plot for plot in store.archive.plots(order.parents)}
    parents = [known[plot_id] for plot_id in order.parents if plot_id in known]
    if not parents or any(plot.identity.plot_type != order.plot_type for plot in parents):
        raise UnknownNameError(f"The plots to be changed are not of {order.plot_type}. Nothing was made.")
    made: dict[int, Parentage] = {}
    for number in range(order.count):
        parent = parents[number % len(parents)]
        recipe = order.recipe if number == 0 else jittered(order.recipe, order.seed * _COLUMNS_OF_SEED + number)
        [stored] = store.intake.import_plots([_variant(store, parent, recipe)])
        made[stored.plot.plot_id] = Parentage(parent.plot_id, order.who, recipe.encode())
    store.synthetic.mark({number: one for number, one in made.items() if number != one.parent_id})
    made = {number: one for number, one in made.items() if number != one.parent_id}
    events = tuple(LabelEvent(plot_id, order.label, LabelHow.SYNTHETIC) for plot_id in made)
    if events:
        store.gestures.record(Gesture(uuid.uuid4(), order.plot_type, order.who, datetime.now(UTC), events))
    return tuple(made)


def _image(store: Store, plot: Plot) -> NDArray[np.uint8]:
    return decode(store.blobs.get(plot.sha256), "", ImageLimits())


def _variant(store: Store, parent: Plot, recipe: FaultRecipe) -> NewPlot:
    """Of the run of its parent: the two are never on different sides of a split."""
    image = apply_fault(_image(store, parent), recipe)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=4)
    data = file.getvalue()
    height, width = image.shape[:2]
    digest = hashlib.sha256(data).hexdigest()
    return NewPlot(parent.identity, data, digest, width, height, parent.taken_at, datetime.now(UTC))
