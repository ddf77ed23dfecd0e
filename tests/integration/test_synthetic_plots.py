"""Variants of a fault, stored: marked, labelled, of their parent's run, and never in a validation."""

from datetime import UTC, datetime

import pytest

from backend.domain.errors import UnknownNameError
from backend.domain.labelling import LabelScope, PlotOrder, PlotQuery
from backend.domain.labels import NewLabel
from backend.domain.synthetic import FaultKind, FaultOrder, FaultRecipe
from backend.engine.plot_notes import noted_items
from backend.services.training import Training, TrainingPlan
from backend.store import Store
from backend.training.making_faults import make_faults, preview_fault
from tests.fakes.plots_to_label import add_plots

KIND = "FTOF_tdc"
SQUARE = ((0.1, 0.2), (0.4, 0.2), (0.4, 0.6), (0.1, 0.6))


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as opened:
        yield opened


def order(parents, count=12, label="DeadPaddle", **given) -> FaultOrder:
    return FaultOrder(KIND, FaultRecipe(FaultKind.DEAD, SQUARE), parents, count, label, "expert", **given)


def test_that_variants_are_marked_labelled_and_part_of_training_but_never_of_validation(store: Store, tmp_path):
    plots = add_plots(store, KIND, 24, looks=6, end=datetime(2026, 11, 21, tzinfo=UTC))
    store.labels.add_many([NewLabel(plot.plot_id, "Good", "expert", "import") for plot in plots])
    parents = tuple(plot.plot_id for plot in plots)
    made = make_faults(store, order(parents, count=24))
    assert len(made) == 24
    assert {one.parent_id for one in store.synthetic.of(made).values()} == set(parents)
    [item] = noted_items(store, made[:1], "")
    assert (item.label.classification, item.label.who) == ("DeadPaddle", "expert")
    assert "synthetic, made by expert" in item.note
    assert item.plot.identity == plots[0].identity
    training = Training(store, TrainingPlan(KIND, "expert"), tmp_path / "work")
    summary = training._prepare(tmp_path / "data", store.labels.latest(KIND))
    counts = {count.label: count for count in summary.counts}
    assert counts["DeadPaddle"].validate == 0
    assert counts["DeadPaddle"].train == counts["DeadPaddle"].synthetic > 0
    assert counts["Good"].validate > 0
    assert counts["Good"].synthetic == 0
    assert any("run that validates" in item.reason for item in summary.left_out)


def test_that_the_preview_is_the_first_variant_and_nothing_is_made_of_a_wrong_order(store: Store):
    [plot, *_] = add_plots(store, KIND, 2, looks=2)
    [made] = make_faults(store, order((plot.plot_id,), count=1))
    [variant] = store.archive.plots([made])
    shown = preview_fault(store, plot, order(()).recipe)
    assert (preview_fault(store, variant, FaultRecipe(FaultKind.DEAD, SQUARE, 0.0)) == shown).all()
    for wrong, error in ((order((plot.plot_id,), count=0), ValueError), (order((99,)), UnknownNameError)):
        with pytest.raises(error):
            make_faults(store, wrong)
    assert len(store.labelling.listing(PlotQuery(KIND, PlotOrder.LOT, LabelScope.ALL)).plot_ids) == 3
