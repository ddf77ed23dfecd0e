import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, select

from backend.domain.classifications import Severity
from backend.domain.intake import JudgedPlot
from backend.domain.plots import PlotState
from backend.store import Store
from backend.store.tables import predictions, verdicts
from tests.samples import LEASE_S, OWNER, commit, commit_one, judged, new_plot, put_in_force


def rows_of(store: Store, table) -> int:
    return store.database.read(lambda connection: connection.scalar(select(func.count()).select_from(table)))


def test_that_a_recorded_verdict_is_on_the_tile_with_its_heat_map(store: Store):
    model = put_in_force(store)
    outcome = judged(commit_one(store), model)
    assert store.verdicts.record([outcome], OWNER) == {outcome.plot.plot_id}
    [tile] = store.live.hall()
    assert tile.verdict == outcome.verdict
    assert tile.plot == replace(outcome.plot, state=PlotState.JUDGED)
    assert tile.heat_map is not None
    assert outcome.prediction is not None
    assert outcome.prediction.heat_map is not None
    assert np.array_equal(tile.heat_map.values, outcome.prediction.heat_map.values)
    assert store.work.pending_count() == 0


def test_that_a_prediction_is_kept_with_embedding_precision_and_timings(store: Store):
    outcome = judged(commit_one(store), put_in_force(store))
    store.verdicts.record([outcome], OWNER)
    row = store.database.read(lambda connection: connection.execute(select(predictions)).one())
    assert outcome.prediction is not None
    assert np.array_equal(np.frombuffer(row.embedding, "<f2"), outcome.prediction.embedding)
    assert np.frombuffer(row.probabilities, "<f4").tolist() == pytest.approx([0.1, 0.9])
    assert (row.precision, row.milliseconds, row.stage_ms) == ("f32", 1.5, '{"read":1.0,"infer":2.5}')


def test_that_recording_twice_makes_one_verdict(store: Store):
    model = put_in_force(store)
    outcomes = [judged(kept.plot, model) for kept in commit(store, [new_plot(number) for number in range(8)])]
    assert len(store.verdicts.record(outcomes, "a/1")) == 8
    assert store.verdicts.record(outcomes, "b/1") == set()
    assert rows_of(store, verdicts) == rows_of(store, predictions) == 8
    assert store.counts().judged == 8


def test_that_a_second_opinion_of_the_same_model_never_replaces_the_first(store: Store):
    model = put_in_force(store)
    plot = commit_one(store)
    store.verdicts.record([judged(plot, model, bad=0.9)], "a/1")
    assert store.verdicts.record([judged(plot, model, bad=0.1)], "b/1") == set()
    [tile] = store.live.hall()
    assert tile.verdict is not None
    assert tile.verdict.classification == "Bad"


def test_that_a_station_that_was_paused_overwrites_nothing_with_the_model_it_knew(store: Store):
    old = put_in_force(store, seed=1)
    plot = commit_one(store)
    store.work.release(OWNER)
    newer = put_in_force(store, seed=2)
    assert store.work.claim("b/1", 1, LEASE_S) == [plot]
    assert store.verdicts.record([judged(plot, newer, bad=0.1)], "b/1") == {plot.plot_id}
    assert store.verdicts.record([judged(plot, old, bad=0.9)], OWNER) == set()
    [tile] = store.live.hall()
    assert tile.verdict is not None
    assert (tile.verdict.classification, tile.verdict.model_id) == ("Good", newer.model_id)
    assert rows_of(store, verdicts) == store.counts().judged == 1


def test_that_only_who_holds_a_plot_may_say_that_there_is_no_model_for_it(store: Store):
    plot = commit_one(store)
    store.work.release(OWNER)
    assert store.work.claim("b/1", 1, LEASE_S) == [plot]
    assert store.verdicts.record([JudgedPlot(plot)], OWNER) == set()
    assert store.live.plot(plot.plot_id).state is PlotState.PENDING
    model = put_in_force(store)
    assert store.verdicts.record([judged(plot, model)], "b/1") == {plot.plot_id}


def test_that_a_plot_without_a_model_is_settled_without_a_verdict(store: Store):
    plot = commit_one(store)
    assert store.verdicts.record([JudgedPlot(plot)], OWNER) == {plot.plot_id}
    assert store.verdicts.record([JudgedPlot(plot)], OWNER) == set()
    assert store.live.plot(plot.plot_id).state is PlotState.NO_MODEL
    assert store.work.pending_count() == rows_of(store, verdicts) == 0


def test_that_a_verdict_counts_even_after_its_lease_was_lost(store: Store):
    model = put_in_force(store)
    plot = commit_one(store)
    store.work.release_station(OWNER.partition("/")[0])
    assert store.work.claim("b/1", 1, LEASE_S) == [plot]
    assert store.verdicts.record([judged(plot, model)], OWNER) == {plot.plot_id}
    assert store.verdicts.record([judged(plot, model)], "b/1") == set()


def test_that_a_plot_that_is_not_in_the_store_is_not_recorded(store: Store):
    model = put_in_force(store)
    plot = commit_one(store)
    stranger = judged(replace(plot, plot_id=plot.plot_id + 1000), model)
    assert store.verdicts.record([stranger, judged(plot, model)], OWNER) == {plot.plot_id}
    assert store.verdicts.record([], OWNER) == set()


def test_that_a_model_without_prediction_is_an_error_and_records_nothing(store: Store):
    model = put_in_force(store)
    plot = commit_one(store)
    with pytest.raises(ValueError, match="no prediction"):
        store.verdicts.record([replace(judged(plot, model), prediction=None)], OWNER)
    assert store.live.plot(plot.plot_id).state is PlotState.PENDING
    assert store.work.pending_count() == 1


def test_that_stations_recording_the_same_plots_at_once_record_each_once(store: Store):
    model = put_in_force(store)
    plots = [kept.plot for kept in commit(store, [new_plot(number) for number in range(30)])]
    start = threading.Barrier(5)

    def station(number: int) -> set[int]:
        ordered = plots if number % 2 else plots[::-1]
        start.wait(20)
        return store.verdicts.record([judged(plot, model) for plot in ordered], f"station{number}/1")

    with ThreadPoolExecutor(5) as pool:
        shares = list(pool.map(station, range(5)))
    assert sorted(plot for share in shares for plot in share) == sorted(plot.plot_id for plot in plots)
    assert rows_of(store, verdicts) == rows_of(store, predictions) == store.counts().judged == 30


def test_that_the_log_lists_verdicts_by_severity_and_time_newest_first(store: Store):
    model = put_in_force(store)
    outcomes = [judged(commit_one(store, number), model, bad=number % 2) for number in range(6)]
    before = datetime.now(UTC)
    for outcome in outcomes:
        store.verdicts.record([outcome], OWNER)
    after = datetime.now(UTC) + timedelta(microseconds=1)
    logged = store.verdicts.logged(before, after, [Severity.ALARM])
    assert [entry.plot.plot_id for entry in logged] == [outcomes[number].plot.plot_id for number in (5, 3, 1)]
    assert logged[0].verdict == outcomes[5].verdict
    assert before <= logged[0].at < after
    assert len(store.verdicts.logged(before, after, list(Severity), limit=4)) == 4
    assert store.verdicts.logged(before, before, list(Severity)) == []
    assert store.verdicts.logged(before, after, []) == []
