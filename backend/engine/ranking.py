"""Orders that compare plots by their embeddings. Blocking: one thread at a time works through the questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from backend.domain.insight import SIMILAR_COUNT
from backend.domain.labelling import LONGEST_LISTING, Guess, LabelScope, PlotListing, PlotOrder, PlotQuery
from backend.engine.spaces import Spaces
from backend.insight.contradictions import FOLDS, LEAST, find_contradictions
from backend.insight.neighbours import nearest, novelty, spread
from backend.insight.space import Progress, Rows, Space, silent
from backend.store import Store

NO_MODEL = (
    "No model has looked at these plots yet, so they cannot be compared: train or import one, put it in force, and let "
    "it judge them (hydra-gui classify --all). Until then the newest come first."
)

Suggestions = Mapping[int, Guess]


class Ranking:
    """Answers queries in the orders of `backend.domain.labelling.RANKED`."""

    def __init__(self, store: Store, spaces: Spaces) -> None:
        self._store, self._spaces = store, spaces
        self._errors: dict[str, tuple[object, dict[int, Guess], str]] = {}

    def listing(self, query: PlotQuery, progress: Progress = silent) -> PlotListing:
        """Plots in the order asked for. UnknownNameError."""
        if query.order is PlotOrder.PICKED:
            return self._picked(query)
        model, space = self._spaces.space(query.plot_type, progress)
        if query.order is PlotOrder.UNCERTAIN:
            return self._uncertain(query, space)
        if model is None:
            plain = tuple(self._store.labelling.candidates(query))
            return _listing(query, plain, remark=NO_MODEL)
        ranks: dict[PlotOrder, Callable[[PlotQuery, int, Space, Progress], PlotListing]] = {
            PlotOrder.SIMILAR: self._similar,
            PlotOrder.NOVEL: self._novel,
            PlotOrder.ERRORS: self._contradicted,
        }
        return ranks[query.order](query, model, space, progress)

    def _picked(self, query: PlotQuery) -> PlotListing:
        allowed = set(self._store.labelling.candidates(query))
        return _listing(query, tuple(plot_id for plot_id in query.picked if plot_id in allowed))

    def _uncertain(self, query: PlotQuery, space: Space) -> PlotListing:
        """The order of the store with near-duplicates taken from its head."""
        listing = self._store.labelling.listing(query)
        rows = space.rows_of(listing.plot_ids)
        spaced = space.plot_ids[spread(space, rows)].tolist() if len(rows) else []
        rest = [plot_id for plot_id in listing.plot_ids if plot_id not in space.rows]
        return replace(listing, plot_ids=(*spaced, *rest))

    def _similar(self, query: PlotQuery, _model: int, space: Space, _progress: Progress) -> PlotListing:
        row = space.rows.get(query.like)
        if row is None:
            return _listing(query, (query.like,), remark=_NOT_JUDGED)
        among = np.arange(len(space.plot_ids))
        if query.scope is not LabelScope.ALL or query.runs or query.label or query.labeller:
            among = space.rows_of(self._store.labelling.candidates(query))
        rows, distances = nearest(space, row, among, SIMILAR_COUNT)
        del distances
        return _listing(query, tuple(space.plot_ids[rows].tolist()))

    def _novel(self, query: PlotQuery, _model: int, space: Space, progress: Progress) -> PlotListing:
        candidates = self._store.labelling.candidates(query)
        known = space.rows_of(list(self._store.said.labels(query.plot_type)))
        rows = space.rows_of(candidates)
        far = novelty(space, rows, np.setdiff1d(known, rows), progress)
        spaced = spread(space, rows[np.argsort(-far, kind="stable")])
        rest = [plot_id for plot_id in candidates if plot_id not in space.rows]
        return _listing(query, (*space.plot_ids[spaced].tolist(), *rest), remark=_rest_words(len(rest)))

    def _contradicted(self, query: PlotQuery, model: int, space: Space, progress: Progress) -> PlotListing:
        suggestions, remark = self._suggestions(query.plot_type, model, space, progress)
        allowed = set(self._store.labelling.candidates(query))
        found = tuple(plot_id for plot_id in suggestions if plot_id in allowed)
        return _listing(query, found, {plot_id: suggestions[plot_id] for plot_id in found}, remark)

    def _suggestions(
        self, plot_type: str, model: int, space: Space, progress: Progress
    ) -> tuple[dict[int, Guess], str]:
        """What speaks against labels, the surest first; computed anew when labels or embeddings are new."""
        state = (model, len(space.plot_ids), self._store.said.newest_label(plot_type))
        known = self._errors.get(plot_type)
        if known is None or known[0] != state:
            known = (state, *_contradictions(self._store.said.labels(plot_type), space, progress))
            self._errors[plot_type] = known
        return known[1], known[2]


def _contradictions(labels: Mapping[int, str], space: Space, progress: Progress) -> tuple[dict[int, Guess], str]:
    plot_ids = [plot_id for plot_id in labels if plot_id in space.rows]
    rows: Rows = space.rows_of(plot_ids)
    names, numbers = np.unique([labels[plot_id] for plot_id in plot_ids], return_inverse=True)
    if len(plot_ids) < LEAST or len(names) < 2:
        return (
            {},
            f"{len(plot_ids)} labels can be compared; with {LEAST} of two classes at least, errors are looked for.",
        )
    found = find_contradictions(space.vectors[rows], numbers, space.runs[rows], progress)
    suggestions = {
        plot_ids[place]: Guess(str(names[suggested]), float(confidence), bool(confidence > 2 * given))
        for place, suggested, confidence, given in zip(
            found.rows.tolist(), found.suggested, found.confidence, found.given, strict=True
        )
    }
    unjudged = found.total - found.judged
    few = f" {unjudged} labels could not be checked, their class being in one run only or rare." if unjudged else ""
    return suggestions, f"{found.judged} labels were checked in {FOLDS} parts of whole runs.{few}"


def _listing(
    query: PlotQuery, plot_ids: tuple[int, ...], suggestions: Suggestions | None = None, remark: str = ""
) -> PlotListing:
    cut = len(plot_ids) > LONGEST_LISTING
    return PlotListing(query, plot_ids[:LONGEST_LISTING], cut, suggestions or {}, remark)


def _rest_words(many: int) -> str:
    return f"{many} plots that this model has not judged come last." if many else ""


_NOT_JUDGED = (
    "The model by which plots are compared has not judged this one, so nothing can be found that is like it. "
    "hydra-gui classify --all lets it judge the archive."
)
