import pytest

from backend.domain.errors import UnknownNameError
from backend.domain.labels import NewLabel
from backend.store import Store
from tests.samples import commit_one, new_plot


def label(plot, name: str, who: str = "a", how: str = "grid", comment: str = "") -> NewLabel:
    return NewLabel(plot.plot_id, name, who, how, comment)


def test_that_the_latest_label_counts_and_all_are_kept(store: Store):
    plot = commit_one(store)
    assert store.labels.add_many([label(plot, "Good"), label(plot, "Bad", "b", "keyboard", "hot board")]) == 2
    [latest] = store.labels.latest("CDC_occupancy")
    assert (latest.plot, latest.label, latest.who) == (plot, "Bad", "b")
    assert [
        (entry.before, entry.after, entry.who, entry.how, entry.comment) for entry in store.labels.history(plot.plot_id)
    ] == [(None, "Good", "a", "grid", ""), ("Good", "Bad", "b", "keyboard", "hot board")]


def test_that_an_import_may_be_repeated(store: Store):
    plots = [item.plot for item in store.intake.import_plots([new_plot(number) for number in range(1200)])]
    labels = [label(plot, "Good" if plot.plot_id % 3 else "Bad", how="import") for plot in plots]
    assert store.labels.add_many(labels) == 1200
    assert store.labels.add_many(labels) == 0
    assert len(store.labels.latest("CDC_occupancy")) == 1200
    assert len(store.labels.history(plots[0].plot_id)) == 1


def test_that_a_second_person_with_the_same_opinion_is_kept(store: Store):
    plot = commit_one(store)
    assert store.labels.add_many([label(plot, "Good", "a"), label(plot, "Good", "b")]) == 2
    assert [entry.who for entry in store.labels.history(plot.plot_id)] == ["a", "b"]


def test_that_labels_are_listed_for_their_plot_type_only_in_order_of_plots(store: Store):
    plots = [commit_one(store, number, plot_type=name) for number, name in enumerate(["A", "B", "A"])]
    store.labels.add_many([label(plot, "Good") for plot in reversed(plots)])
    assert [item.plot.plot_id for item in store.labels.latest("A")] == [plots[0].plot_id, plots[2].plot_id]


def test_that_a_new_class_becomes_valid_for_the_plot_type_and_others_do_not(store: Store):
    plots = [commit_one(store, number, plot_type=name) for number, name in enumerate(["A", "B"])]
    store.labels.add_many([label(plots[0], "Amorphous"), label(plots[1], "Good")])
    assert [one.name for one in store.classifications.all("A")] == ["Amorphous"]
    assert [one.name for one in store.classifications.all("B")] == ["Good"]


def test_that_labelling_an_unknown_plot_adds_none_of_the_labels(store: Store):
    plot = commit_one(store)
    with pytest.raises(UnknownNameError, match="no plot 4711"):
        store.labels.add_many([label(plot, "Good"), NewLabel(4711, "Good", "a", "grid")])
    assert store.labels.history(plot.plot_id) == []
    with pytest.raises(UnknownNameError, match="names differ by case"):
        store.labels.latest("cdc_occupancy")
    assert store.labels.add_many([]) == 0
