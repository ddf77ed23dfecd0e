"""Labels of a bundle in the hall: each once, nobody's covered, disagreements settled by people."""

from __future__ import annotations

import shutil
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.domain.errors import StoreUnavailableError
from backend.domain.labelling import steps_of
from backend.domain.labels import Gesture, LabelEvent, LabelHow, NewLabel, Reversal
from backend.domain.plots import Plot
from backend.offline.applying import apply_bundle
from backend.offline.disagreeing import disagreements
from backend.offline.merging import merge
from backend.store import Store
from tests.fakes.offline import KIND, fill_hall, label, made_bundle, open_laptop


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """What concerns the server is tried in `test_bundles_and_a_server`."""
    return f"sqlite:///{tmp_path / 'hall.db'}"


@pytest.fixture
def plots(store: Store) -> list[Plot]:
    return fill_hall(store, 8)


@pytest.fixture
def path(store: Store, plots: list[Plot], tmp_path: Path) -> Path:
    label(store, plots[6:], "Good", "expert")
    return made_bundle(store, tmp_path)


def counts(store: Store, plot: Plot) -> tuple[str, str] | None:
    said = store.labelling.items([plot.plot_id])[0].label
    return (said.classification, said.who) if said else None


def undo(store: Store, gesture: Gesture | Reversal, who: str, how: LabelHow = LabelHow.UNDONE) -> Reversal:
    reversal = Reversal(uuid.uuid4(), KIND, who, datetime.now(UTC), gesture.key, how)
    store.gestures.revert(reversal)
    return reversal


def settle(store: Store, plot: Plot, word: str | None, who: str) -> Gesture:
    gesture = Gesture(
        uuid.uuid4(), KIND, who, datetime.now(UTC), (LabelEvent(plot.plot_id, word, LabelHow.SETTLED, "looked twice"),)
    )
    store.gestures.record(gesture)
    return gesture


def test_that_each_label_comes_once_with_who_when_how_and_the_way_back(store: Store, plots, path: Path, tmp_path: Path):
    with open_laptop(path, tmp_path) as laptop:
        first = label(laptop, plots[:3], "Bad", "laptop")
        label(laptop, plots[6:7], "Noisy", "laptop", LabelHow.KEYED)
        undo(laptop, first, "laptop")
        again = label(laptop, plots[:2], "Bad", "laptop")
    done = apply_bundle(store, path)
    assert (done.given, done.written, done.disagreements, done.refused) == (9, 9, 0, ())
    repeated = apply_bundle(store, path)
    assert (repeated.written, repeated.known) == (0, 9)
    assert [counts(store, plot) for plot in plots[:3]] == [("Bad", "laptop"), ("Bad", "laptop"), None]
    assert counts(store, plots[6]) == ("Noisy", "laptop")
    assert [entry.how for entry in store.labels.history(plots[0].plot_id)] == ["painted", "undone", "painted"]
    steps = steps_of(store.gestures.steps(KIND, "laptop"))
    assert steps.undo[-1] == again.key
    assert undo(store, again, "laptop")
    assert counts(store, plots[0]) is None
    assert disagreements(store) == []


def test_that_a_label_the_bundle_could_not_know_goes_on_counting_and_both_are_shown(
    store: Store, plots, path: Path, tmp_path: Path
):
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:3], "Bad", "laptop")
        label(laptop, plots[6:7], "Bad", "laptop")
    label(store, plots[:1], "Good", "expert")
    label(store, plots[1:2], "Bad", "expert")
    label(store, plots[6:7], None, "expert")
    assert apply_bundle(store, path).disagreements == 2
    assert counts(store, plots[0]) == ("Good", "expert")
    assert counts(store, plots[1]) == ("Bad", "laptop")
    assert counts(store, plots[2]) == ("Bad", "laptop")
    assert counts(store, plots[6]) is None
    found = {one.plot.plot_id: one.dispute for one in disagreements(store, KIND)}
    assert set(found) == {plots[0].plot_id, plots[6].plot_id}
    dispute = found[plots[0].plot_id]
    assert (dispute.counts.label, dispute.counts.who) == ("Good", "expert")
    assert (dispute.late.label, dispute.late.who) == ("Bad", "laptop")
    assert found[plots[6].plot_id].counts.label is None
    apply_bundle(store, path)
    assert len(disagreements(store)) == 2


def test_that_settling_is_a_label_that_can_be_undone_and_is_not_covered_later(
    store: Store, plots, path: Path, tmp_path: Path
):
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:1], "Bad", "laptop")
    label(store, plots[:1], "Good", "expert")
    apply_bundle(store, path)
    settled = settle(store, plots[0], "Good", "expert")
    assert disagreements(store) == []
    assert store.labels.history(plots[0].plot_id)[-1].comment == "looked twice"
    undo(store, settled, "expert")
    assert len(disagreements(store)) == 1
    settle(store, plots[0], "Bad", "coordinator")
    assert counts(store, plots[0]) == ("Bad", "coordinator")
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:1], "Noisy", "laptop")
    assert apply_bundle(store, path).disagreements == 1
    assert counts(store, plots[0]) == ("Bad", "coordinator")


def test_that_what_was_taken_back_disputes_nothing(store: Store, plots, path: Path, tmp_path: Path):
    with open_laptop(path, tmp_path) as laptop:
        undo(laptop, label(laptop, plots[:1], "Bad", "laptop"), "laptop")
        label(laptop, plots[1:2], "Bad", "laptop")
    label(store, plots[:1], "Good", "expert")
    undo(store, label(store, plots[1:2], "Good", "expert"), "expert")
    assert apply_bundle(store, path).disagreements == 0
    assert counts(store, plots[0]) == ("Good", "expert")
    assert counts(store, plots[1]) == ("Bad", "laptop")
    assert disagreements(store) == []


def test_that_a_change_of_mind_away_from_the_hall_never_covers_what_the_hall_said(
    store: Store, plots, path: Path, tmp_path: Path
):
    """First the same label as the hall's, which is brought; then, still without knowing of the hall's, another."""
    label(store, plots[:1], "Good", "expert")
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:1], "Good", "laptop")
    assert apply_bundle(store, path).disagreements == 0
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:1], "Bad", "laptop")
    assert apply_bundle(store, path).disagreements == 1
    assert counts(store, plots[0]) == ("Good", "expert")
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:1], "Good", "laptop")
    assert apply_bundle(store, path).disagreements == 0
    assert disagreements(store) == []


def test_that_two_laptops_with_copies_of_one_bundle_are_two_people(store: Store, plots, path: Path, tmp_path: Path):
    other = Path(shutil.copy(path, tmp_path / "copy.hydralabels"))
    for file, word, who in ((path, "Bad", "ann"), (other, "Noisy", "bea")):
        with open_laptop(file, tmp_path) as laptop:
            label(laptop, plots[:1], word, who)
    assert [apply_bundle(store, file).disagreements for file in (path, other, path, other)] == [0, 1, 0, 0]
    assert counts(store, plots[0]) == ("Bad", "ann")
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:1], "Good", "ann")
    assert apply_bundle(store, path).disagreements == 0
    assert counts(store, plots[0]) == ("Good", "ann")
    [left] = disagreements(store)
    assert (left.dispute.counts.label, left.dispute.late.label) == ("Good", "Noisy")


def test_that_an_earlier_copy_brought_later_changes_nothing(store: Store, plots, path: Path, tmp_path: Path):
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:4], "Bad", "laptop")
    early = Path(shutil.copy(path, tmp_path / "early.hydralabels"))
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:2], "Noisy", "laptop")
    assert apply_bundle(store, path).written == 6
    assert apply_bundle(store, early).written == 0
    assert [counts(store, plot) for plot in plots[1:3]] == [("Noisy", "laptop"), ("Bad", "laptop")]


def test_that_clocks_that_are_wrong_order_nothing(store: Store, plots, path: Path, tmp_path: Path):
    wrong = datetime.now(UTC) + timedelta(days=4000)
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[:1], "Bad", "laptop", at=wrong)
        label(laptop, plots[:1], "Noisy", "laptop", at=datetime(1999, 1, 1, tzinfo=UTC))
    before = datetime.now(UTC)
    apply_bundle(store, path)
    first, second = store.labels.history(plots[0].plot_id)
    assert (first.after, second.after, counts(store, plots[0])) == ("Bad", "Noisy", ("Noisy", "laptop"))
    assert before <= first.at <= datetime.now(UTC)
    assert second.at.year == 1999


def test_that_a_broken_way_home_loses_nothing(
    store: Store, plots, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The connection drops after a portion was committed and before that was known, and again in mid-portion."""
    with open_laptop(path, tmp_path) as laptop:
        for plot in plots[:6]:
            label(laptop, [plot], "Bad", "laptop")
    monkeypatch.setattr("backend.offline.applying._PORTION", 2)
    calls = []

    def breaks(connection, portion):
        done = merge(connection, portion)
        calls.append(done.written)
        if len(calls) == 2:
            raise StoreUnavailableError("gone")
        return done

    monkeypatch.setattr("backend.offline.applying.merge", breaks)
    with pytest.raises(StoreUnavailableError):
        apply_bundle(store, path)
    assert sum(counts(store, plot) is not None for plot in plots[:6]) == 2
    done = apply_bundle(store, path)
    assert (done.written, done.known) == (4, 2)
    assert all(counts(store, plot) == ("Bad", "laptop") for plot in plots[:6])


def test_that_new_classes_and_labels_without_a_gesture_come_along(store: Store, plots, path: Path, tmp_path: Path):
    with open_laptop(path, tmp_path) as laptop:
        laptop.labels.add_many([NewLabel(plots[0].plot_id, "HotChannel", "script", "import", "from a list")])
    assert apply_bundle(store, path).written == 1
    assert counts(store, plots[0]) == ("HotChannel", "script")
    assert "HotChannel" in [one.name for one in store.classifications.all(KIND)]


def test_that_saying_again_what_the_label_was_is_an_opinion_taking_back_is_none(
    store: Store, plots, path: Path, tmp_path: Path
):
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, plots[6:7], "Good", "laptop")  # as it was before
        label(laptop, plots[:1], "Bad", "laptop")
        label(laptop, plots[:1], None, "laptop")
    label(store, plots[6:7], "Bad", "expert")
    label(store, plots[:1], "Good", "expert")
    assert apply_bundle(store, path).disagreements == 1
    [found] = disagreements(store)
    assert (found.plot.plot_id, found.dispute.late.label) == (plots[6].plot_id, "Good")
    assert counts(store, plots[0]) == ("Good", "expert")


def test_that_plots_the_hall_does_not_have_are_told_and_the_others_come(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'hall.db'}", tmp_path) as store:
        plots = fill_hall(store, 3)
    before = shutil.copy(tmp_path / "hall.db", tmp_path / "older.db")
    with Store.open(f"sqlite:///{tmp_path / 'hall.db'}", tmp_path) as store:
        more = fill_hall(store, 6)
        path = made_bundle(store, tmp_path)
    with open_laptop(path, tmp_path) as laptop:
        label(laptop, [*plots, *more[3:]], "Good", "laptop")
    with Store.open(f"sqlite:///{before}", tmp_path) as older:
        done = apply_bundle(older, path, salvage=True)
        assert (done.written, done.refused) == (3, ("3 labels are of plots that this hall does not have",))
