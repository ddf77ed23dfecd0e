"""The drawer of the Labelling screen: figures, disagreements to settle, plots to take along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from backend.domain.classifications import default_classification
from backend.domain.contributions import ClassShare, Contributions, Contributor, DayCount
from backend.domain.disagreements import Disagreement
from backend.domain.errors import LabelBundleError, StoreUnavailableError
from backend.domain.label_bundles import Applied, BundleMade, BundleManifest, BundleRequest
from backend.domain.labelling import Labeller, Palette
from hydra_gui.team.presenter import TeamPresenter
from tests.fakes.engine import FakeEngine
from tests.fakes.labelling import KIND, FakeLabelling, plot_to_label
from tests.fakes.live_rig import QtLoop, until
from tests.unit.domain.test_disagreements import DISPUTED, open_disputes
from ui.labelling.screen import LabellingScreen
from ui.team.values import TeamPage

WEEK = Contributions(
    KIND,
    (Contributor("ann", 3, 10, 50), Contributor("bea", 0, 0, 20)),
    (DayCount(date(2026, 11, 20), 7), DayCount(date(2026, 11, 21), 3)),
    (ClassShare(default_classification("Good"), 60), ClassShare(default_classification("Bad"), 10)),
    100,
    70,
)


class FakeTeam:
    """`TeamApi` in memory."""

    def __init__(self) -> None:
        self.found = tuple(Disagreement(plot_to_label(n).plot, *open_disputes(DISPUTED)) for n in (1, 2))
        self.contributed = WEEK
        self.asked: list[str] = []
        self.requests: list[tuple[Path, BundleRequest, str]] = []
        self.trouble: Exception | None = None
        self.going: Callable[[int, int], bool] = lambda done, of: True
        self.ended = asyncio.Event()

    async def contributions(self, plot_type: str, now: datetime) -> Contributions:
        assert now.tzinfo is not None
        self.asked.append(plot_type)
        if self.trouble:
            raise self.trouble
        return self.contributed

    async def disagreements(self, plot_type: str) -> tuple[Disagreement, ...]:
        if self.trouble:
            raise self.trouble
        return self.found

    async def make_bundle(
        self, path: Path, request: BundleRequest, who: str, on_progress: Callable[[int, int], bool]
    ) -> BundleMade:
        self.requests.append((path, request, who))
        await until(lambda: self.ended.is_set() or self.trouble or not on_progress(10, 40))
        if self.trouble:
            raise self.trouble
        if not self.ended.is_set():
            raise LabelBundleError("The label bundle was not made, as you wished. Nothing is left of it.")
        return BundleMade(_manifest(), 12_000_000, 2)

    async def apply_bundle(self, path: Path, on_progress: Callable[[int, int], bool]) -> Applied:
        if self.trouble:
            raise self.trouble
        return Applied(9, 8, 1, 2, (), ("ann",))


def _manifest() -> BundleManifest:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return BundleManifest(uuid4(), uuid4(), "Hall D", "ann", at, "", "0009", (KIND,), 40, "", 0, 0, "", "")


class Rig:
    def __init__(self, screen: LabellingScreen) -> None:
        self.loop = QtLoop()
        self.api, self.screen, self.drawer = FakeTeam(), screen, screen.team
        self.engine = FakeEngine((), lambda plot_id: np.zeros((30, 40, 3), np.uint8))
        self.presenter = TeamPresenter(self.engine, self.api, FakeLabelling(3), screen.team, screen.side)
        self.settled: list[tuple[str, int, str]] = []
        self.presenter.settle_requested.connect(lambda *given: self.settled.append(given))

    def begin(self, refusal: str = "") -> None:
        self.presenter.meet(Labeller("ann", refusal))
        classes = tuple(default_classification(name) for name in ("Good", "Bad", "NoData"))
        self.presenter.follow(Palette(KIND, classes, (), (), 3), ())

    async def until(self, true: Callable[[], object]) -> None:
        await until(true)


def on_the_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on the rig's loop, which serves Qt's timers as well."""

    @wraps(test)
    def run(rig: Rig, **given: object) -> None:
        rig.loop.run(test(rig, **given))

    return run


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[Rig]:
    screen = LabellingScreen()
    qtbot.addWidget(screen)
    screen.resize(1400, 900)
    screen.show()
    made = Rig(screen)
    yield made
    made.loop.run(made.presenter.close())
    made.loop.close()
    made.engine.close()


@on_the_loop
async def test_that_disagreements_are_counted_before_the_drawer_is_opened(rig: Rig) -> None:
    rig.begin()
    button = rig.screen.side.together[TeamPage.DISAGREEMENTS]
    await rig.until(lambda: "2 to settle" in button.text())
    assert not rig.drawer.isVisible()
    button.click()
    assert rig.drawer.page is TeamPage.DISAGREEMENTS
    assert rig.drawer.chips[TeamPage.DISAGREEMENTS].text().endswith("2")
    button.click()
    assert not rig.drawer.isVisible()


@on_the_loop
async def test_that_both_sides_are_shown_with_who_and_when_and_either_can_be_taken(rig: Rig, qtbot: QtBot) -> None:
    rig.begin()
    rig.drawer.open_page(TeamPage.DISAGREEMENTS)
    page = rig.drawer.disagreements
    await rig.until(lambda: page.picture.image is not None)
    assert (page.counts.label.text, page.late.label.text) == ("Good", "Bad")
    assert "expert" in page.counts.by.text()
    assert "laptop" in page.late.by.text()
    page.late.take.click()
    page.counts.take.click()
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    page._menu.actions()[2].trigger()
    page._menu.actions()[-1].trigger()
    assert rig.settled == [(KIND, 1, "Bad"), (KIND, 1, "Good"), (KIND, 2, "NoData"), (KIND, 2, "")]


@on_the_loop
async def test_that_the_last_one_settled_leaves_a_word_and_no_empty_table(rig: Rig) -> None:
    rig.begin()
    rig.drawer.open_page(TeamPage.DISAGREEMENTS)
    await rig.until(lambda: rig.presenter.model.rows)
    rig.api.found = ()
    rig.presenter.refresh()
    await rig.until(lambda: not rig.presenter.model.rows)
    page = rig.drawer.disagreements
    assert page.note.isVisible()
    assert not page.table.isVisible()
    assert rig.screen.side.together[TeamPage.DISAGREEMENTS].text() == "Disagreements"


@on_the_loop
async def test_that_who_may_not_label_sees_why_and_settles_nothing(rig: Rig) -> None:
    rig.begin("Your role is Viewer.")
    rig.drawer.open_page(TeamPage.DISAGREEMENTS)
    page = rig.drawer.disagreements
    await rig.until(lambda: page.picture.image is not None)
    assert not page.counts.take.isEnabled()
    assert page.refusal.isVisible()
    page._settle("Bad")
    assert rig.settled == []


@on_the_loop
async def test_that_the_leader_board_shows_people_days_and_labels_of_one_plot_type_or_all(rig: Rig) -> None:
    rig.begin()
    rig.drawer.open_page(TeamPage.LEADERS)
    page = rig.drawer.leaders
    await rig.until(page.people.isVisible)
    assert "ann: 3 today, 10 this week, 50 in all" in page.people.accessibleName()
    assert "7 on 20 Nov" in page.days.accessibleName()
    assert "Good 60, Bad 10" in page.classes.accessibleName()
    assert page.sentence.text().startswith("70 of 100")
    page.of.setCurrentIndex(1)
    page.of._tell(1)
    await rig.until(lambda: rig.api.asked[-1] == "")


@on_the_loop
async def test_that_an_empty_hall_and_a_database_that_is_away_have_words_of_their_own(rig: Rig) -> None:
    rig.begin()
    rig.api.contributed = Contributions(KIND, (), (), (), 3, 0)
    rig.drawer.open_page(TeamPage.LEADERS)
    page = rig.drawer.leaders
    await rig.until(lambda: page.note._title.text == "Nobody has labelled yet")
    rig.api.trouble = StoreUnavailableError("The database does not answer.")
    rig.presenter.refresh()
    await rig.until(lambda: page.note._title.text == "The labels cannot be counted")
    rig.drawer.open_page(TeamPage.DISAGREEMENTS)
    await rig.until(lambda: "cannot be read" in rig.drawer.disagreements.note._title.text)


@on_the_loop
async def test_that_plots_are_taken_along_as_chosen_with_progress_and_an_end(rig: Rig, tmp_path: Path) -> None:
    rig.begin()
    rig.drawer.open_page(TeamPage.BUNDLES)
    page = rig.drawer.bundles
    await rig.until(lambda: page.of.count() == 2)
    page.runs.setText("40-42")
    page.limit.show_value(200)
    page._make_at(str(tmp_path / "a"))
    await rig.until(lambda: page.bar.isVisible() and page.bar.value() == 10)
    assert not page.make.isEnabled()
    rig.api.ended.set()
    await rig.until(page.make.isEnabled)
    [(path, request, who)] = rig.api.requests
    assert (path, who, request.plot_types, request.limit, request.runs) == (
        tmp_path / "a.hydralabels", "ann", (KIND,), 200, ((40, 42),),
    )  # fmt: skip
    assert page.result.text == "40 plots are in a.hydralabels"
    assert "2 were left out" in page.more.text()


@on_the_loop
async def test_that_taking_along_can_be_cancelled_and_a_refusal_is_told(rig: Rig, tmp_path: Path) -> None:
    rig.begin()
    rig.drawer.open_page(TeamPage.BUNDLES)
    page = rig.drawer.bundles
    page._make_at(str(tmp_path / "a"))
    await rig.until(page.cancel.isVisible)
    page.cancel.click()
    await rig.until(page.make.isEnabled)
    assert "as you wished" in page.more.text()
    page.runs.setText("all of them")
    page._make_at(str(tmp_path / "b"))
    await rig.until(lambda: "does not choose runs" in page.more.text())


@on_the_loop
async def test_that_labels_of_a_bundle_are_brought_home_from_the_window(rig: Rig, tmp_path: Path) -> None:
    rig.begin()
    came: list[bool] = []
    rig.presenter.labels_came.connect(lambda: came.append(True))
    rig.drawer.open_page(TeamPage.BUNDLES)
    page = rig.drawer.bundles
    page._apply_from(str(tmp_path / "a.hydralabels"))
    await rig.until(lambda: came)
    assert page.result.text == "8 labels came home"
    assert page.more.text() == "Of ann. 1 were here before. 2 plots have two labels now: see Disagreements."
    rig.api.trouble = LabelBundleError("This is no label bundle.")
    page._apply_from(str(tmp_path / "b.hydralabels"))
    await rig.until(lambda: page.more.text() == "This is no label bundle.")
