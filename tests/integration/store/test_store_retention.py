"""Images expire and nothing else does: harmless, old, unlabelled, without alert, not sampled, not the newest."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.domain.errors import BlobError, StoreRefusedError
from backend.domain.labelling import LabelScope, PlotOrder, PlotQuery
from backend.domain.labels import NewLabel
from backend.domain.plots import Plot
from backend.domain.predictions import ModelInForce
from backend.domain.retention import PurgeStep, Retention
from backend.services.purging import PurgeResult, preview, purge
from backend.store import Store
from backend.store import expiring as expiring_module
from tests.fakes.accounts import SharedHall, make_hall
from tests.mariadb import MariaDb
from tests.samples import OWNER, commit, judged, new_plot, put_in_force

ALL = Retention(images_days=1e-6, share=0.0)
"""What came a moment ago is old; the samples are from the past."""


@pytest.fixture
def model(store: Store) -> ModelInForce:
    store.retention.guard_s = -1  # blobs put just now may go
    return put_in_force(store)


def take_in(store: Store, model: ModelInForce, bads: list[float], first: int = 0) -> list[Plot]:
    plots = [stored.plot for stored in commit(store, [new_plot(first + n) for n in range(len(bads))])]
    store.verdicts.record([judged(plot, model, bad) for plot, bad in zip(plots, bads, strict=True)], OWNER)
    return plots


def expired(store: Store, plots: list[Plot]) -> list[bool]:
    return [store.live.plot(plot.plot_id).image_expired_at is not None for plot in plots]


def ignore(_: PurgeResult) -> None:
    """Nobody watches."""


def test_that_only_harmless_images_expire_and_all_verdicts_stay(store: Store, model: ModelInForce) -> None:
    plots = take_in(store, model, [0.1, 0.9, 0.2, 0.3, 0.1])
    store.labels.add_many([NewLabel(plots[2].plot_id, "Good", "expert", "import")])
    result = purge(store, ALL, ignore)
    # Good, Bad, labelled, Good, newest of its type
    assert expired(store, plots) == [True, False, False, True, False]
    assert (result.images, result.bytes) == (2, sum(len(new_plot(n).data) for n in (0, 3)))
    assert [store.blobs.contains(plot.sha256) for plot in plots] == [False, True, True, False, True]
    assert len(store.live.detail("CDC_occupancy").history) == 5
    assert store.counts().judged == 5
    round_ = store.retention.newest_round()
    assert (round_.owner, round_.images, round_.bytes) == ("", 2, result.bytes)
    assert round_.finished_at is not None


def test_that_what_is_unsure_stays(store: Store, model: ModelInForce) -> None:
    plots = [stored.plot for stored in commit(store, [new_plot(n) for n in range(3)])]
    outcomes = [judged(plot, model, 0.1) for plot in plots]
    assert outcomes[0].verdict is not None
    outcomes[0] = replace(outcomes[0], verdict=replace(outcomes[0].verdict, confirmed=False))
    store.verdicts.record(outcomes, OWNER)
    purge(store, ALL, ignore)
    assert expired(store, plots) == [False, True, False]


def test_that_plots_nobody_judged_and_young_ones_stay(store: Store, model: ModelInForce) -> None:
    waiting = commit(store, [new_plot(n) for n in range(3)])
    assert purge(store, ALL, ignore).images == 0
    store.verdicts.record([judged(stored.plot, model, 0.1) for stored in waiting], OWNER)
    assert purge(store, Retention(36_500, 0), ignore).images == 0
    assert purge(store, ALL, ignore).images == 2


def test_that_the_sample_stays_and_follows_from_the_images(store: Store, model: ModelInForce) -> None:
    plots = take_in(store, model, [0.1] * 40)
    half = replace(ALL, share=0.5)
    purge(store, half, ignore)
    kept = [plot for plot, gone in zip(plots, expired(store, plots), strict=True) if not gone]
    assert {plot.plot_id for plot in kept} == {
        plot.plot_id for plot in plots if half.samples(plot.sha256) or plot is plots[-1]
    }
    assert 5 < len(kept) < 35


def test_that_what_is_collected_for_labelling_stays(store: Store, model: ModelInForce) -> None:
    before = take_in(store, model, [0.1, 0.1])
    store.collecting.set_percent("CDC_occupancy", 100.0, "expert")
    after = take_in(store, model, [0.1, 0.1, 0.1], first=2)
    purge(store, ALL, ignore)
    assert expired(store, before + after) == [True, True, False, False, False]


def test_that_a_dry_run_says_the_same_and_changes_nothing(store: Store, model: ModelInForce) -> None:
    plots = take_in(store, model, [0.1, 0.1, 0.9, 0.1])
    told: list[PurgeResult] = []
    foreseen = preview(store, ALL, told.append)
    assert expired(store, plots) == [False] * 4
    assert store.retention.newest_round().begun_at is None
    assert told[-1] == foreseen
    done = purge(store, ALL, ignore)
    assert (done.images, done.bytes, done.looked_at) == (foreseen.images, foreseen.bytes, foreseen.looked_at)
    assert done.images == 2


def test_that_a_round_goes_in_small_steps_and_is_taken_over(
    store: Store, model: ModelInForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring_module, "SPAN", 2)
    take_in(store, model, [0.1] * 6)
    assert store.retention.begin("a/1", every_s=0)
    first = store.retention.step("a/1", ALL)
    assert first is not None
    assert (first.images, first.done) == (2, False)
    assert not store.retention.begin("b/1", every_s=0), "one station at a time"
    with pytest.raises(StoreRefusedError, match="a lets images expire right now"):
        purge(store, ALL, ignore)
    store.retention.release("a/1")
    assert store.retention.begin("b/1", every_s=0)
    assert store.retention.step("a/1", ALL) is None, "its lease is another's"
    steps: list[PurgeStep] = []
    while not steps or not steps[-1].done:
        step = store.retention.step("b/1", ALL)
        assert step is not None
        steps.append(step)
    assert sum(step.images for step in steps) == 3
    store.retention.finish("b/1")
    assert not store.retention.begin("c/1", every_s=3600), "the next round is due in an hour"


def test_that_an_image_of_two_plots_goes_with_the_last(store: Store, model: ModelInForce) -> None:
    same, other = new_plot(1), new_plot(1, run=43)
    assert same.sha256 == other.sha256
    first, second, _ = (stored.plot for stored in commit(store, [same, other, new_plot(9)]))
    store.verdicts.record([judged(first, model, 0.1), judged(second, model, 0.9)], OWNER)
    purge(store, ALL, ignore)
    assert expired(store, [first, second]) == [True, False]
    assert store.blobs.contains(first.sha256)


def test_that_an_image_that_comes_again_is_kept_again(store: Store, model: ModelInForce) -> None:
    plots = take_in(store, model, [0.1, 0.1])
    purge(store, ALL, ignore)
    assert expired(store, plots) == [True, False]
    commit(store, [new_plot(0)])
    assert expired(store, plots) == [False, False]
    assert store.blobs.get(plots[0].sha256) == new_plot(0).data


def test_that_orphans_are_swept_with_a_round(store: Store, model: ModelInForce) -> None:
    take_in(store, model, [0.9])
    orphan = store.blobs.put(b"a station died between blob and row")
    assert purge(store, ALL, ignore).orphans == 1
    assert not store.blobs.contains(orphan)


def test_that_people_are_not_asked_about_what_they_cannot_see(store: Store, model: ModelInForce) -> None:
    plots = take_in(store, model, [0.1, 0.1, 0.1])
    purge(store, ALL, ignore)
    query = PlotQuery("CDC_occupancy", order=PlotOrder.NEWEST, scope=LabelScope.UNLABELLED)
    assert store.labelling.listing(query).plot_ids == (plots[-1].plot_id,)
    listed = store.labelling.listing(replace(query, scope=LabelScope.ALL)).plot_ids
    assert len(listed) == 3
    assert [item.plot.image_expired_at is not None for item in store.labelling.items(listed)] == [False, True, True]
    store.labels.add_many([NewLabel(plots[0].plot_id, "Good", "expert", "import")])
    assert store.labels.latest("CDC_occupancy") == [], "there is nothing to train with"
    later = put_in_force(store, seed=1)
    assert store.archive.without_verdict(later.model_id)[0] == [plots[-1].plot_id]


def test_that_the_use_of_storage_is_told(store: Store, model: ModelInForce) -> None:
    before = store.retention.use()
    plots = take_in(store, model, [0.1, 0.9])
    after = store.retention.use()
    assert after.blobs == before.blobs + 2
    assert after.blob_bytes == before.blob_bytes + sum(len(new_plot(n).data) for n in range(2))
    assert after.database_bytes > 0
    purge(store, ALL, ignore)
    assert expired(store, plots) == [True, False]
    assert store.retention.use().blobs == before.blobs + 1


@pytest.fixture(scope="module")
def hall(mariadb_server: MariaDb) -> Iterator[SharedHall]:
    made = make_hall(mariadb_server)
    for role in ("engine", "engine+keeper"):
        made.grant(role)
    yield made
    made.close()


def test_that_only_a_keeper_lets_images_expire(hall: SharedHall, tmp_path: Path) -> None:
    with hall.as_administrator(tmp_path) as store:
        model = put_in_force(store)
        plots = take_in(store, model, [0.1, 0.1])
    with hall.open("engine", tmp_path) as store:
        with pytest.raises(StoreRefusedError):
            purge(store, ALL, ignore)
        assert store.blobs.get(plots[0].sha256)
    with hall.open("engine+keeper", tmp_path) as store:
        store.retention.guard_s = -1
        assert purge(store, ALL, ignore).images == 1
        with pytest.raises(BlobError):
            store.blobs.get(plots[0].sha256)
