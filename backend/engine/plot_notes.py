"""Plots as people who label are shown them: with a note on each, and blind for those who come second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.domain.collecting import kept_words
from backend.domain.labelling import PlotToLabel
from backend.store import Store


def noted_items(store: Store, plot_ids: Sequence[int], second_for: str) -> list[PlotToLabel]:
    """With a note on each; for a second labeller with that person's own word in place of the label that counts."""
    items, kept = store.labelling.items(plot_ids), store.collecting.reasons(plot_ids)
    notes = {plot_id: [kept_words(reasons)] for plot_id, reasons in kept.items()}
    if second_for:
        said = store.gestures.second.of(plot_ids, second_for)
        items = [replace(item, label=said.get(item.plot.plot_id)) for item in items]
    else:
        for plot_id, words in store.said.second_words(plot_ids).items():
            notes.setdefault(plot_id, []).insert(0, f"second label: {words}")
    for plot_id, made in store.synthetic.of(plot_ids).items():
        notes.setdefault(plot_id, []).insert(0, f"synthetic, made by {made.who}")
    return [replace(item, note=" · ".join(notes.get(item.plot.plot_id, ()))) for item in items]
