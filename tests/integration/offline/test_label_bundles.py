"""Label bundles on both databases: made, opened as a store, and refused with a clear word where they are not right."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.domain.errors import LabelBundleError, UnknownNameError
from backend.domain.label_bundles import SUFFIX, BundleRequest
from backend.domain.labelling import LabelScope, PlotOrder, PlotQuery, steps_of
from backend.domain.labels import Gesture, LabelEvent, LabelHow, Reversal
from backend.offline.applying import apply_bundle
from backend.offline.checking import bundle_url, check_bundle
from backend.offline.making import make_bundle
from backend.store import Store
from hydra_gui.options import SUFFIX as SUFFIX_OF_THE_WINDOW
from tests.fakes.offline import KIND, fill_hall, label, made_bundle, open_laptop
from tests.samples import judged, put_in_force


def test_that_a_bundle_holds_plots_images_guesses_palette_and_labels(store: Store, tmp_path: Path):
    plots = fill_hall(store, 8)
    store.verdicts.record([judged(plots[2], put_in_force(store))], "hall-d/1")
    label(store, plots[:3], "Bad", "expert")
    made = make_bundle(
        store,
        tmp_path / "take",
        BundleRequest((KIND,), LabelScope.ALL),
        who="expert",
        experiment="Hall D",
    )
    assert (made.manifest.plots, made.left_out, made.manifest.experiment) == (8, 0, "Hall D")
    with open_laptop(tmp_path / f"take{SUFFIX}", tmp_path) as laptop:
        query = PlotQuery(KIND, scope=LabelScope.ALL)
        assert laptop.labelling.listing(query).plot_ids == store.labelling.listing(query).plot_ids
        [item] = laptop.labelling.items([plots[2].plot_id])
        assert item.guess == store.labelling.items([plots[2].plot_id])[0].guess
        assert item.guess is not None
        assert (item.label.classification, item.label.who) == ("Bad", "expert")
        here, there = laptop.labelling.palette(KIND), store.labelling.palette(KIND)
        assert (here.valid, here.counts, here.plots) == (there.valid, there.counts, there.plots)
        assert all(laptop.blobs.get(plot.sha256) == store.blobs.get(plot.sha256) for plot in plots)
        assert laptop.counts().imported == 8


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'hall.db'}", tmp_path) as opened:
        yield opened


def test_that_filters_limit_and_order_choose_what_is_taken_along(hall: Store, tmp_path: Path):
    plots = fill_hall(hall, 10)
    label(hall, plots[:4], "Good", "expert")
    made = make_bundle(hall, tmp_path / "a", BundleRequest((KIND,), limit=3), who="x", experiment="Hall D")
    assert made.manifest.plots == 3
    with open_laptop(tmp_path / f"a{SUFFIX}", tmp_path) as laptop:
        assert laptop.labelling.listing(PlotQuery(KIND)).plot_ids == tuple(p.plot_id for p in plots[:-4:-1])
    lot = BundleRequest((KIND,), LabelScope.LABELLED, PlotOrder.LOT, runs=((40, 41),))
    assert make_bundle(hall, tmp_path / "b", lot, who="x", experiment="Hall D").manifest.plots == 4
    with pytest.raises(LabelBundleError, match="nothing to take along"):
        make_bundle(hall, tmp_path / "c", BundleRequest((KIND,), runs=((9, 9),)), who="x", experiment="Hall D")
    with pytest.raises(UnknownNameError):
        make_bundle(hall, tmp_path / "d", BundleRequest(("no_such_plot",)), who="x", experiment="Hall D")
    assert [path.name for path in tmp_path.glob("*take*")] == []
    assert list(tmp_path.glob(".*.part")) == []


def test_that_labelling_in_a_bundle_works_as_in_the_hall_and_stays_in_the_one_file(hall: Store, tmp_path: Path):
    plots = fill_hall(hall, 4)
    path = made_bundle(hall, tmp_path)
    with open_laptop(path, tmp_path) as laptop:
        gesture = label(laptop, plots[:2], "Bad", "laptop")
        assert [file.name for file in tmp_path.glob(f"*{SUFFIX}-*")] == []  # nothing lies beside the file
        copied = shutil.copy(path, tmp_path / "stick.bin")
        reversal = Reversal(uuid.uuid4(), KIND, "laptop", datetime.now(UTC), gesture.key, LabelHow.UNDONE)
        laptop.gestures.revert(reversal)
        steps = steps_of(laptop.gestures.steps(KIND, "laptop"))
        assert steps.redo == (reversal.key,)
    with open_laptop(Path(copied), tmp_path) as stick:
        assert [item.label for item in stick.labels.latest(KIND)] == ["Bad", "Bad"]


def test_that_a_missing_image_leaves_out_its_plot_only(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'hall.db'}", tmp_path) as store:
        plots = fill_hall(store, 5)
        name = plots[1].sha256
        (tmp_path / "blobs" / name[:2] / name[2:]).unlink()
        made = make_bundle(store, tmp_path / "a", BundleRequest((KIND,)), who="x", experiment="Hall D")
        assert (made.manifest.plots, made.left_out) == (4, 1)


def test_that_making_can_be_ended_and_never_covers_a_file(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'hall.db'}", tmp_path) as store:
        fill_hall(store, 3)
        request = BundleRequest((KIND,))
        with pytest.raises(LabelBundleError, match="as you wished"):
            make_bundle(store, tmp_path / "a", request, who="x", experiment="H", on_progress=lambda done, of: False)
        assert list(tmp_path.glob("*a*.part")) == []
        path = made_bundle(store, tmp_path)
        with pytest.raises(LabelBundleError, match="exists already"):
            make_bundle(store, path, request, who="x", experiment="H")
        with pytest.raises(LabelBundleError, match="no folder"):
            make_bundle(store, tmp_path / "nowhere" / "a", request, who="x", experiment="H")
        with open_laptop(path, tmp_path) as laptop, pytest.raises(LabelBundleError, match="a label bundle itself"):
            make_bundle(laptop, tmp_path / "b", request, who="x", experiment="H")


# Untrusted input.


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A hall's database and a bundle of it, with a label given on a laptop."""
    place = tmp_path_factory.mktemp("pristine")
    with Store.open(f"sqlite:///{place / 'hall.db'}", place) as store:
        plots = fill_hall(store, 40)
        label(store, plots[:5], "Good", "expert")
        path = made_bundle(store, place, LabelScope.ALL)
    with open_laptop(path, place) as laptop:
        label(laptop, plots[:30], "Bad", "laptop")
    return place / "hall.db", path


@pytest.fixture
def bundle(pristine: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copy(pristine[1], tmp_path / pristine[1].name))


def edit(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def forged(**cells: str) -> str:
    """A statement that adds an entry to the label history, in which some cells are not what they should be."""
    names = ("ticket", "who", "at", "plot_id", "plot_type_id", "label_after", "how", "comment")
    usual = {"ticket": "lower(hex(randomblob(16)))"}
    values = ", ".join(cells.get(name, usual.get(name, name)) for name in names)
    columns = ", ".join(names)
    return f"INSERT INTO label_events ({columns}) SELECT {values} FROM label_events WHERE id = 1"


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["UPDATE classifications SET name = 'Swapped' WHERE name = 'Good'"], "edited since"),
        (["UPDATE plots SET run_id = run_id + 1 WHERE id = 1"], "edited since|names rows"),
        (["UPDATE plots SET sha256 = zeroblob(32) WHERE id = 1"], "edited since"),
        (["UPDATE plots SET taken_at = 'yesterday' WHERE id = 1"], "damaged|edited"),
        (["DROP TRIGGER label_bundles_no_update", "UPDATE label_bundles SET manifest = '{}'"], "tables in"),
        (["CREATE TRIGGER evil AFTER INSERT ON label_events BEGIN DELETE FROM plots; END"], "tables in"),
        (["CREATE VIEW evil AS SELECT load_extension('x')"], "tables in"),
        (["ALTER TABLE plots ADD COLUMN more TEXT"], "tables in"),
        (["UPDATE alembic_version SET version_num = '9999'"], "newer version"),
        (["DELETE FROM alembic_version"], "newer version"),
        (["PRAGMA application_id = 7"], "no label bundle"),
        ([forged(ticket="'x'")], "edited or is damaged"),
        ([forged(label_after="4711")], "no class 4711"),
        ([forged(at="'noon'")], "edited"),
        ([forged(who="''")], "edited"),
        ([forged(how="'sworn'")], "edited"),
        ([forged(plot_id="99999")], "names rows"),
    ],
)  # fmt: skip
def test_that_an_edited_bundle_is_refused_with_a_clear_word(bundle: Path, statements: list[str], said: str):
    edit(bundle, *statements)
    with pytest.raises(LabelBundleError, match=said) as error:
        check_bundle(bundle)
    assert "Nothing was changed" in str(error.value)


def test_that_a_file_that_is_no_bundle_or_cut_short_is_refused(bundle: Path, tmp_path: Path):
    for name, data, said in (
        ("empty", b"", "no label bundle"),
        ("text", b"path,plot_type,run\n" * 40, "no label bundle"),
        ("cut", bundle.read_bytes()[: bundle.stat().st_size // 2], "cut short"),
    ):
        path = tmp_path / f"{name}{SUFFIX}"
        path.write_bytes(data)
        with pytest.raises(LabelBundleError, match=said):
            check_bundle(path)
    with pytest.raises(LabelBundleError, match="There is no file"):
        check_bundle(tmp_path / "nowhere.hydralabels")
    with pytest.raises(LabelBundleError, match="cannot be read"):
        check_bundle(tmp_path)


def test_that_damage_anywhere_is_told_or_harms_an_image_only(pristine: tuple[Path, Path], bundle: Path, tmp_path: Path):
    """Pages overwritten one after the other: refused, or everything but an image is as it was. Never anything else."""
    whole = bundle.read_bytes()
    states = set()
    for start in range(4096, len(whole), 4096 * 3):
        bundle.write_bytes(whole[:start] + b"\xa5" * 700 + whole[start + 700 :])
        try:
            state = check_bundle(bundle)
        except LabelBundleError:
            states.add("refused")
            continue
        assert (state.labels, state.manifest.plots) == (30, 40)
        states.add("sound")
    assert "refused" in states


def test_that_what_can_be_read_of_a_damaged_bundle_is_saved_on_demand(
    pristine: tuple[Path, Path], bundle: Path, tmp_path: Path
):
    edit(bundle, "UPDATE classifications SET colour = '#ffffff'")
    edit(bundle, forged(ticket="'x'"))
    place = tmp_path / "hall"
    shutil.copytree(pristine[0].parent, place)
    with Store.open(f"sqlite:///{place / 'hall.db'}", place) as store:
        with pytest.raises(LabelBundleError):
            apply_bundle(store, bundle)
        done = apply_bundle(store, bundle, salvage=True)
        assert done.written == 30
        assert "makes no sense" in done.refused[0]
        assert apply_bundle(store, bundle, salvage=True).written == 0


def test_that_a_bundle_of_another_hall_or_one_the_hall_does_not_know_is_refused(
    pristine: tuple[Path, Path], bundle: Path, tmp_path: Path
):
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}", tmp_path) as other:
        fill_hall(other, 40)
        with pytest.raises(LabelBundleError, match="another hall"):
            apply_bundle(other, bundle)
    hall = shutil.copy(pristine[0], tmp_path / "hall.db")
    edit(Path(hall), "DROP TRIGGER label_bundles_no_delete", "DELETE FROM label_bundles")
    with Store.open(f"sqlite:///{hall}", tmp_path) as older:
        with pytest.raises(LabelBundleError, match="does not know it"):
            apply_bundle(older, bundle)
        assert apply_bundle(older, bundle, salvage=True).written == 30


def test_that_a_bundle_is_known_by_its_content_and_both_names_of_the_suffix_agree(bundle: Path, tmp_path: Path):
    renamed = bundle.rename(tmp_path / "labels with % and ?.db")
    assert check_bundle(renamed).manifest.plots == 40
    with Store.open(bundle_url(renamed), tmp_path) as laptop:
        assert len(laptop.labels.latest(KIND)) == 30
    assert SUFFIX == SUFFIX_OF_THE_WINDOW


def test_that_a_gesture_larger_than_a_portion_is_brought_whole(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'hall.db'}", tmp_path) as store:
        plots = fill_hall(store, 450)
        path = made_bundle(store, tmp_path)
        with open_laptop(path, tmp_path) as laptop:
            events = tuple(LabelEvent(plot.plot_id, "Good", LabelHow.KEYED) for plot in plots)
            laptop.gestures.record(Gesture(uuid.uuid4(), KIND, "laptop", datetime.now(UTC), events))
        assert apply_bundle(store, path).written == 450
        assert len(steps_of(store.gestures.steps(KIND, "laptop")).undo) == 1
