import json

import pytest

from backend.domain.errors import BlobError, BundleError, UnknownNameError
from backend.domain.models import ModelState
from backend.domain.predictions import ModelInForce
from backend.store import Store
from tests.samples import manifest, put_in_force, register


def test_that_a_registered_model_is_a_candidate_with_its_bundle_and_labels(store: Store):
    text = manifest(labels=["Good", "Bad", "NoData"])
    number = store.models.register(text, b"PK bundle", "A. Expert")
    info = store.models.get(number)
    assert (info.plot_type, info.state, info.author, info.active_for) == (
        "CDC_occupancy",
        ModelState.CANDIDATE,
        "A. Expert",
        (),
    )
    assert (info.labels, info.thresholds) == (("Good", "Bad", "NoData"), (0.5, 0.6, 0.7))
    assert (info.architecture, json.loads(info.manifest_json)) == ("compact_cbam", json.loads(text))
    assert store.models.bundle(info.digest) == b"PK bundle"
    assert [one.name for one in store.classifications.all("CDC_occupancy")] == ["Good", "Bad", "NoData"]
    assert store.models.in_force() == {}


def test_that_the_same_bundle_twice_is_one_model(store: Store):
    assert register(store) == register(store)
    assert register(store, seed=1) != register(store)
    assert len(store.models.all()) == 2
    assert len(store.thresholds.history(register(store))) == 2


def test_that_an_activated_model_is_in_force_for_its_plot_type(store: Store):
    number = register(store)
    store.models.activate(number, "expert")
    digest = store.models.get(number).digest
    assert store.models.in_force() == {"CDC_occupancy": ModelInForce(number, digest, ("Good", "Bad"), (0.5, 0.6))}
    assert store.models.get(number).state is ModelState.ACTIVE


def test_that_a_model_may_judge_a_look_alike_plot_type_too(store: Store):
    number = register(store)
    store.models.activate(number, "expert")
    store.models.activate(number, "expert", plot_type="FDC_occupancy")
    assert store.models.get(number).active_for == ("CDC_occupancy", "FDC_occupancy")
    assert {model.model_id for model in store.models.in_force().values()} == {number}
    assert [one.name for one in store.classifications.all("FDC_occupancy")] == ["Good", "Bad"]


def test_that_a_replaced_model_is_retired_unless_it_still_judges_elsewhere(store: Store):
    old, new = register(store, seed=1), register(store, seed=2)
    store.models.activate(old, "a")
    store.models.activate(old, "a", plot_type="FDC_occupancy")
    store.models.activate(new, "b")
    assert store.models.get(old).state is ModelState.ACTIVE
    store.models.activate(new, "b", plot_type="FDC_occupancy")
    assert store.models.get(old).state is ModelState.RETIRED
    store.models.activate(old, "a", note="rolled back")
    assert [store.models.get(number).state for number in (old, new)] == [ModelState.ACTIVE] * 2


def test_that_activations_are_a_history_with_who_and_before(store: Store):
    old, new = register(store, seed=1), register(store, seed=2)
    store.models.activate(old, "a")
    store.models.activate(new, "b", note="sharper")
    store.models.activate(old, "c", note="rolled back")
    history = store.models.activations("CDC_occupancy")
    assert [(entry.model_id, entry.before, entry.who, entry.note) for entry in history] == [
        (old, None, "a", ""),
        (new, old, "b", "sharper"),
        (old, new, "c", "rolled back"),
    ]
    assert history[0].at <= history[1].at <= history[2].at


def test_that_a_threshold_change_is_in_force_at_once_and_kept_as_history(store: Store):
    model = put_in_force(store)
    store.thresholds.change(model.model_id, {"Bad": 0.8, "Good": 0.5}, "expert", "max_f1")
    assert store.models.in_force()["CDC_occupancy"].thresholds == (0.5, 0.8)
    changes = [
        (change.classification, change.before, change.after, change.who, change.method)
        for change in store.thresholds.history(model.model_id)
    ]
    assert changes == [
        ("Good", None, 0.5, "expert", "INIT"),
        ("Bad", None, 0.6, "expert", "INIT"),
        ("Bad", 0.6, 0.8, "expert", "max_f1"),
    ]


@pytest.mark.parametrize(("values", "error"), [({"Bad": 1.5}, ValueError), ({"LED": 0.5}, UnknownNameError)])
def test_that_an_impossible_threshold_is_refused_and_nothing_changes(store: Store, values, error):
    model = put_in_force(store)
    with pytest.raises(error):
        store.thresholds.change(model.model_id, {"Good": 0.9} | values, "expert", "by hand")
    assert store.models.in_force()["CDC_occupancy"].thresholds == model.thresholds


def test_that_a_label_without_threshold_is_never_confirmed_by_accident(store: Store):
    text = json.dumps(json.loads(manifest()) | {"thresholds": {"Good": 0.5}})
    assert store.models.get(store.models.register(text, b"bundle", "a")).thresholds == (0.5, 1.0)


@pytest.mark.parametrize("broken", ["", "{}", "[1]", '{"plot_type": "A", "labels": [], "architecture": {"name": "x"}}'])
def test_that_an_unusable_manifest_is_refused_and_nothing_is_registered(store: Store, broken: str):
    with pytest.raises(BundleError, match="Nothing was registered"):
        store.models.register(broken, b"bundle", "expert")
    assert store.models.all() == []


def test_that_models_are_listed_by_plot_type(store: Store):
    first, second = register(store), register(store, plot_type="FCAL_hits")
    assert [info.model_id for info in store.models.all()] == [first, second]
    assert [info.model_id for info in store.models.all("FCAL_hits")] == [second]


def test_that_unknown_models_are_named(store: Store):
    with pytest.raises(UnknownNameError, match="no model 99"):
        store.models.activate(99, "expert")
    with pytest.raises(UnknownNameError, match="no model 99"):
        store.thresholds.change(99, {"Bad": 0.5}, "expert", "by hand")
    with pytest.raises(BlobError, match="missing"):
        store.models.bundle("00" * 32)


def test_that_a_bundle_of_several_chunks_comes_back_whole(store: Store):
    bundle = bytes(range(256)) * 10_000
    info = store.models.get(store.models.register(manifest(), bundle, "expert"))
    assert store.models.bundle(info.digest) == bundle


def test_that_every_import_is_kept_with_who_when_and_whose_signature(store: Store):
    text = manifest()
    number = store.models.register(text, b"PK bundle", "maker", ("/media/a.zip", "ed25519:key"))
    assert store.models.register(text, b"PK bundle", "B. Expert", ("/media/again.zip", "")) == number
    assert store.models.register(text, b"PK bundle", "trainer") == number
    first, second = store.models.imports(number)
    assert (first.file, first.signed_by, first.who) == ("/media/a.zip", "ed25519:key", "maker")
    assert (second.file, second.signed_by, second.who) == ("/media/again.zip", "", "B. Expert")
    assert first.at <= second.at
    assert len(store.thresholds.history(number)) == 2


def test_that_rolling_back_goes_one_model_further_back_each_time(store: Store):
    a, b, c = (register(store, seed=seed) for seed in (1, 2, 3))
    for number in (a, b, b, c):
        store.models.activate(number, "expert")
    done = store.models.roll_back("CDC_occupancy", "shift", "too many false alarms")
    assert (done.model_id, done.before, done.who, done.note) == (b, c, "shift", "too many false alarms")
    assert store.models.in_force()["CDC_occupancy"].model_id == b
    assert store.models.roll_back("CDC_occupancy", "shift").model_id == a
    with pytest.raises(UnknownNameError, match="no other model before"):
        store.models.roll_back("CDC_occupancy", "shift")
    store.models.activate(c, "expert")
    assert store.models.roll_back("CDC_occupancy", "shift").model_id == a
    assert len(store.models.activations("CDC_occupancy")) == 8
    assert [store.models.get(number).state for number in (a, b, c)] == [
        ModelState.ACTIVE,
        ModelState.RETIRED,
        ModelState.RETIRED,
    ]


def test_that_there_must_be_something_to_go_back_to(store: Store):
    register(store)
    with pytest.raises(UnknownNameError, match="no other model before"):
        store.models.roll_back("CDC_occupancy", "shift")
    with pytest.raises(UnknownNameError, match="no plot type"):
        store.models.roll_back("Unknown", "shift")
