"""The tile book and the models over it: order, filters, counts, attention, calm under the pointer."""

from __future__ import annotations

import random
import time

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QSignalSpy

from backend.domain.plots import PlotState
from backend.domain.verdicts import AlarmGate
from hydra_gui.live.attention_model import AttentionModel
from hydra_gui.live.grid_model import UNGROUPED, Choice, GridModel
from hydra_gui.live.tile_book import TileBook
from hydra_gui.live.tile_images import TileImages
from tests.fakes.engine import FakeEngine
from tests.fakes.tiles import make_hall, make_tile
from ui.grid.composer import BodySpec
from ui.grid.roles import Body, Section, TileRole, TileRows
from ui.live.filters import Grouping, TileFilter

SPEC = BodySpec(120, 90, 1.0, "#FFFFFF")


class Models:
    """A book with both models, fed together as the presenter does."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.images = TileImages(self.engine, threads=1)
        self.book = TileBook()
        self.grid = GridModel(self.book, self.images)
        self.attention = AttentionModel(self.book, self.images)

    def take(self, *tiles):
        changes = self.book.update(tiles)
        self.grid.apply(changes)
        self.attention.apply(changes)
        return changes

    def close(self) -> None:
        self.images.close()
        self.engine.close()


@pytest.fixture
def models(qtbot):
    made = Models()
    yield made
    made.close()


def test_that_item_models_keep_qts_rules(models, qtmodeltester):
    models.take(*make_hall(30))
    for model in (models.grid, models.attention):
        qtmodeltester.check(model)
    models.take(make_tile("new", "Bad", plot_id=900, group=("Alpha",)))
    models.grid.choose(Choice(chip=TileFilter.ALARM))
    models.grid.choose(Choice(grouping=Grouping.NONE))
    models.take(*make_hall(30, first_plot_id=1000))


def test_that_random_updates_keep_qts_rules_and_the_right_order(models, qtmodeltester):
    rng = random.Random(7)
    models.take(*make_hall(10))
    qtmodeltester.check(models.grid)
    qtmodeltester.check(models.attention)
    for step in range(300):
        name, group = f"p{rng.randrange(40)}", (rng.choice("ABC"),)
        tile = make_tile(name, rng.choice(["Good", "Bad", "HotChannel"]), plot_id=100 + step, group=group)
        models.take(tile)
        if step % 20 == 0:
            models.grid.choose(Choice(chip=rng.choice(list(TileFilter)), search=rng.choice(["", "p1", "bad"])))
        if step % 7 == 0:
            models.attention.hold(rng.random() < 0.5)
    models.grid.choose(Choice())
    keys = [models.book[name].key for name in models.grid.names()]
    assert keys == sorted(keys)
    assert len(keys) == len(models.book)
    models.attention.hold(False)
    worst = [models.book[name].tile.verdict.severity for name in models.attention.names()]
    assert worst == sorted(worst, reverse=True)
    assert len(worst) == models.attention.count


def test_that_tiles_stand_by_group_then_name_with_ungrouped_ones_last(models):
    models.take(
        make_tile("z", plot_id=1, group=("A",)), make_tile("b", plot_id=2, group=("B", "x")),
        make_tile("a", plot_id=3, group=()), make_tile("c", plot_id=4, group=("A",)),
    )  # fmt: skip
    assert list(models.grid.names()) == ["c", "z", "b", "a"]
    assert list(models.grid.sections()) == [Section("A", 2), Section("B", 1), Section(UNGROUPED, 1)]
    models.grid.choose(Choice(grouping=Grouping.GROUP))
    assert list(models.grid.sections()) == [Section("A", 2), Section("B / x", 1), Section(UNGROUPED, 1)]
    assert isinstance(models.grid, TileRows)
    models.grid.choose(Choice(grouping=Grouping.NONE))
    assert list(models.grid.names()) == ["a", "b", "c", "z"]
    assert list(models.grid.sections()) == [Section("", 4)]


def test_that_the_newest_decided_plot_is_shown_and_an_older_one_never_comes_back(models):
    models.take(make_tile("a", "Bad", plot_id=5))
    models.take(make_tile("a", "Good", plot_id=4))
    assert models.book["a"].tile.plot.plot_id == 5
    models.take(make_tile("a", None, plot_id=6, state=PlotState.PENDING))
    assert models.book["a"].tile.plot.plot_id == 5
    assert models.grid.index(0, 0).data(TileRole.WAITING) is True
    assert list(models.attention.names()) == ["a"]
    models.take(make_tile("a", "Good", plot_id=6))
    assert models.grid.index(0, 0).data(TileRole.WAITING) is False
    assert models.attention.rowCount() == 0


def test_that_a_plot_type_without_any_verdict_shows_what_waits(models):
    models.take(make_tile("a", None, plot_id=1, state=PlotState.PENDING))
    assert models.grid.rowCount() == 1
    models.take(make_tile("a", None, plot_id=2, state=PlotState.PENDING))
    assert models.book["a"].tile.plot.plot_id == 2
    models.take(make_tile("a", "Good", plot_id=1))
    assert models.book["a"].tile.plot.plot_id == 2


@pytest.mark.parametrize(
    ("chip", "expected"),
    [
        (TileFilter.ALL, {"good", "bad", "warn", "unsure", "none", "idle"}),
        (TileFilter.ALARM, {"bad"}),
        (TileFilter.WARNING, {"warn"}),
        (TileFilter.UNCONFIRMED, {"unsure"}),
        (TileFilter.NO_MODEL, {"none"}),
    ],
)
def test_that_chips_count_and_show_the_same(models, chip, expected):
    models.take(
        make_tile("good", plot_id=1), make_tile("bad", "Bad", plot_id=2), make_tile("warn", "HotChannel", plot_id=3),
        make_tile("unsure", "Bad", plot_id=4, confirmed=False), make_tile("idle", "NoData", plot_id=6),
        make_tile("none", None, plot_id=5, state=PlotState.NO_MODEL),
    )  # fmt: skip
    models.grid.choose(Choice(chip=chip))
    assert set(models.grid.names()) == expected
    assert models.grid.counts().shown[chip] == len(expected)


def test_that_search_finds_names_groups_and_classes_whatever_the_case(models):
    models.take(make_tile("CDC_occupancy", plot_id=1), make_tile("TOF", "Bad", plot_id=2, group=("Timing",)))
    for words, expected in (("cdc", ["CDC_occupancy"]), ("TIM", ["TOF"]), ("tof bad", ["TOF"]), ("cdc bad", [])):
        models.grid.choose(Choice(search=words))
        assert list(models.grid.names()) == expected


def test_that_hidden_plots_leave_the_grid_but_never_the_attention_pane(models):
    models.take(make_tile("a", plot_id=1), make_tile("b", "Bad", plot_id=2))
    models.grid.choose(Choice(hidden=frozenset({"a", "b", "gone"})))
    assert models.grid.rowCount() == 0
    assert models.grid.counts().hidden == 2
    assert models.grid.counts().shown[TileFilter.ALL] == 0
    assert list(models.attention.names()) == ["b"]
    models.grid.choose(Choice(hidden=frozenset({"a"}), shows_hidden=True))
    assert models.grid.rowCount() == 2


def test_that_rows_wait_while_a_pointer_is_at_work_over_the_grid(models):
    models.grid.choose(Choice(chip=TileFilter.ALARM))
    models.take(*(make_tile(name, "Bad", plot_id=n) for n, name in enumerate("bdf")))
    models.grid.hold(True)
    models.take(make_tile("a", "Bad", plot_id=10), make_tile("d", "Good", plot_id=11))
    assert list(models.grid.names()) == ["b", "d", "f"]
    models.grid.hold(False)
    assert list(models.grid.names()) == ["a", "b", "f"]


def test_that_a_search_is_done_at_once_even_under_the_pointer(models):
    models.take(*make_hall(5))
    models.grid.hold(True)
    models.grid.choose(Choice(search="00002"))
    assert models.grid.rowCount() == 1


def test_that_attention_is_worst_first_and_then_by_when_it_began(models):
    models.take(make_tile("warn", "HotChannel", plot_id=1), make_tile("late", "Good", plot_id=2))
    models.take(make_tile("first", "Bad", plot_id=3))
    models.take(make_tile("late", "Bad", plot_id=4, confidence=0.999))
    models.take(make_tile("first", "Bad", plot_id=5, confidence=0.6))
    assert list(models.attention.names()) == ["first", "late", "warn"]
    assert models.attention.count == 3


def test_that_nothing_moves_under_the_pointer_in_the_attention_pane(models):
    counts = QSignalSpy(models.attention.count_changed)
    models.take(make_tile("warn", "HotChannel", plot_id=1), make_tile("bad", "Bad", plot_id=2))
    models.attention.hold(True)
    models.take(make_tile("worse", "Bad", plot_id=3), make_tile("bad", "Good", plot_id=4))
    assert list(models.attention.names()) == ["bad", "warn", "worse"]
    assert models.attention.index(0, 0).data(TileRole.TILE).verdict.classification == "Good"
    assert models.attention.count == 2
    models.attention.hold(False)
    assert list(models.attention.names()) == ["worse", "warn"]
    assert counts.count() >= 1


def test_that_what_may_not_alarm_is_not_in_the_attention_pane(models):
    models.take(
        make_tile("beam", "Bad", plot_id=1, gate=AlarmGate.NO_BEAM),
        make_tile("unsure", "Bad", plot_id=2, confirmed=False),
        make_tile("empty", "NoData", plot_id=3),
    )
    assert models.attention.rowCount() == 0


def test_that_a_selected_row_stays_selected_when_others_come_and_go(models):
    models.take(*make_hall(10))
    kept = models.grid.index_of("plot_00004")
    persistent = QPersistentModelIndex(kept)
    models.take(make_tile("a_first", plot_id=500, group=("Aaa",)))
    assert persistent.isValid()
    assert persistent.data() == "plot_00004"
    assert persistent.row() == kept.row() + 1


def test_that_a_burst_of_changes_is_announced_together(models, qtbot):
    models.take(*make_hall(100))
    spy = QSignalSpy(models.grid.dataChanged)
    for step in range(50):
        models.take(*(make_tile(f"plot_{n:05d}", plot_id=1000 + step, group=("x",)) for n in range(3)))
    qtbot.waitUntil(lambda: spy.count() > 0)
    assert spy.count() <= 12


def test_that_a_tile_that_changes_its_group_moves_there(models):
    models.take(make_tile("a", plot_id=1, group=("Z",)), make_tile("b", plot_id=2, group=("M",)))
    models.take(make_tile("a", plot_id=3, group=("A",)))
    assert list(models.grid.names()) == ["a", "b"]
    assert [s.title for s in models.grid.sections()] == ["A", "M"]


def test_that_a_group_renamed_without_a_move_changes_its_heading(models):
    models.take(make_tile("a", plot_id=1, group=("A",)), make_tile("b", plot_id=2, group=("Z",)))
    spy = QSignalSpy(models.grid.layoutChanged)
    models.take(make_tile("a", plot_id=3, group=("B",)))
    assert [s.title for s in models.grid.sections()] == ["B", "Z"]
    assert spy.count() == 1


def test_that_models_answer_every_role_and_no_row_beyond_the_last(models, qtbot):
    models.take(make_tile("a", "Bad", plot_id=1))
    index = models.grid.index(0, 0)
    assert index.data(TileRole.BODY) is None
    models.grid.set_body_spec(SPEC)
    index.data(TileRole.BODY)
    qtbot.waitUntil(lambda: isinstance(index.data(TileRole.BODY), Body))
    assert index.data(TileRole.GROUP) == "Tracking"
    assert "Bad" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Run" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert index.data(Qt.ItemDataRole.DecorationRole) is None
    assert models.grid.data(QModelIndex()) is None
    assert models.grid.rowCount(index) == 0


def test_that_ten_thousand_plot_types_are_taken_in_without_a_long_pause(models):
    """The time grows with their number, and no faster: judged beside a thousand on the same machine."""
    many = make_hall(10_000)
    few = many[::10]
    begun = time.thread_time()
    models.take(*few)
    between = time.thread_time()
    models.take(*many)
    ended = time.thread_time()
    assert models.grid.rowCount() == 10_000
    assert sum(section.count for section in models.grid.sections()) == 10_000
    assert ended - between < 30 * (between - begun)
