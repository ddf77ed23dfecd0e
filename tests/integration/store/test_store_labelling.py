"""Labelling on both databases: listings in every order, gestures that are saved once, undo that overwrites nobody."""

import uuid

import pytest

from backend.domain.errors import UnknownNameError
from backend.domain.labelling import LabelScope, PlotOrder, PlotQuery, steps_of
from backend.domain.labels import Gesture, LabelEvent, LabelHow, NewLabel, Reversal
from backend.store import Store
from tests.samples import OWNER, START, commit, commit_one, judged, new_plot, put_in_force

KIND = "CDC_occupancy"


def paint(
    store: Store, plots, label: str | None, who: str = "ann", how: LabelHow = LabelHow.PAINTED, comment: str = ""
):
    gesture = gesture_of(plots, label, who, how, comment)
    return gesture, store.gestures.record(gesture)


def gesture_of(plots, label: str | None, who: str = "ann", how: LabelHow = LabelHow.PAINTED, comment: str = ""):
    events = tuple(LabelEvent(plot.plot_id, label, how, comment) for plot in plots)
    return Gesture(uuid.uuid4(), KIND, who, START, events)


def take_back(store: Store, key: uuid.UUID, who: str = "ann", how: LabelHow = LabelHow.UNDONE):
    reversal = Reversal(uuid.uuid4(), KIND, who, START, key, how)
    return reversal.key, store.gestures.revert(reversal)


def listed(store: Store, **given) -> tuple[int, ...]:
    return store.labelling.listing(PlotQuery(KIND, **given)).plot_ids


def label_of(store: Store, plot) -> str | None:
    label = store.labelling.items([plot.plot_id])[0].label
    return label.classification if label else None


@pytest.fixture
def plots(store: Store):
    return [item.plot for item in commit(store, [new_plot(number, run=40 + number) for number in range(6)])]


def test_that_a_gesture_is_one_entry_per_plot_with_who_when_before_after_and_how(store: Store, plots):
    paint(store, plots[:3], "Good")
    _, recorded = paint(store, plots[1:3], "Bad", "bob", LabelHow.KEYED, "hot board")
    assert recorded.written == 2
    standing = dict(recorded.standing)
    assert (standing[plots[1].plot_id].classification, standing[plots[1].plot_id].who) == ("Bad", "bob")
    [first, second] = store.labels.history(plots[1].plot_id)
    assert (first.before, first.after, first.who, first.how, first.at) == (None, "Good", "ann", "painted", START)
    assert (second.before, second.after, second.who, second.how) == ("Good", "Bad", "bob", "keyed")
    assert second.comment == "hot board"


def test_that_a_gesture_given_twice_is_saved_once_and_tells_the_same(store: Store, plots):
    gesture, first = paint(store, plots, "Good")
    paint(store, plots[:1], "Bad")
    again = store.gestures.record(gesture)
    assert again.written == first.written == 6
    assert dict(again.standing)[plots[0].plot_id].classification == "Bad"
    assert [entry.after for entry in store.labels.history(plots[0].plot_id)] == ["Good", "Bad"]


def test_that_saying_what_counts_already_writes_nothing_but_another_persons_word_does(store: Store, plots):
    paint(store, plots[:1], "Good")
    assert paint(store, plots[:1], "Good")[1].written == 0
    assert paint(store, plots[:1], "Good", "bob")[1].written == 1
    assert paint(store, plots[1:2], None)[1].written == 0


def test_that_an_erased_label_counts_nowhere_and_its_history_stays(store: Store, plots):
    paint(store, plots[:2], "Good")
    _, recorded = paint(store, plots[:1], None)
    assert dict(recorded.standing) == {plots[0].plot_id: None}
    assert [item.plot for item in store.labels.latest(KIND)] == [plots[1]]
    assert [(entry.before, entry.after) for entry in store.labels.history(plots[0].plot_id)] == [
        (None, "Good"),
        ("Good", None),
    ]
    assert plots[0].plot_id in listed(store)
    store.labels.add_many([NewLabel(plots[0].plot_id, "Bad", "carl", "import")])
    assert store.labels.history(plots[0].plot_id)[-1].before is None


def test_that_a_foreign_or_unknown_plot_saves_nothing_of_the_gesture(store: Store, plots):
    other = commit_one(store, 99, plot_type="TOF_bars")
    with pytest.raises(UnknownNameError, match=f"no plot {other.plot_id} of this plot type"):
        paint(store, [plots[0], other], "Good")
    assert store.labels.history(plots[0].plot_id) == []
    assert store.gestures.steps(KIND, "ann") == []


def test_that_undo_and_redo_are_entries_of_their_own_and_survive_a_restart(store: Store, plots):
    first, _ = paint(store, plots[:2], "Good")
    second, _ = paint(store, plots[:1], "Bad")
    undone, recorded = take_back(store, second.key)
    assert recorded.passed_over == ()
    assert label_of(store, plots[0]) == "Good"
    steps = steps_of(store.gestures.steps(KIND, "ann"))
    assert (steps.undo, steps.redo) == ((first.key,), (undone,))
    redone, _ = take_back(store, undone, how=LabelHow.REDONE)
    assert label_of(store, plots[0]) == "Bad"
    steps = steps_of(store.gestures.steps(KIND, "ann"))
    assert (steps.undo, steps.redo) == ((first.key, redone), ())
    take_back(store, redone)
    take_back(store, first.key)
    assert [label_of(store, plot) for plot in plots[:2]] == [None, None]
    assert [entry.after for entry in store.labels.history(plots[0].plot_id)] == [
        "Good", "Bad", "Good", "Bad", "Good", None,
    ]  # fmt: skip


def test_that_undo_leaves_alone_what_somebody_else_said_since(store: Store, plots):
    mine, _ = paint(store, plots[:2], "Good")
    paint(store, plots[:1], "Bad", "bob")
    _, recorded = take_back(store, mine.key)
    assert recorded.passed_over == (plots[0].plot_id,)
    assert [label_of(store, plot) for plot in plots[:2]] == ["Bad", None]


def test_that_a_repeated_undo_takes_back_once(store: Store, plots):
    paint(store, plots[:1], "Good")
    mine, _ = paint(store, plots[:1], "Bad")
    reversal = Reversal(uuid.uuid4(), KIND, "ann", START, mine.key, LabelHow.UNDONE)
    store.gestures.revert(reversal)
    assert store.gestures.revert(reversal).passed_over == ()
    assert [entry.after for entry in store.labels.history(plots[0].plot_id)] == ["Good", "Bad", "Good"]
    with pytest.raises(UnknownNameError, match="Nothing was changed"):
        take_back(store, uuid.uuid4())


def test_that_steps_are_a_persons_own(store: Store, plots):
    mine, _ = paint(store, plots[:1], "Good")
    paint(store, plots[1:2], "Good", "bob")
    assert [step.key for step in store.gestures.steps(KIND, "ann")] == [mine.key]


def test_that_plots_are_listed_by_time_by_doubt_and_by_lot(store: Store, plots):
    ids = [plot.plot_id for plot in plots]
    assert listed(store) == tuple(reversed(ids))
    model = put_in_force(store)
    doubts = dict(zip(ids, (0.99, 0.6, 0.1, 0.45, 0.93), strict=False))
    store.verdicts.record([judged(plot, model, doubts[plot.plot_id]) for plot in plots[:5]], OWNER)
    by_doubt = sorted(doubts, key=lambda number: max(doubts[number], 1 - doubts[number]))
    assert listed(store, order=PlotOrder.UNCERTAIN) == (*by_doubt, ids[5])
    by_lot = sorted(plots, key=lambda plot: plot.sha256)
    assert listed(store, order=PlotOrder.LOT) == tuple(plot.plot_id for plot in by_lot)


def test_that_a_listing_is_narrowed_by_label_person_and_runs(store: Store, plots):
    ids = [plot.plot_id for plot in plots]
    paint(store, plots[:2], "Good")
    paint(store, plots[2:3], "Bad", "bob")
    assert set(listed(store)) == set(ids[3:])
    assert set(listed(store, scope=LabelScope.ALL)) == set(ids)
    assert set(listed(store, scope=LabelScope.LABELLED)) == set(ids[:3])
    assert set(listed(store, scope=LabelScope.LABELLED, label="Good")) == set(ids[:2])
    assert set(listed(store, scope=LabelScope.LABELLED, labeller="bob")) == {ids[2]}
    assert listed(store, scope=LabelScope.LABELLED, label="Nonsense") == ()
    assert set(listed(store, scope=LabelScope.ALL, runs=((41, 42), (45, 45)))) == {ids[1], ids[2], ids[5]}
    with pytest.raises(UnknownNameError):
        store.labelling.listing(PlotQuery("nothing"))


def test_that_an_item_tells_label_and_guess_in_the_order_asked_for(store: Store, plots):
    model = put_in_force(store)
    store.verdicts.record([judged(plots[0], model, 0.8)], OWNER)
    paint(store, plots[:1], "Good")
    wanted = [plots[3].plot_id, plots[0].plot_id, 4711]
    [bare, full] = store.labelling.items(wanted)
    assert (bare.plot.plot_id, bare.label, bare.guess) == (plots[3].plot_id, None, None)
    assert (full.label.classification, full.label.who, full.label.how) == ("Good", "ann", "painted")
    assert (full.guess.classification, full.guess.confirmed) == ("Bad", True)
    assert full.guess.confidence == pytest.approx(0.8)


def test_that_the_palette_counts_what_counts_and_a_new_class_becomes_valid(store: Store, plots):
    store.classifications.ensure(["Good"], KIND)
    store.classifications.ensure(["LED"])
    paint(store, plots[:3], "Good")
    paint(store, plots[2:4], "Cosmic", "bob")
    paint(store, plots[:1], None)
    palette = store.labelling.palette(KIND)
    assert [one.name for one in palette.valid] == ["Good", "Cosmic"]
    assert [one.name for one in palette.others] == ["LED"]
    assert sorted((one.classification, one.who, one.count) for one in palette.counts) == [
        ("Cosmic", "bob", 2),
        ("Good", "ann", 1),
    ]
    assert palette.plots == 6


def test_that_the_chooser_counts_plots_and_labelled_ones(store: Store, plots):
    commit_one(store, 50, plot_type="TOF_bars")
    paint(store, plots[:3], "Good")
    paint(store, plots[:1], None)
    found = [(one.info.name, one.plots, one.labelled) for one in store.labelling.plot_types()]
    assert found == [(KIND, 6, 2), ("TOF_bars", 1, 0)]


def test_that_imported_plots_are_guessed_by_the_model_in_force_when_it_was_asked(store: Store):
    plot = store.intake.import_plots([new_plot(7)])[0].plot
    model = put_in_force(store)
    assert store.labelling.items([plot.plot_id])[0].guess is None
    store.verdicts.record([judged(plot, model, 0.7)], OWNER)
    assert store.labelling.items([plot.plot_id])[0].guess.classification == "Bad"
    assert store.labelling.listing(PlotQuery(KIND, PlotOrder.UNCERTAIN)).plot_ids == (plot.plot_id,)


def test_that_a_thousand_plots_are_one_gesture(store: Store):
    many = [item.plot for item in store.intake.import_plots([new_plot(number) for number in range(1200)])]
    gesture, recorded = paint(store, many, "Good")
    assert recorded.written == 1200
    assert store.gestures.record(gesture).written == 1200
    assert take_back(store, gesture.key)[1].written == 1200
    assert store.labels.latest(KIND) == []
