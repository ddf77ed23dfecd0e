from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.config import InferenceSection
from backend.domain.classifications import DEFAULT_CLASSIFICATIONS
from backend.domain.errors import BundleError, UnknownNameError
from backend.services.bundles import register_bundle
from backend.services.classify import FileClassifier, FileVerdict, image_files
from backend.services.model_choice import bundle_of_file, choose_from_store
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.bundles import make_bundle, make_packed
from tests.fakes.plots import write_plots

KNOWN = {item.name: item for item in DEFAULT_CLASSIFICATIONS}


@pytest.fixture
def inference(tmp_path: Path) -> InferenceSection:
    return InferenceSection(threads=2, batch=4, cache_dir=tmp_path / "cache")


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as opened:
        yield opened


def words(results: list[FileVerdict]) -> list[str]:
    return [result.verdict.classification if result.verdict else result.trouble for result in results]


def test_that_files_are_judged_by_the_models_in_force_in_their_order(
    embedded: Store, inference: InferenceSection, tmp_path: Path
) -> None:
    for name in ("CDC_occupancy", "FDC_hits"):
        activate_bundle(embedded, tmp_path / "bundles", name)
    files = write_plots(tmp_path / "plots", ["CDC_occupancy", "FDC_hits", "CDC_occupancy"], 30)
    choice = choose_from_store(embedded, inference, None)
    results = list(FileClassifier(choice, KNOWN, threads=2, batch=4).run(files))
    assert [result.path for result in results] == files
    assert words(results) == ["Bad" if n % 2 else "Good" for n in range(30)]
    assert all(result.verdict and result.verdict.confirmed for result in results)
    assert all(abs(sum(dict(result.probabilities).values()) - 1) < 1e-4 for result in results)


def test_that_a_file_that_cannot_be_judged_says_why_and_the_others_go_on(
    embedded: Store, inference: InferenceSection, tmp_path: Path
) -> None:
    activate_bundle(embedded, tmp_path / "bundles", "CDC_occupancy")
    good, orphan = write_plots(tmp_path / "plots", ["CDC_occupancy", "Unknown"], 2)
    text, nameless = tmp_path / "CDC_occupancy.png", tmp_path / "0001.png"
    text.write_text("text")
    nameless.write_bytes(good.read_bytes())
    choice = choose_from_store(embedded, inference, None)
    files = [text, orphan, nameless, tmp_path / "CDC_occupancy_9.png", good]
    found = words(list(FileClassifier(choice, KNOWN).run(files)))
    assert found[0].startswith("not an image")
    assert found[1] == "no model judges this plot type"
    assert found[2].startswith("name is not a plot name")
    assert found[3] == "cannot be read: No such file or directory"
    assert found[4] == "Good"


def test_that_a_registered_model_may_be_named(embedded: Store, inference: InferenceSection, tmp_path: Path) -> None:
    make_bundle(tmp_path / "bundle", "CDC_occupancy")
    number = register_bundle(embedded, tmp_path / "bundle", "tests")
    files = write_plots(tmp_path / "plots", ["Whatever"], 2)
    choice = choose_from_store(embedded, inference, number)
    assert words(list(FileClassifier(choice, KNOWN).run(files))) == ["Good", "Bad"]
    with pytest.raises(UnknownNameError):
        choose_from_store(embedded, inference, number + 1)


@pytest.mark.parametrize("packed", [False, True])
def test_that_a_bundle_needs_no_store(packed: bool, inference: InferenceSection, tmp_path: Path) -> None:
    _, data = make_packed(tmp_path / "bundle", "CDC_occupancy")
    (tmp_path / "bundle.zip").write_bytes(data)
    files = write_plots(tmp_path / "plots", ["Whatever"], 2)
    with bundle_of_file(tmp_path / ("bundle.zip" if packed else "bundle"), inference) as choice:
        assert words(list(FileClassifier(choice, {}).run(files))) == ["Good", "Bad"]


def test_that_what_is_no_bundle_is_told(inference: InferenceSection, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK nonsense")
    for path in (tmp_path / "x.zip", tmp_path / "none", tmp_path):
        with pytest.raises(BundleError), bundle_of_file(path, inference):
            pass


def test_that_folders_are_searched_for_images(tmp_path: Path) -> None:
    files = write_plots(tmp_path / "plots", ["B", "A"], 4)
    (tmp_path / "plots" / "notes.txt").write_text("x")
    found = list(image_files([tmp_path / "plots", tmp_path / "named.txt"]))
    assert found == [*sorted(files), tmp_path / "named.txt"]
