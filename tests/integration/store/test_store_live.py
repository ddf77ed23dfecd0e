from dataclasses import replace

import pytest

from backend.domain.classifications import Severity
from backend.domain.errors import UnknownNameError
from backend.domain.hall import STRIP_LENGTH, StripMark
from backend.domain.intake import JudgedPlot
from backend.domain.plots import PlotState
from backend.store import Store
from tests.samples import OWNER, commit, commit_one, judged, new_plot, put_in_force


def take_in_and_judge(store: Store, model, number: int, bad: float, **given):
    outcome = judged(commit_one(store, number, **given), model, bad)
    store.verdicts.record([outcome], OWNER)
    return outcome


def test_that_an_empty_store_shows_no_tiles(store: Store):
    assert store.live.hall() == ()


def test_that_a_plot_type_without_plots_has_an_empty_tile(store: Store):
    info = store.plot_types.ensure("FCAL_hits", ("Calorimeters", "FCAL"), "hits per block", "A. Expert", "Reset.")
    [tile] = store.live.hall()
    assert (tile.plot_type, tile.plot, tile.verdict, tile.strip) == (info, None, None, ())


def test_that_every_plot_type_shows_its_newest_plot_in_order_of_names(store: Store):
    for number in range(6):
        commit_one(store, number, plot_type=f"type {5 - number % 3}")
    newest = {tile.plot_type.name: tile.plot.identity for tile in store.live.hall() if tile.plot}
    assert list(newest) == ["type 3", "type 4", "type 5"]
    assert [tile.plot.received_at for tile in store.live.hall() if tile.plot] == [
        new_plot(number).received_at for number in (5, 4, 3)
    ]


def test_that_a_pending_plot_is_shown_without_verdict_above_the_strip_of_its_forerunners(store: Store):
    model = put_in_force(store)
    take_in_and_judge(store, model, 1, 0.9)
    newest = commit_one(store, 2)
    [tile] = store.live.hall()
    assert (tile.plot, tile.verdict, tile.heat_map) == (newest, None, None)
    assert tile.strip == (StripMark(Severity.ALARM, True, "Bad"),)


def test_that_the_strip_holds_the_last_twenty_oldest_first(store: Store):
    model = put_in_force(store)
    for number in range(STRIP_LENGTH + 3):
        take_in_and_judge(store, model, number, 0.9 if number < 5 else 0.1)
    store.verdicts.record([JudgedPlot(commit_one(store, 99))], OWNER)
    [tile] = store.live.hall()
    bad, good = StripMark(Severity.ALARM, True, "Bad"), StripMark(Severity.NORMAL, True, "Good")
    assert tile.strip == (bad,) + (good,) * (STRIP_LENGTH - 2) + (StripMark(None, False),)
    assert tile.plot is not None
    assert tile.plot.state is PlotState.NO_MODEL


def test_that_the_same_image_arriving_again_is_the_newest_once_more(store: Store):
    first = commit_one(store, 1)
    commit_one(store, 2)
    again = new_plot(1)
    later = new_plot(3)
    store.intake.commit([replace(again, received_at=later.received_at, source=later.source)], OWNER, 9)
    [tile] = store.live.hall()
    assert tile.plot == first


def test_that_many_plot_types_get_their_strips_each(store: Store):
    model = put_in_force(store)
    kept = commit(store, [new_plot(number, plot_type=f"type {number:03d}") for number in range(230)])
    outcomes = [judged(item.plot, model, number % 2) for number, item in enumerate(kept)]
    store.verdicts.record(outcomes, OWNER)
    tiles = [tile for tile in store.live.hall() if tile.plot]
    assert len(tiles) == 230
    assert [tile.strip[0].classification for tile in tiles] == ["Good", "Bad"] * 115


def test_that_the_detail_has_scores_thresholds_history_and_the_model(store: Store):
    model = put_in_force(store)
    outcomes = [take_in_and_judge(store, model, number, 0.1 * number, run=number) for number in range(10)]
    store.thresholds.change(model.model_id, {"Bad": 0.75}, "expert", "by hand")
    detail = store.live.detail("CDC_occupancy", history=4)
    assert detail.tile.plot is not None
    assert detail.tile.plot.plot_id == outcomes[-1].plot.plot_id
    assert [(score.classification, score.threshold) for score in detail.scores] == [("Good", 0.5), ("Bad", 0.75)]
    assert [score.probability for score in detail.scores] == pytest.approx([0.1, 0.9])
    assert [point.run for point in detail.history] == [6, 7, 8, 9]
    last = detail.history[-1]
    assert (last.plot_id, last.taken_at) == (outcomes[-1].plot.plot_id, outcomes[-1].plot.taken_at)
    assert (last.classification, last.confirmed, last.severity) == ("Bad", True, Severity.ALARM)
    assert last.confidence == pytest.approx(0.9)
    assert detail.model == "compact_cbam #1"
    assert len(detail.tile.strip) == 10


def test_that_the_detail_of_a_plot_type_without_plots_is_empty(store: Store):
    store.plot_types.ensure("FCAL_hits")
    detail = store.live.detail("FCAL_hits")
    assert (detail.tile.plot, detail.scores, detail.history, detail.model) == (None, (), (), "")


def test_that_unknown_names_and_numbers_are_key_errors_with_a_sentence(store: Store):
    with pytest.raises(KeyError):
        store.live.detail("cdc_occupancy")
    with pytest.raises(UnknownNameError) as caught:
        store.live.plot(4711)
    assert str(caught.value) == "There is no plot 4711 in the store."
