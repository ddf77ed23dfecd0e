import csv
from pathlib import Path

import pytest

from backend.domain.errors import UnknownNameError
from backend.domain.labels import NewLabel
from backend.domain.plots import PlotState
from backend.services.label_export import export_labels
from backend.services.labels import LabelImport, import_labels
from backend.store import Store
from tests.fakes.image_files import encoded

HEADER = "path,plot_type,run,chunk,label"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "labelled"
    (place / "RunPeriod-2026-11" / "Run000007").mkdir(parents=True)
    return place


def write_image(folder: Path, number: int) -> str:
    path = f"RunPeriod-2026-11/Run000007/CDC_occupancy_{number:04d}.png"
    (folder / path).write_bytes(encoded(seed=number))
    return path


def label_file(folder: Path, *rows: str) -> Path:
    file = folder / "labels.csv"
    file.write_text("\n".join((HEADER, *rows)) + "\n")
    return file


def label_ten(folder: Path) -> Path:
    rows = [f"{write_image(folder, n)},CDC_occupancy,7,{n},{'Bad' if n % 3 == 0 else 'Good'}" for n in range(10)]
    return label_file(folder, *rows)


def labels_of(store: Store, plot_type: str = "CDC_occupancy") -> dict[int | None, str]:
    return {item.plot.identity.chunk: item.label for item in store.labels.latest(plot_type)}


def test_that_labels_and_images_are_taken_in(store: Store, folder: Path) -> None:
    done = import_labels(store, label_ten(folder), who="expert")
    assert (done.labelled, done.new_plots, done.rejected) == (10, 10, [])
    assert done.by_label == {"Good": 6, "Bad": 4}
    found = store.labels.latest("CDC_occupancy")
    assert labels_of(store) == {n: "Bad" if n % 3 == 0 else "Good" for n in range(10)}
    assert {item.who for item in found} == {"expert"}
    assert {item.plot.state for item in found} == {PlotState.IMPORTED}
    assert {item.plot.identity.run_period for item in found} == {"RunPeriod-2026-11"}
    assert (
        store.blobs.get(found[0].plot.sha256)
        == (folder / "RunPeriod-2026-11/Run000007")
        .joinpath(f"CDC_occupancy_{found[0].plot.identity.chunk:04d}.png")
        .read_bytes()
    )


def test_that_importing_again_adds_nothing(store: Store, folder: Path) -> None:
    file = label_ten(folder)
    import_labels(store, file, who="expert")
    again = import_labels(store, file, who="expert")
    assert (again.labelled, again.new_plots, again.unchanged) == (0, 0, 10)
    assert [len(store.labels.history(item.plot.plot_id)) for item in store.labels.latest("CDC_occupancy")] == [1] * 10


def test_that_a_later_correction_is_not_undone_by_importing_again(store: Store, folder: Path) -> None:
    file = label_ten(folder)
    import_labels(store, file, who="expert")
    plot = store.labels.latest("CDC_occupancy")[0].plot
    store.labels.add_many([NewLabel(plot.plot_id, "NoData", "somebody", "grid")])
    again = import_labels(store, file, who="expert")
    assert (again.labelled, again.unchanged, again.superseded) == (0, 9, 1)
    assert labels_of(store)[plot.identity.chunk] == "NoData"


def test_that_a_corrected_file_corrects_the_labels(store: Store, folder: Path) -> None:
    import_labels(store, label_ten(folder), who="expert")
    path = "RunPeriod-2026-11/Run000007/CDC_occupancy_0003.png"
    done = import_labels(store, label_file(folder, f"{path},CDC_occupancy,7,3,HotChannel"), who="expert")
    assert done.labelled == 1
    assert labels_of(store)[3] == "HotChannel"


def test_that_bad_rows_are_reported_by_line_and_the_others_go_on(store: Store, folder: Path) -> None:
    good = write_image(folder, 1)
    (folder / "text.png").write_text("no image")
    (folder / "empty.png").touch()
    file = label_file(
        folder,
        "gone.png,CDC_occupancy,7,,Good",
        "text.png,CDC_occupancy,7,,Good",
        "empty.png,CDC_occupancy,7,,Good",
        "x.png,CDC_occupancy,seven,,Good",
        f"{good},CDC_occupancy,7,1,Good",
        f"{good},CDC_occupancy,7,1,Bad",
        ".,CDC_occupancy,7,,Good",
    )
    done = import_labels(store, file, who="expert")
    assert done.labelled == 1
    reasons = {row.line: row.reason for row in done.rejected}
    assert sorted(reasons) == [2, 3, 4, 5, 7, 8]
    assert "No such file" in reasons[2]
    assert "not an image" in reasons[3]
    assert "empty" in reasons[4]
    assert "seven" in reasons[5]
    assert "twice" in reasons[7]
    assert labels_of(store) == {1: "Good"}


def test_that_unknown_labels_become_classifications_of_the_plot_type(store: Store, folder: Path) -> None:
    import_labels(store, label_file(folder, f"{write_image(folder, 1)},CDC_occupancy,7,1,Sparkling"), who="expert")
    assert "Sparkling" in {item.name for item in store.classifications.all("CDC_occupancy")}


def test_that_only_the_chosen_runs_are_imported(store: Store, folder: Path) -> None:
    rows = [f"{write_image(folder, n)},CDC_occupancy,{n},,Good" for n in range(6)]
    done = import_labels(store, label_file(folder, *rows), who="expert", runs=lambda run: run % 2 == 0)
    assert done.labelled == 3
    assert {item.plot.identity.run for item in store.labels.latest("CDC_occupancy")} == {0, 2, 4}


def test_that_progress_is_told_batch_by_batch(store: Store, folder: Path) -> None:
    rows = [f"{write_image(folder, n)},CDC_occupancy,7,{n},Good" for n in range(130)]
    seen: list[int] = []

    def note(state: LabelImport) -> None:
        seen.append(state.rows)

    import_labels(store, label_file(folder, *rows), who="expert", on_progress=note)
    assert seen == [64, 128, 130]


def test_that_paths_may_be_relative_to_another_folder(store: Store, folder: Path, tmp_path: Path) -> None:
    path = write_image(folder, 1)
    file = tmp_path / "elsewhere.csv"
    file.write_text(f"{HEADER}\n{path},CDC_occupancy,7,1,Good\n")
    assert import_labels(store, file, who="expert", root=folder).labelled == 1


def test_that_an_export_can_be_imported_elsewhere(store: Store, folder: Path, tmp_path: Path) -> None:
    import_labels(store, label_ten(folder), who="expert")
    file = tmp_path / "out" / "labels.csv"
    assert export_labels(store, file, images=True) == 10
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "other") as other:
        assert import_labels(other, file, who="somebody").labelled == 10
        assert labels_of(other) == labels_of(store)
        assert {i.plot.identity for i in other.labels.latest("CDC_occupancy")} == {
            i.plot.identity for i in store.labels.latest("CDC_occupancy")
        }


def test_that_an_export_without_images_writes_only_the_table(store: Store, folder: Path, tmp_path: Path) -> None:
    import_labels(store, label_ten(folder), who="expert")
    file = tmp_path / "out" / "labels.csv"
    export_labels(store, file, plot_types=("CDC_occupancy",))
    assert list(file.parent.iterdir()) == [file]
    with file.open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 10


def test_that_an_unknown_plot_type_exports_nothing(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "out" / "labels.csv"
    with pytest.raises(UnknownNameError):
        export_labels(store, file, plot_types=("None",))
    assert list(file.parent.iterdir()) == []
