"""Second labels on both databases: given blind, counted for agreement, undone, and what people disagree on."""

import uuid
from dataclasses import replace

import pytest

from backend.domain.labelling import LabelScope, PlotOrder, PlotQuery, steps_of
from backend.domain.labels import Gesture, LabelEvent, LabelHow, Reversal
from backend.domain.verdicts import AlarmGate
from backend.store import Store
from tests.samples import OWNER, START, commit, judged, new_plot, put_in_force

KIND = "CDC_occupancy"
_LATER = START.replace(hour=9)


def say(store: Store, plots, label: str | None, who: str, how: LabelHow = LabelHow.PAINTED, at=START):
    events = tuple(LabelEvent(plot.plot_id, label, how) for plot in plots)
    gesture = Gesture(uuid.uuid4(), KIND, who, at, events)
    return gesture, store.gestures.record(gesture)


def second(store: Store, plots, label: str | None, who: str, at=_LATER):
    return say(store, plots, label, who, LabelHow.SECOND, at)


def take_back(store: Store, key: uuid.UUID, who: str, how: LabelHow = LabelHow.UNDONE):
    reversal = Reversal(uuid.uuid4(), KIND, who, START, key, how)
    return reversal.key, store.gestures.revert(reversal)


def listed(store: Store, scope: LabelScope, who: str = "", order: PlotOrder = PlotOrder.NEWEST):
    return set(store.labelling.listing(PlotQuery(KIND, order, scope, who=who)).plot_ids)


def reprocessed(plot, model, bad: float):
    outcome = judged(plot, model, bad)
    return replace(outcome, verdict=replace(outcome.verdict, gate=AlarmGate.REPROCESSED))


def ids(plots) -> set[int]:
    return {plot.plot_id for plot in plots}


@pytest.fixture
def plots(store: Store):
    return [item.plot for item in commit(store, [new_plot(number, run=40 + number) for number in range(6)])]


def test_that_a_second_label_counts_for_agreement_and_not_in_place_of_the_first(store: Store, plots):
    say(store, plots[:3], "Good", "first")
    _, recorded = second(store, plots[:2], "Bad", "second")
    assert recorded.written == 2
    assert dict(recorded.standing)[plots[0].plot_id].classification == "Bad"
    item = store.labelling.items([plots[0].plot_id])[0]
    assert (item.label.classification, item.label.who) == ("Good", "first")
    assert store.gestures.second.pairs(KIND) == [("Good", "Bad"), ("Good", "Bad")]
    assert [change.after for change in store.labels.history(plots[0].plot_id)] == ["Good"]


def test_that_only_what_somebody_else_has_labelled_is_offered_and_each_plot_once(store: Store, plots):
    say(store, plots[:4], "Good", "first")
    say(store, plots[3:5], "Good", "second")
    assert listed(store, LabelScope.SECOND, "second") == ids(plots[:3])
    assert listed(store, LabelScope.SECOND, "first") == {plots[4].plot_id}
    second(store, plots[:1], "Good", "second")
    assert listed(store, LabelScope.SECOND, "second") == ids(plots[1:3])


def test_that_plots_without_a_first_label_or_with_ones_own_are_passed_over(store: Store, plots):
    say(store, plots[:1], "Good", "one")
    _, recorded = second(store, plots[:2], "Bad", "one")
    assert (recorded.written, set(recorded.passed_over)) == (0, ids(plots[:2]))
    assert store.gestures.second.pairs(KIND) == []


def test_that_saving_again_saves_once_and_undo_and_redo_work_as_for_other_labels(store: Store, plots):
    say(store, plots[:2], "Good", "first")
    gesture, _ = second(store, plots[:2], "Bad", "second")
    assert store.gestures.record(gesture).written == 2
    undone, recorded = take_back(store, gesture.key, "second")
    assert dict(recorded.standing) == dict.fromkeys(ids(plots[:2]))
    assert store.gestures.second.pairs(KIND) == []
    assert listed(store, LabelScope.SECOND, "second") == ids(plots[:2])
    take_back(store, undone, "second", LabelHow.REDONE)
    assert len(store.gestures.second.pairs(KIND)) == 2
    steps = steps_of(store.gestures.steps(KIND, "second"))
    assert (len(steps.undo), len(steps.redo)) == (1, 0)


def test_that_a_contested_plot_is_listed_until_somebody_decides(store: Store, plots):
    say(store, plots[:3], "Good", "first")
    second(store, plots[:2], "Bad", "second")
    second(store, plots[2:3], "Good", "second")
    assert listed(store, LabelScope.CONTESTED) == ids(plots[:2])
    say(store, plots[:1], "Bad", "third", at=START.replace(hour=10))
    say(store, plots[1:2], "Good", "first", LabelHow.UPHELD, at=START.replace(hour=10))
    assert listed(store, LabelScope.CONTESTED) == set()


def test_that_a_label_looked_at_and_kept_is_not_asked_about_again(store: Store, plots):
    say(store, plots[:2], "Good", "first")
    say(store, plots[:1], "Good", "first", LabelHow.UPHELD)
    found = store.labelling.candidates(PlotQuery(KIND, PlotOrder.ERRORS, LabelScope.LABELLED))
    assert set(found) == {plots[1].plot_id}


def test_that_models_which_disagree_surely_come_first(store: Store, plots):
    first, other = put_in_force(store), put_in_force(store, seed=1)
    for plot, bads in zip(plots, ((0.9, 0.2), (0.9, 0.95), (0.6, 0.45), (0.99, 0.02)), strict=False):
        store.verdicts.record([judged(plot, first, bads[0])], OWNER)
        store.archive.record([reprocessed(plot, other, bads[1])])
    query = PlotQuery(KIND, PlotOrder.DISAGREEMENT, LabelScope.ALL)
    assert store.labelling.listing(query).plot_ids == tuple(plots[n].plot_id for n in (3, 0, 2))


def test_that_labels_which_the_newest_model_gets_wrong_are_listed_the_surest_first(store: Store, plots):
    first, other = put_in_force(store), put_in_force(store, seed=1)
    say(store, plots[:3], "Good", "expert")
    for plot, bads in zip(plots, ((0.9, 0.2), (0.1, 0.8), (0.2, 0.95), (0.2, 0.95)), strict=False):
        store.verdicts.record([judged(plot, first, bads[0])], OWNER)
        store.archive.record([reprocessed(plot, other, bads[1])])
    query = PlotQuery(KIND, PlotOrder.MISJUDGED, LabelScope.LABELLED)
    assert store.labelling.listing(query).plot_ids == tuple(plots[n].plot_id for n in (2, 1))


def test_that_embeddings_are_read_as_they_were_recorded(store: Store, plots):
    model = put_in_force(store)
    assert store.embeddings.comparing_model(KIND) is None
    store.verdicts.record([judged(plot, model) for plot in plots[:4]], OWNER)
    assert store.embeddings.comparing_model(KIND) == model.model_id
    found = store.embeddings.plot_ids(KIND, model.model_id)
    assert set(found) == ids(plots[:4])
    read = store.embeddings.read(KIND, [*found, plots[5].plot_id], model.model_id)
    assert read.vectors.shape == (4, 64)
    assert read.runs.tolist() == [40, 41, 42, 43]
    assert read.vectors[0, -1] == 1
