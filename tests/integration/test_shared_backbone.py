"""Models that share a backbone, through the real runtime, cache, store and classifier."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.config import InferenceSection
from backend.domain.errors import BlobError, BundleError
from backend.inference.bundles import pack
from backend.inference.models import ModelCache
from backend.inference.runtime import Runtime
from backend.pipeline.classify import Waiting, predict
from backend.pipeline.items import ClassifyItem, ModelInput, StageTimes
from backend.pipeline.models import ModelsInForce
from backend.services import bundles as bundle_service
from backend.services.bundles import register_opened
from backend.services.classify import FileClassifier
from backend.services.model_choice import choose_from_store
from backend.store import Store
from tests.fakes.backbones import INPUT, head_of, make_backbone, make_head_bundle
from tests.fakes.bundles import make_bundle
from tests.fakes.plots import write_plots

BRIGHT, DARK = (np.full((64, 64, 3), value, np.uint8) for value in (255, 0))


@pytest.fixture(scope="module")
def packed() -> bytes:
    return make_backbone()


def runtime(place: Path, fetch: Callable[[str], bytes]) -> Runtime:
    return Runtime("CPU", 2, place / "cache", "f32", fetch=fetch)


def test_that_heads_share_one_network_and_judge_each_by_its_own_labels(packed: bytes, tmp_path: Path) -> None:
    asked = []

    def fetch(digest: str) -> bytes:
        asked.append(digest)
        return packed

    running = runtime(tmp_path, fetch)
    two = running.load(make_head_bundle(tmp_path / "two", packed, "CDC_occupancy"))
    three = running.load(make_head_bundle(tmp_path / "three", packed, "TOF_bars", ("Good", "Dim", "Bad")))
    assert len(asked) == 1
    assert two.runs_on == three.runs_on == hashlib.sha256(packed).hexdigest()
    assert running.backbone(two.runs_on) is running.backbone(three.runs_on)
    bright, dark = two.predict(np.stack([BRIGHT, DARK]))
    assert bright.probabilities[0] > 0.99
    assert dark.probabilities[1] > 0.99
    assert [np.argmax(p.probabilities) for p in three.predict(np.stack([BRIGHT, DARK // 2 + 127, DARK]))] == [0, 1, 2]
    assert (bright.precision, len(bright.embedding), bright.heat_map.values.shape) == ("f32", 4, (8, 8))
    assert bright.milliseconds > 0


def test_that_a_head_says_what_an_ordinary_model_of_the_same_network_says(packed: bytes, tmp_path: Path) -> None:
    """Brightness, darkness and their weights are the same; only the noise features are missing."""
    running = runtime(tmp_path, lambda _: packed)
    head = running.load(make_head_bundle(tmp_path / "head", packed))
    whole = running.load(make_bundle(tmp_path / "whole", input=INPUT.shape, convolutions=(8, 8, 8)))
    half_bright = np.concatenate([BRIGHT[:24], DARK[:40]])
    for image in (BRIGHT, DARK, half_bright):
        (one,), (other,) = head.predict(image[None]), whole.predict(image[None])
        assert one.probabilities == pytest.approx(other.probabilities, abs=0.05)
    assert (one.heat_map.values > 127).tolist() == (other.heat_map.values > 127).tolist()


def test_that_what_is_usual_belongs_to_the_plot_type(packed: bytes, tmp_path: Path) -> None:
    """The same picture is usual for one plot type and odd for another, in the same network, from several threads."""
    running = runtime(tmp_path, lambda _: packed)
    models = []
    for number, brightness in enumerate((1.0, 0.0)):
        head = head_of(INPUT, 2)
        head.usual.mean[..., 0], head.usual.mean[..., 1] = brightness, 1 - brightness
        head.weights[:] = 0
        head.weights[2] = (20 if brightness else -20), 0  # what is darker, or brighter, than usual is not Good
        head.bias[:] = 10, 0
        models.append(running.load(make_head_bundle(tmp_path / str(number), packed, head=head)))
    with ThreadPoolExecutor(4) as pool:
        tasks = [(model, image) for _ in range(30) for model in models for image in (BRIGHT, DARK)]
        found = list(pool.map(lambda task: task[0].predict(task[1][None])[0].probabilities[0], tasks))
    assert found[:4] * 30 == pytest.approx(found)
    assert min(found[0], found[3]) > 0.99
    assert max(found[1], found[2]) < 0.01


def test_that_an_image_of_another_shape_is_refused(packed: bytes, tmp_path: Path) -> None:
    model = runtime(tmp_path, lambda _: packed).load(make_head_bundle(tmp_path / "head", packed))
    with pytest.raises(ValueError, match="the model wants uint8"):
        model.predict(np.zeros((1, 64, 32, 3), np.uint8))


def test_that_a_backbone_with_other_outputs_than_stated_is_refused(tmp_path: Path) -> None:
    odd = make_backbone(names=("seen", "something"))
    with pytest.raises(BundleError, match="Output 'features' of the backbone is missing"):
        runtime(tmp_path, lambda _: odd).load(make_head_bundle(tmp_path / "head", odd))


def test_that_plots_of_different_types_on_one_backbone_go_through_together(packed: bytes, tmp_path: Path) -> None:
    running = runtime(tmp_path, lambda _: packed)
    heads = [running.load(make_head_bundle(tmp_path / str(n), packed, f"Plot_{n}", seed=n)) for n in range(3)]
    alone = running.load(make_bundle(tmp_path / "alone"))
    order = [heads[0], alone, heads[1], heads[2], alone, heads[0]]
    images = [BRIGHT, BRIGHT, DARK, BRIGHT, DARK, DARK]
    inputs = [ModelInput(None, model, image) for model, image in zip(order, images, strict=True)]  # type: ignore[arg-type]
    items = [ClassifyItem(None, entry, StageTimes(), 0.0) for entry in inputs]  # type: ignore[arg-type]
    predict(inputs)  # from now on their pace is known
    waiting, batches = Waiting(), []
    for item, entry in zip(items, inputs, strict=True):
        waiting.add(item, entry)
    while waiting:
        batches.append(waiting.take(3, 60_000.0, 1))
    assert [[items.index(item) for item in batch] for batch in batches] == [[0, 2, 3], [5], [1, 4]]
    for batch in batches:
        given = [item.model_input for item in batch if item.model_input is not None]
        tops = [int(np.argmax(found.probabilities)) for found in predict(given)]
        assert tops == [0 if entry.tensor.max() else 1 for entry in given]


@pytest.fixture
def hall(tmp_path: Path, packed: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose `shipped` holds the backbone, as if it came with the program."""
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "plots.zip").write_bytes(packed)
    monkeypatch.setattr("backend.inference.backbones.SHIPPED_BACKBONES", shipped)
    monkeypatch.setattr(bundle_service, "SHIPPED_BACKBONES", shipped)
    return tmp_path


def test_that_a_backbone_comes_from_the_store_where_it_is_not_shipped(hall: Path, packed: bytes) -> None:
    head = make_head_bundle(hall / "head", packed)
    with Store.open(f"sqlite:///{hall / 'hydra.db'}", hall) as store:
        store.models.activate(register_opened(store, head, "expert"), "expert")
        (hall / "shipped" / "plots.zip").unlink()
        assert store.sweep_blobs(guard_s=-1) == 0
        choice = choose_from_store(store, InferenceSection(cache_dir=hall / "elsewhere"), None)
        verdicts = [
            found.verdict for found in FileClassifier(choice, {}).run(write_plots(hall / "p", ["CDC_occupancy"], 4))
        ]
    assert [verdict and verdict.classification for verdict in verdicts] == ["Good", "Bad"] * 2


def test_that_plots_wait_while_the_backbone_is_missing_and_go_on_when_it_is_back(hall: Path, packed: bytes) -> None:
    head = make_head_bundle(hall / "head", packed)
    with Store.open(f"sqlite:///{hall / 'hydra.db'}", hall) as store:
        store.models.activate(register_opened(store, head, "expert"), "expert")
        (hall / "shipped" / "plots.zip").unlink()
        there = False

        def fetch(digest: str) -> bytes:
            if not there:
                raise BlobError("the blob is missing")
            return store.models.bundle(digest)

        models = ModelsInForce(store, ModelCache(runtime(hall, fetch), hall / "bundles"))
        models.refresh()
        model = models.of("CDC_occupancy")
        assert model is not None
        with pytest.raises(BundleError, match="cannot be had from the store"):
            models.load(model)
        assert head.digest in models.broken
        there = True
        models.warm_up()
        assert models.broken == {}
        assert models.load(model).runs_on == hashlib.sha256(packed).hexdigest()


def test_that_a_model_whose_backbone_is_nowhere_is_not_registered(tmp_path: Path, packed: bytes) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store:
        with pytest.raises(BundleError, match="is not on this machine"):
            register_opened(store, make_head_bundle(tmp_path / "head", packed), "expert")
        assert store.models.all() == []


def test_that_a_packed_head_is_small_and_the_same_everywhere(packed: bytes, tmp_path: Path) -> None:
    one, other = (make_head_bundle(tmp_path / name, packed) for name in ("one", "other"))
    assert pack(one.path) == pack(other.path)
    assert len(pack(one.path)) < 10_000


def test_that_a_picture_of_any_size_is_judged(packed: bytes, hall: Path) -> None:
    with Store.open(f"sqlite:///{hall / 'hydra.db'}", hall) as store:
        number = register_opened(store, make_head_bundle(hall / "head", packed), "expert")
        choice = choose_from_store(store, InferenceSection(cache_dir=hall / "cache"), number)
        Image.new("RGB", (333, 222), (250, 250, 250)).save(hall / "any.png")
        (found,) = FileClassifier(choice, {}).run([hall / "any.png"])
    assert found.verdict is not None
    assert found.verdict.classification == "Good"
