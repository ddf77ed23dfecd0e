"""Another model takes over without a pause: the one before judges until it is loaded."""

from pathlib import Path

import pytest

from backend.domain.errors import BundleError
from backend.inference.bundles import pack, seal
from backend.inference.models import ModelCache
from backend.inference.runtime import Runtime
from backend.pipeline.models import ModelsInForce
from backend.store import Store
from tests.fakes.bundles import facts, make_packed, network, save_network

PLOT_TYPE = "CDC_occupancy"


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as opened:
        yield opened


@pytest.fixture
def models(store: Store, tmp_path: Path) -> ModelsInForce:
    return ModelsInForce(store, ModelCache(Runtime("CPU", 1, tmp_path / "cache"), tmp_path / "bundles"))


def register(store: Store, folder: Path, seed: int) -> int:
    return store.models.register(*make_packed(folder / str(seed), PLOT_TYPE, seed=seed), "tests")


def register_broken(store: Store, folder: Path) -> int:
    """A bundle that seals well, but whose network has another number of labels."""
    folder.mkdir()
    save_network(folder, network(facts(PLOT_TYPE)))
    seal(folder, facts(PLOT_TYPE, ("Good", "Bad", "NoData")))
    return store.models.register((folder / "manifest.json").read_text(), pack(folder), "tests")


def judging(models: ModelsInForce) -> int | None:
    model = models.of(PLOT_TYPE)
    return model and model.model_id


def test_that_the_model_before_judges_until_the_new_one_is_loaded(store, models, tmp_path):
    first, second = register(store, tmp_path, 1), register(store, tmp_path, 2)
    store.models.activate(first, "tests")
    assert set(models.refresh()) == {PLOT_TYPE}
    assert judging(models) == first  # there is none before it to wait for
    models.warm_up()
    store.models.activate(second, "tests")
    assert set(models.refresh()) == {PLOT_TYPE}
    assert judging(models) == first
    assert models.refresh() == {}
    models.warm_up()
    assert judging(models) == second


def test_that_a_model_that_is_loaded_already_takes_over_at_once(store, models, tmp_path):
    first, second = register(store, tmp_path, 1), register(store, tmp_path, 2)
    for model in (first, second):
        store.models.activate(model, "tests")
        models.refresh()
        models.warm_up()
    store.models.activate(first, "tests")
    models.refresh()
    assert judging(models) == first


def test_that_plots_wait_for_a_new_model_that_is_broken_instead_of_being_judged_by_the_old(store, models, tmp_path):
    first, second = register(store, tmp_path, 1), register_broken(store, tmp_path / "broken")
    store.models.activate(first, "tests")
    models.refresh()
    models.warm_up()
    store.models.activate(second, "tests")
    models.refresh()
    models.warm_up()
    assert judging(models) == second
    assert store.models.get(second).digest in models.broken
    with pytest.raises(BundleError):
        models.load(models.of(PLOT_TYPE))


def test_that_new_thresholds_hold_at_once(store, models, tmp_path):
    first = register(store, tmp_path, 1)
    store.models.activate(first, "tests")
    models.refresh()
    store.thresholds.change(first, {"Bad": 0.9}, "tests", "by hand")
    models.refresh()
    assert 0.9 in models.of(PLOT_TYPE).thresholds
