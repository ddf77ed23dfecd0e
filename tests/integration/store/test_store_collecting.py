"""Which images are kept, on both databases: by verdict, by lot and by label, and what may be removed."""

from dataclasses import replace

import pytest

from backend.domain.collecting import KeptFor, lot_of
from backend.domain.errors import UnknownNameError
from backend.domain.labels import NewLabel
from backend.domain.plots import PlotIdentity
from backend.store import Store
from backend.store.audit import read_audit
from tests.samples import OWNER, START, commit, judged, new_plot, put_in_force

KIND = "CDC_occupancy"
_LATER = START.replace(year=2030)


def judge(store: Store, count: int, bad: float = 0.1, first: int = 0, confirmed: bool = True):
    plots = [item.plot for item in commit(store, [new_plot(first + n, run=40 + n) for n in range(count)])]
    model = store.models.in_force().get(KIND) or put_in_force(store)
    outcomes = [judged(plot, model, bad) for plot in plots]
    outcomes = [replace(one, verdict=replace(one.verdict, confirmed=confirmed)) for one in outcomes]
    store.verdicts.record(outcomes, OWNER)
    return plots


def test_that_alarming_and_unconfirmed_plots_are_kept_and_harmless_ones_are_not(store: Store):
    store.plot_types.ensure(KIND)
    store.collecting.set_percent(KIND, 0, "expert")
    [alarming] = judge(store, 1, bad=0.9)
    [unsure] = judge(store, 1, bad=0.4, first=10, confirmed=False)
    [harmless] = judge(store, 1, bad=0.1, first=20)
    ids = [alarming.plot_id, unsure.plot_id, harmless.plot_id]
    assert store.collecting.reasons(ids) == {
        alarming.plot_id: {KeptFor.ALARM},
        unsure.plot_id: {KeptFor.UNCONFIRMED},
    }


def test_that_the_sample_is_of_the_rate_set_while_running_and_keeps_a_model_s_word_out_of_it(store: Store):
    store.plot_types.ensure(KIND)
    store.collecting.set_percent(KIND, 30, "expert")
    plots = judge(store, 60)
    sampled = set(store.collecting.reasons([plot.plot_id for plot in plots]))
    assert sampled == {plot.plot_id for plot in plots if lot_of(plot.sha256, plot.identity) < 0.3}
    store.collecting.set_percent(KIND, 100, "expert")
    more = judge(store, 5, first=100)
    assert len(store.collecting.reasons([plot.plot_id for plot in more])) == 5
    found = store.collecting.collected(KIND)
    assert (found.percent, found.plots, found.kept) == (100, 65, len(sampled) + 5)
    assert dict(found.by_reason) == {KeptFor.SAMPLE: len(sampled) + 5}
    assert found.bytes_each == pytest.approx(len(b"image 10 of CDC_occupancy"), abs=2)
    assert store.collecting.percents() == {KIND: 100}
    told = [entry for entry in read_audit(store.database) if entry.what == "image sample"]
    assert {(entry.before, entry.after, entry.who) for entry in told} == {
        ("1 %", "30 %", "expert"),
        ("30 %", "100 %", "expert"),
    }


def test_that_a_plot_without_a_model_may_be_in_the_sample(store: Store):
    store.plot_types.ensure(KIND)
    store.collecting.set_percent(KIND, 100, "expert")
    [kept] = commit(store, [new_plot(1)])
    store.verdicts.record([replace(judged(kept.plot, put_in_force(store)), model=None, verdict=None)], OWNER)
    assert store.collecting.reasons([kept.plot.plot_id]) == {kept.plot.plot_id: {KeptFor.SAMPLE}}


def test_that_a_labelled_plot_is_kept_and_one_that_is_asked_about_twice_is_marked_once(store: Store):
    store.plot_types.ensure(KIND)
    store.collecting.set_percent(KIND, 0, "expert")
    [plot] = judge(store, 1)
    for name in ("Good", "Bad"):
        store.labels.add_many([NewLabel(plot.plot_id, name, "expert", "import")])
    assert store.collecting.reasons([plot.plot_id]) == {plot.plot_id: {KeptFor.LABEL}}


def test_that_a_rate_must_be_a_share_and_the_plot_type_be_there(store: Store):
    with pytest.raises(UnknownNameError):
        store.collecting.set_percent("Nothing", 5, "expert")
    store.plot_types.ensure(KIND)
    with pytest.raises(ValueError, match="0 to 100"):
        store.collecting.set_percent(KIND, 101, "expert")


def test_that_lots_are_uniform_reproducible_and_not_shared_by_plots_that_look_the_same():
    lots = [lot_of("ab" * 32, PlotIdentity(KIND, run, None, "p")) for run in range(4000)]
    assert lots == [lot_of("ab" * 32, PlotIdentity(KIND, run, None, "p")) for run in range(4000)]
    assert 0.47 < sum(lots) / len(lots) < 0.53
    assert 340 < sum(lot < 0.1 for lot in lots) < 460
