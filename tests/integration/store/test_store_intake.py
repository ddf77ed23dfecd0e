import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest

from backend.domain.intake import FileStamp
from backend.domain.plots import PlotState
from backend.store import Store
from tests.samples import LEASE_S, OWNER, commit, commit_one, judged, new_plot, put_in_force


def test_that_a_committed_plot_can_be_read_back(store: Store):
    given = new_plot(3, chunk=7)
    [kept] = commit(store, [given])
    assert kept.new
    assert kept.claimed
    assert kept.plot == store.live.plot(kept.plot.plot_id)
    assert kept.plot.identity == given.identity
    assert (kept.plot.width, kept.plot.height, kept.plot.state) == (800, 600, PlotState.PENDING)
    assert (kept.plot.taken_at, kept.plot.received_at) == (given.taken_at, given.received_at)
    assert store.blobs.get(kept.plot.sha256) == given.data


def test_that_committing_twice_makes_one_plot(store: Store):
    plots = [new_plot(number) for number in range(10)]
    first, second = commit(store, plots), commit(store, plots)
    assert [kept.plot for kept in first] == [kept.plot for kept in second]
    assert [kept.new for kept in second] == [False] * 10
    assert all(kept.claimed for kept in second)
    assert store.counts().plots == store.counts().pending == store.work.pending_count() == 10


def test_that_the_same_plot_twice_in_one_call_is_one_plot(store: Store):
    once = new_plot(1, path="/plots/a.png")
    again = replace(once, source=FileStamp("/plots/b.png", 5, 5))
    kept = commit(store, [once, again])
    assert kept[0].plot == kept[1].plot
    assert store.counts().plots == 1
    assert store.intake.known([once.source, again.source]) == {"/plots/a.png", "/plots/b.png"}


def test_that_plots_differ_by_type_run_period_chunk_and_content(store: Store):
    plain = new_plot(1)
    others = [
        replace(plain, identity=replace(plain.identity, plot_type="cdc_occupancy")),
        replace(plain, identity=replace(plain.identity, run=43)),
        replace(plain, identity=replace(plain.identity, chunk=0)),
        replace(plain, identity=replace(plain.identity, run_period="RunPeriod-2025-01")),
        new_plot(2),
    ]
    kept = commit(store, [plain, *others])
    assert len({item.plot.plot_id for item in kept}) == 6
    assert all(item.new for item in kept)


def test_that_another_station_does_not_get_work_that_is_leased(store: Store):
    [mine] = commit(store, [new_plot()], "a/1")
    [theirs] = commit(store, [new_plot()], "b/1")
    assert mine.claimed
    assert not theirs.claimed


def test_that_a_judged_plot_is_not_queued_again(store: Store):
    model = put_in_force(store)
    plot = commit_one(store)
    store.verdicts.record([judged(plot, model)], OWNER)
    [again] = commit(store, [new_plot()])
    assert not again.new
    assert not again.claimed
    assert again.plot.state is PlotState.JUDGED
    assert store.work.pending_count() == 0


def test_that_the_ledger_knows_exactly_the_stamps_taken_in(store: Store):
    plots = [new_plot(number) for number in range(700)]
    commit(store, plots)
    stamps = [plot.source for plot in plots if plot.source]
    assert store.intake.known(stamps) == {stamp.path for stamp in stamps}
    touched = [replace(stamps[0], mtime_ns=stamps[0].mtime_ns + 1), replace(stamps[1], size=stamps[1].size + 1)]
    assert store.intake.known([*touched, FileStamp("/plots/never.png", 1, 1)]) == set()
    assert store.intake.known([]) == set()


@pytest.mark.parametrize(
    "path", [b"/plots/\xff\xfe.png", b'/plots/it\'s "odd" \\ %s :x.png', "/plots/Ω 𝛾.png".encode()]
)
def test_that_a_path_of_any_bytes_is_taken_in_and_known(store: Store, path: bytes):
    name = path.decode("utf-8", "surrogateescape")
    plot = new_plot(path=name)
    commit(store, [plot])
    assert store.intake.known([plot.source]) == {name}


def test_that_a_plot_type_with_undecodable_bytes_is_kept_under_a_printable_name(store: Store):
    plot = new_plot(plot_type="CDC\udcff")
    [kept] = commit(store, [plot])
    assert kept.plot.identity.plot_type == "CDC\\udcff"
    assert commit(store, [plot])[0].plot == kept.plot
    assert store.live.detail("CDC\udcff").tile.plot == kept.plot


def test_that_names_that_differ_by_trailing_blanks_are_one_plot_type(store: Store):
    commit(store, [new_plot(1, plot_type="CDC"), new_plot(2, plot_type="CDC ")])
    assert [info.name for info in store.plot_types.all()] == ["CDC"]


def test_that_a_naive_time_is_refused_before_anything_is_stored(store: Store):
    naive = replace(new_plot(), taken_at=datetime(2026, 11, 21))
    with pytest.raises(ValueError, match="no time zone"):
        commit(store, [new_plot(1), naive])
    assert store.counts().plots == 0
    assert store.intake.known([naive.source]) == set()


def test_that_imported_plots_are_stored_without_work_and_off_the_live_grid(store: Store):
    imported = store.intake.import_plots([new_plot(number) for number in range(3)])
    assert {item.plot.state for item in imported} == {PlotState.IMPORTED}
    assert not any(item.claimed for item in imported)
    assert store.work.pending_count() == 0
    assert store.runs.latest() is None
    [tile] = store.live.hall()
    assert tile.plot is None
    assert store.counts().imported == 3
    assert [item.new for item in store.intake.import_plots([new_plot(2), new_plot(3)])] == [False, True]


def test_that_an_imported_plot_that_arrives_becomes_a_live_one(store: Store):
    [imported] = store.intake.import_plots([new_plot()])
    [live] = commit(store, [new_plot()])
    assert live.plot.plot_id == imported.plot.plot_id
    assert not live.new
    assert live.claimed
    assert live.plot.state is PlotState.PENDING
    assert store.live.hall()[0].plot == live.plot
    counts = store.counts()
    assert (counts.plots, counts.imported, counts.pending) == (1, 0, 1)


def test_that_importing_a_live_plot_changes_nothing(store: Store):
    plot = commit_one(store)
    [imported] = store.intake.import_plots([new_plot()])
    assert imported.plot == plot
    assert store.counts().imported == 0


def test_that_the_latest_run_is_the_one_whose_plots_arrived_last(store: Store):
    commit(store, [new_plot(1, run=100), new_plot(2, run=7)])
    assert store.runs.latest() == 7
    commit(store, [new_plot(60, run=100)])
    assert store.runs.latest() == 100


def test_that_stations_committing_the_same_plots_at_once_make_each_one_plot(store: Store):
    batches = [[new_plot(number, run=number % 3, plot_type=f"type {number % 5}") for number in range(40)]] * 6
    start = threading.Barrier(6)

    def station(number: int) -> list[bool]:
        start.wait(20)
        return [kept.claimed and kept.new for kept in commit(store, batches[number], f"station{number}/1", LEASE_S)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(station, range(6)))
    assert Counter(place for answer in answers for place, made in enumerate(answer) if made) == Counter(range(40))
    assert store.counts().plots == store.counts().pending == store.work.pending_count() == 40
