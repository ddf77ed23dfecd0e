"""Further opinions on plots that were judged before: kept beside what counts, and never in its way."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from backend.domain.errors import UnknownNameError
from backend.domain.intake import JudgedPlot
from backend.domain.plots import Plot, PlotState
from backend.domain.predictions import ModelInForce
from backend.domain.verdicts import AlarmGate, reprocessed
from backend.store import Store
from backend.store.tables import predictions, verdicts
from tests.samples import OWNER, commit, commit_one, judged, new_plot, put_in_force, register


def again(plot: Plot, model: ModelInForce, bad: float = 0.9) -> JudgedPlot:
    outcome = judged(plot, model, bad)
    assert outcome.verdict is not None
    return replace(outcome, verdict=reprocessed(outcome.verdict))


def other_model(store: Store) -> ModelInForce:
    """A registered model that is not in force."""
    info = store.models.get(register(store, seed=9))
    return ModelInForce(info.model_id, info.digest, info.labels, info.thresholds)


def rows_of(store: Store, table) -> int:
    return store.database.read(lambda connection: connection.scalar(select(func.count()).select_from(table)))


def test_that_plots_without_a_verdict_of_a_model_are_found_and_those_that_wait_are_not(store: Store):
    in_force, other = put_in_force(store), other_model(store)
    plots = [kept.plot for kept in commit(store, [new_plot(number) for number in range(4)])]
    commit_one(store, 9, plot_type="FDC_hits")
    store.verdicts.record([judged(plot, in_force) for plot in plots[:3]], OWNER)
    assert store.archive.without_verdict(other.model_id) == ([plot.plot_id for plot in plots[:3]], 0)
    assert store.archive.without_verdict(in_force.model_id) == ([], 3)
    store.archive.record([again(plots[0], other)])
    assert store.archive.without_verdict(other.model_id) == ([plot.plot_id for plot in plots[1:3]], 1)
    assert [plot.plot_id for plot in store.archive.plots([plots[1].plot_id, 999])] == [plots[1].plot_id]
    with pytest.raises(UnknownNameError, match="no model 99"):
        store.archive.without_verdict(99)


def test_that_a_further_opinion_is_recorded_once_and_changes_nothing_that_is_shown(store: Store):
    in_force, other = put_in_force(store), other_model(store)
    plot = commit_one(store)
    store.verdicts.record([judged(plot, in_force, bad=0.1)], OWNER)
    before, counts = store.live.hall(), store.counts()
    assert store.archive.record([again(plot, other)]) == {plot.plot_id}
    assert store.archive.record([again(plot, other, bad=0.2)]) == set()
    assert rows_of(store, verdicts) == rows_of(store, predictions) == 2
    assert [(tile.verdict, tile.strip) for tile in store.live.hall()] == [(tile.verdict, tile.strip) for tile in before]
    assert store.counts() == counts
    assert store.archive.record([]) == set()


def test_that_a_plot_that_waits_for_its_first_verdict_is_left_to_the_engine(store: Store):
    model = put_in_force(store)
    plot = commit_one(store)
    assert store.archive.record([again(plot, model)]) == set()
    assert rows_of(store, verdicts) == 0
    store.verdicts.record([judged(plot, model)], OWNER)
    [tile] = store.live.hall()
    assert tile.verdict is not None
    assert tile.verdict.alarms


def test_that_what_was_reprocessed_never_hides_the_alarm_of_a_first_verdict(store: Store):
    plot = commit_one(store)
    store.verdicts.record([JudgedPlot(plot)], OWNER)
    model = put_in_force(store)
    store.archive.record([again(plot, model)])
    assert store.work.requeue("CDC_occupancy") == 1
    assert store.verdicts.record([judged(plot, model)], OWNER) == {plot.plot_id}
    [tile] = store.live.hall()
    assert tile.plot is not None
    assert tile.plot.state is PlotState.JUDGED
    assert tile.verdict is not None
    assert tile.verdict.gate is AlarmGate.OPEN
    assert rows_of(store, verdicts) == rows_of(store, predictions) == 1


def test_that_only_reprocessed_verdicts_are_taken(store: Store):
    model = put_in_force(store)
    with pytest.raises(ValueError, match="Only reprocessed"):
        store.archive.record([judged(commit_one(store), model)])
