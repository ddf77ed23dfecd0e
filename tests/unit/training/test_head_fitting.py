"""Fitting a head: what is usual, leaving one out, and a dense layer that generalises."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="heads are fitted with scikit-learn, which comes with hydra-gui[train]")

from backend.inference.backbones import read_backbone
from backend.inference.heads import LoadedBackbone
from backend.inference.runtime import Runtime
from backend.training.datasets import Dataset, Sample, read_dataset, write_dataset
from backend.training.head_fitting import FLOOR, NEIGHBOURS, HeadFitter, Sums, smoothed
from backend.training.recipes import recipe
from tests.fakes.backbones import INPUT, make_backbone


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> LoadedBackbone:
    packed = make_backbone()
    running = Runtime("CPU", 1, tmp_path_factory.mktemp("runtime"), "f32", fetch=lambda _: packed)
    return running.backbone(read_backbone(packed).digest)


def picture(label: str, number: int) -> np.ndarray:
    """Grey with a little noise; Bad ones have a dark spot in a place of its own, NoData is black."""
    rng = np.random.default_rng(number)
    image = rng.integers(150, 170, (64, 64, 3), np.uint8)
    if label == "Bad":
        row, column = rng.integers(0, 7, 2) * 8
        image[row : row + 8, column : column + 8] = 0
    return image if label != "NoData" else np.zeros_like(image)


def dataset(folder: Path, counts: dict[str, int], first: int = 0) -> Dataset:
    samples, run = [], 1
    for label, count in counts.items():
        for _ in range(count):
            samples.append(Sample(picture(label, first + run), label, run))
            run += 1
    write_dataset(samples, INPUT, folder, seed=1)
    return read_dataset(folder)


def test_that_usual_is_mean_and_spread_of_the_maps(backbone: LoadedBackbone) -> None:
    maps = np.random.default_rng(0).normal(3, 2, (50, 8, 8, 2))
    found = Sums.of(maps, backbone.manifest.maps).usual()
    variance = smoothed(maps.var(axis=0))
    expected = 1 / np.sqrt(variance + NEIGHBOURS * variance.mean(axis=(0, 1)) + FLOOR)
    np.testing.assert_allclose(found.mean, maps.mean(axis=0), rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(found.scale, expected, rtol=2e-3)


def test_that_leaving_one_out_is_as_if_it_had_never_been_there(backbone: LoadedBackbone) -> None:
    maps = np.random.default_rng(0).normal(3, 2, (9, 8, 8, 2))
    spec = backbone.manifest.maps
    without, never = Sums.of(maps, spec).without(maps[4]), Sums.of(np.delete(maps, 4, axis=0), spec)
    np.testing.assert_allclose(without.usual().mean, never.usual().mean)
    np.testing.assert_allclose(without.usual().scale, never.usual().scale)


def test_that_smoothing_takes_the_neighbours_there_are() -> None:
    values = np.zeros((4, 5, 1))
    values[0, 0] = 36.0
    found = smoothed(values)[..., 0]
    assert found[0, 0] == pytest.approx(9.0)  # of four places
    assert found[0, 1] == found[1, 0] == pytest.approx(6.0)  # of six
    assert found[1, 1] == pytest.approx(4.0)  # of nine
    assert found[2:].sum() == found[:, 2:].sum() == 0


def test_that_a_head_fitted_on_few_plots_judges_others(backbone: LoadedBackbone, tmp_path: Path) -> None:
    counts = {"Good": 40, "Bad": 20, "NoData": 6}
    data = dataset(tmp_path / "learnt", counts)
    fitted = HeadFitter(backbone, data, recipe("head"), lambda: True).run()
    assert fitted.logits.shape == (66, 3)
    labels = data.summary.labels
    for label in counts:
        for number in range(20):
            features = backbone.run(picture(label, 9000 + number), fitted.head.usual).features
            assert labels[int(np.argmax(fitted.head.outputs(features).logits))] == label


def test_that_the_usual_label_is_the_commonest_whatever_it_is_called(backbone: LoadedBackbone, tmp_path: Path) -> None:
    data = dataset(tmp_path / "odd", {"Good": 5, "NoData": 30})
    fitted = HeadFitter(backbone, data, recipe("head"), lambda: True).run()
    assert fitted.head.usual.mean[..., 0].max() == 0  # black is what is usual here


def test_that_good_plots_say_what_is_usual_where_others_are_as_common(backbone: LoadedBackbone, tmp_path: Path) -> None:
    data = dataset(tmp_path / "even", {"Good": 14, "NoData": 20})
    fitted = HeadFitter(backbone, data, recipe("head"), lambda: True).run()
    assert fitted.head.usual.mean[..., 0].min() > 0.5


def test_that_two_labels_give_logits_of_both(backbone: LoadedBackbone, tmp_path: Path) -> None:
    data = dataset(tmp_path / "two", {"Good": 12, "NoData": 8})
    head = HeadFitter(backbone, data, recipe("head"), lambda: True).run().head
    np.testing.assert_allclose(head.weights[:, 0], -head.weights[:, 1], rtol=1e-5)
    assert head.bias[0] == pytest.approx(-head.bias[1])


def test_that_fitting_the_same_twice_gives_the_same(backbone: LoadedBackbone, tmp_path: Path) -> None:
    data = dataset(tmp_path / "same", {"Good": 12, "Bad": 8})
    one, other = (HeadFitter(backbone, data, recipe("head"), lambda: True).run() for _ in range(2))
    assert one.strength == other.strength
    np.testing.assert_array_equal(one.head.weights, other.head.weights)


def test_that_giving_up_ends_the_fit(backbone: LoadedBackbone, tmp_path: Path) -> None:
    looked = []

    def check() -> bool:
        looked.append(1)
        if len(looked) > 5:
            raise InterruptedError
        return True

    with pytest.raises(InterruptedError):
        HeadFitter(backbone, dataset(tmp_path / "cut", {"Good": 12, "Bad": 8}), recipe("head"), check).run()
