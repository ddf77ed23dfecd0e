import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.domain.intake import JudgedPlot, Line
from backend.domain.plots import PlotState
from backend.store import Store, clock
from tests.samples import LEASE_S, OWNER, commit, commit_one, judged, new_plot, put_in_force

DEADLINE_S = 60.0


def free_plots(store: Store, count: int) -> list[int]:
    """Plots that wait and that nobody holds, oldest first."""
    kept = commit(store, [new_plot(number) for number in range(count)], "gone/1")
    store.work.release_station("gone")
    return [item.plot.plot_id for item in kept]


def claim_until_empty(store: Store, owner: str, portion: int = 3) -> list[int]:
    claimed: list[int] = []
    while plots := store.work.claim(owner, portion, LEASE_S):
        claimed += [plot.plot_id for plot in plots]
    return claimed


def test_that_plots_are_claimed_newest_first_and_once(store: Store):
    waiting = free_plots(store, 10)
    first = store.work.claim("a/1", 4, LEASE_S)
    assert [plot.plot_id for plot in first] == waiting[6:]
    assert first[0] == store.live.plot(waiting[6])
    assert [plot.plot_id for plot in store.work.claim("b/1", 99, LEASE_S)] == waiting[:6]
    assert store.work.claim("a/1", 99, LEASE_S) == []
    assert store.work.pending_count() == 10


def test_that_excluded_plots_are_left_alone(store: Store):
    waiting = free_plots(store, 4)
    claimed = store.work.claim("a/1", 2, LEASE_S, exclude=waiting[:1] + waiting[2:3])
    assert [plot.plot_id for plot in claimed] == [waiting[1], waiting[3]]


def test_that_plot_types_that_alarm_go_first_and_within_them_the_newest(store: Store):
    plots = [new_plot(number, plot_type=("calm", "alarming")[number % 2]) for number in range(6)]
    kept = store.intake.commit(plots, "feeder/1", LEASE_S, Line(keep=0, urgent=frozenset({"alarming"})))
    assert not any(item.claimed for item in kept)
    order = []
    while claimed := store.work.claim("a/1", 1, LEASE_S):
        order += [plot.received_at.second for plot in claimed]
    assert order == [5, 3, 1, 4, 2, 0]


def test_that_a_station_takes_as_much_of_what_it_brings_as_it_wants(store: Store):
    kept = store.intake.commit([new_plot(number) for number in range(6)], "a/1", LEASE_S, Line(keep=2))
    assert [item.claimed for item in kept] == [True, True, False, False, False, False]
    assert len(store.work.claim("b/1", 9, LEASE_S)) == 4


def test_that_threads_claiming_at_once_share_every_plot_once(store: Store):
    waiting = free_plots(store, 60)
    start = threading.Barrier(6)

    def station(number: int) -> list[int]:
        start.wait(DEADLINE_S)
        return claim_until_empty(store, f"station{number}/1")

    with ThreadPoolExecutor(6) as pool:
        shares = list(pool.map(station, range(6)))
    # a claim may come back empty while another station's is under way: whoever asks again finds the rest
    shares.append(claim_until_empty(store, "last/1"))
    assert sorted(plot for share in shares for plot in share) == waiting


def claim_in_process(url: str, data_dir: str, owner: str, start: object, answers: object) -> None:
    with Store.open(url, Path(data_dir)) as store:
        start.wait(DEADLINE_S)
        answers.put(claim_until_empty(store, owner))


def test_that_processes_claiming_at_once_share_every_plot_once(store: Store, store_url: str, tmp_path: Path):
    waiting = free_plots(store, 60)
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(3), context.Queue()
    workers = [
        context.Process(target=claim_in_process, args=(store_url, str(tmp_path), f"process{number}/1", start, answers))
        for number in range(3)
    ]
    for worker in workers:
        worker.start()
    shares = [answers.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(DEADLINE_S)
        assert worker.exitcode == 0
    shares.append(claim_until_empty(store, "last/1"))
    assert sorted(plot for share in shares for plot in share) == waiting


def test_that_an_expired_lease_is_claimed_by_another(store: Store):
    [kept] = commit(store, [new_plot()], "killed/1", 0.2)
    claimed, deadline = [], time.monotonic() + DEADLINE_S
    while not claimed and time.monotonic() < deadline:
        claimed = store.work.claim("b/1", 1, LEASE_S)
    assert claimed == [kept.plot]


def test_that_extending_keeps_a_lease(store: Store):
    commit(store, [new_plot(number) for number in range(3)], "a/1", 0.2)
    assert store.work.extend("a/1", LEASE_S) == 3
    assert store.work.extend("b/1", LEASE_S) == 0
    deadline = time.monotonic() + 0.4
    while time.monotonic() < deadline:
        assert store.work.claim("b/1", 1, LEASE_S) == []


def test_that_releasing_a_station_frees_its_former_lives_only(store: Store):
    commit(store, [new_plot(1)], "hall/life-1")
    commit(store, [new_plot(2)], "hall/life-2")
    commit(store, [new_plot(3)], "hall-b/life-1")
    commit(store, [new_plot(4)], "Hall/life-1")
    assert store.work.release_station("hall", except_owner="hall/life-2") == 1
    assert len(store.work.claim("b/1", 9, LEASE_S)) == 1
    assert store.work.release_station("hall") == 1


@pytest.mark.parametrize("name", ["50%", "under_score", "it's", "Ω"])
def test_that_a_station_of_any_name_is_released(store: Store, name: str):
    commit(store, [new_plot(1)], f"{name}/1")
    commit(store, [new_plot(2)], "500/1")
    assert store.work.release_station(name) == 1


def test_that_a_failed_plot_is_free_again_and_its_attempts_counted(store: Store):
    plot = commit_one(store)
    assert store.work.claim("b/1", 1, LEASE_S) == []
    assert store.work.fail(plot.plot_id, OWNER, "out of memory") == 1
    assert store.work.claim("b/1", 1, LEASE_S) == [plot]
    assert store.work.fail(plot.plot_id, "b/1", "out of memory") == 2


def test_that_a_station_that_lost_its_lease_neither_fails_nor_postpones_what_another_has(store: Store):
    plot = commit_one(store)
    store.work.release(OWNER)
    assert store.work.claim("b/1", 1, LEASE_S) == [plot]
    assert store.work.fail(plot.plot_id, OWNER, "late") == 0
    store.work.postpone([plot.plot_id], OWNER, 0.0)
    assert store.work.claim("c/1", 1, LEASE_S) == []


def test_that_plots_too_old_to_be_judged_are_skipped_and_counted_but_not_those_somebody_has(store: Store):
    old = commit(store, [new_plot(number) for number in range(4)])
    store.work.postpone([item.plot.plot_id for item in old[:3]], OWNER, 0.0)
    fresh = replace(new_plot(9), received_at=datetime.now(UTC))
    store.intake.commit([fresh], OWNER, LEASE_S, Line(keep=0))
    assert store.work.skip_older(3600.0) == 3
    counts = store.counts()
    assert (counts.skipped, counts.pending, counts.plots) == (3, 2, 5)
    assert store.live.plot(old[0].plot.plot_id).state is PlotState.SKIPPED
    assert store.work.skip_older(3600.0) == 0


def test_that_no_clock_of_a_station_moves_a_lease(store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch):
    if store_url.startswith("sqlite"):
        pytest.skip("an embedded store has one machine and one clock")
    commit_one(store)
    for hours in (-5, 5):
        monkeypatch.setattr(clock, "now", lambda hours=hours: datetime.now(UTC) + timedelta(hours=hours))
        assert store.work.claim("b/1", 1, LEASE_S) == []
        assert store.work.extend(OWNER, LEASE_S) == 1
    monkeypatch.undo()
    assert store.work.claim("b/1", 1, LEASE_S) == []


def test_that_the_newest_plot_is_queued_when_its_type_gets_a_model(store: Store):
    plots = [commit_one(store, number) for number in range(3)]
    store.verdicts.record([JudgedPlot(plot) for plot in plots], OWNER)
    assert store.counts().no_model == 3
    model = put_in_force(store)
    assert store.work.requeue("CDC_occupancy") == 1
    assert store.work.requeue("CDC_occupancy") == 0
    [claimed] = store.work.claim("a/1", 9, LEASE_S)
    assert (claimed.plot_id, claimed.state) == (plots[-1].plot_id, PlotState.PENDING)
    assert store.verdicts.record([judged(claimed, model)], "a/1") == {claimed.plot_id}
    counts = store.counts()
    assert (counts.judged, counts.no_model, counts.pending) == (1, 2, 0)


def test_that_plots_taken_in_for_others_are_there_for_whoever_is_free(store: Store) -> None:
    [stored] = store.intake.commit([new_plot(1)], OWNER, LEASE_S, Line(keep=0))
    assert (stored.new, stored.claimed) == (True, False)
    store.work.extend(OWNER, 60.0)  # would keep what is its own
    assert [plot.plot_id for plot in store.work.claim("other/1", 16, 60.0)] == [stored.plot.plot_id]
