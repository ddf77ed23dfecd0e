"""The detail pane: shows one plot type and says what was asked of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import QMainWindow, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification
from backend.domain.hall import ExactMap, MapRequest, PlotDetail
from backend.domain.predictions import HeatMap
from ui.detail.empty import EmptyDetail
from ui.detail.enlarged import EnlargedView
from ui.detail.exact_map import ExactMapControls
from ui.detail.facts import Facts, Guidance, heading, taken
from ui.detail.heading import DetailHeading
from ui.detail.heat_controls import HeatControls
from ui.detail.history import ConfidenceHistory
from ui.detail.image_view import PlotImage
from ui.detail.scores import ScoreBars
from ui.detail.wording import KEPT, exact_line, verdict_line, why_no_heat_map
from ui.theme.tokens import GRID, SMALL
from ui.widgets.buttons import Button
from ui.widgets.frames import Pane, Rule, column, row
from ui.widgets.tone import Tone
from ui.widgets.words import ElidedWords

PANE_WIDTH = 50 * GRID
"""The width it is drawn for; it may be made narrower or wider."""

_NARROWEST = 43 * GRID


class DetailPane(Pane):
    """One plot large, with heat map, scores, history and guidance.

    Give it a `PlotDetail`, then the image of its plot. Shortcuts Ctrl+S and Ctrl+L are bound here; the key H is
    drawn on the heat map's button but bound by who owns the screen, since it is for all tiles at once.
    """

    heat_opacity_changed = Signal(float)
    heat_toggled = Signal(bool)
    hide_requested = Signal(str)
    """Hide this plot type."""
    save_requested = Signal(str)
    """Save the image of this plot type's newest plot."""
    exact_requested = Signal(object)
    """MapRequest: an exact heat map is wanted."""
    exact_cancelled = Signal()
    """It is not waited for any more."""
    missed_requested = Signal(object)
    """A problem on this `Plot` that no model noticed."""
    entry_requested = Signal(object, object)
    """PlotDetail and QImage: a logbook entry is wanted."""
    enlarged_requested = Signal(str)
    """The large view was opened on this plot type."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._detail: PlotDetail | None = None
        self._exact: ExactMap | None = None
        self._enlarged: EnlargedView | None = None
        self.empty = EmptyDetail()
        self.heading, self.image = DetailHeading(), PlotImage()
        self.taken = ElidedWords(size=SMALL, tone=Tone.MUTED)
        self.heat, self.exact = HeatControls(), ExactMapControls()
        self.scores_title, self.scores = heading("Probabilities and thresholds"), ScoreBars()
        self.history_title, self.history = heading("Confidence"), ConfidenceHistory()
        self.guidance, self.facts = Guidance(), Facts()
        self._make_buttons()
        self._lay_out()
        self._connect()
        self.setMinimumWidth(_NARROWEST)
        self.clear()

    def _make_buttons(self) -> None:
        self.large_button = Button("Open large", tip="Zoom into the plot")
        self.save_button = Button("Save image…", tip="Save the image file as it came")
        self.missed_button = Button("Missed problem…", tip="Something is wrong here that Hydra did not notice", key="M")
        self.entry_button = Button("Logbook entry…", tip="Make a logbook entry with this plot and its heat map")
        self.hide_button = Button("Hide plot", tip="Take this plot type off the grid")
        for button, key in ((self.large_button, "Ctrl+L"), (self.save_button, "Ctrl+S"), (self.entry_button, "Ctrl+E")):
            button.setToolTip(f"{button.toolTip()}  ({key})")
            button.setFixedHeight(4 * GRID)
        for button in (self.hide_button, self.missed_button):
            button.setFixedHeight(4 * GRID)

    def _lay_out(self) -> None:
        body = QWidget()
        layout = column(self.heading, spacing=GRID, margins=(2 * GRID, 2 * GRID, 2 * GRID, 3 * GRID))
        _add(layout, self.image, self.taken, self.heat, self.exact)
        _add(layout, self.guidance, self.scores_title, self.scores, self.history_title, self.history, self.facts)
        for section in (self.guidance, self.scores_title, self.history_title, self.facts):
            section.setContentsMargins(0, GRID, 0, 0)
        layout.addStretch(1)
        body.setLayout(layout)
        self._page = self._page_of(_scrolling(body))
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)

    def _page_of(self, area: QScrollArea) -> QWidget:
        """The scrolled part over buttons that are always in reach."""
        margins = (2 * GRID, GRID + 4, 2 * GRID, GRID + 4)
        buttons = column(spacing=GRID, margins=margins)
        buttons.addLayout(row(self.large_button, self.save_button, self.hide_button, 1, spacing=GRID))
        buttons.addLayout(row(self.entry_button, self.missed_button, 1))
        page = QWidget()
        layout = column(spacing=0)
        layout.addWidget(area, 1)
        layout.addWidget(Rule())
        layout.addLayout(buttons)
        page.setLayout(layout)
        return page

    def _connect(self) -> None:
        self.heat.opacity_changed.connect(self._heat_changed)
        self.heat.toggled.connect(self.heat_toggled)
        self.exact.requested.connect(self._request_exact)
        self.exact.cancelled.connect(self.exact_cancelled)
        self.exact.dismissed.connect(self._dismiss_exact)
        self.image.enlarge_requested.connect(self.open_large)
        self.large_button.clicked.connect(self.open_large)
        self.save_button.clicked.connect(self._save)
        self.hide_button.clicked.connect(self._hide)
        self.missed_button.clicked.connect(self._missed)
        self.entry_button.clicked.connect(self._enter)
        QShortcut(QKeySequence("Ctrl+E"), self, self._enter)
        QShortcut(QKeySequence("Ctrl+L"), self, self.open_large)
        QShortcut(QKeySequence("Ctrl+S"), self, self._save)

    @property
    def plot_type(self) -> str:
        """Name of the plot type shown, "" while none is."""
        return self._detail.tile.plot_type.name if self._detail else ""

    @property
    def plot_id(self) -> int | None:
        """The plot whose image is shown or waited for."""
        plot = self._detail.tile.plot if self._detail else None
        return plot.plot_id if plot else None

    @property
    def _judged(self) -> tuple[int | None, int | None]:
        """The plot shown, and the model whose verdict is shown with it."""
        verdict = self._detail.tile.verdict if self._detail else None
        return self.plot_id, verdict.model_id if verdict else None

    @property
    def _heat_map(self) -> HeatMap | None:
        if self._exact is not None:
            return self._exact.heat_map
        return self._detail.tile.heat_map if self._detail else None

    def show_detail(self, detail: PlotDetail, classifications: Sequence[Classification]) -> None:
        """Show a plot type. The image of another plot is taken away at once: it must never stand under this verdict."""
        before, self._detail = self._judged, detail
        classes = {known.name: known for known in classifications}
        self.heading.show_detail(detail, classes)
        self.image.setAccessibleName(f"Image of {self.plot_type}")
        self.taken.say(taken(detail))
        self.scores.show_scores(detail.scores, classes)
        self.scores_title.setVisible(bool(detail.scores))
        self.scores.setVisible(bool(detail.scores))
        self._show_history(detail)
        self.guidance.show_detail(detail)
        self.facts.show_detail(detail)
        if self._judged != before:
            self._forget_exact()
        self._show_exact_offer(detail)
        self._show_heat()
        if self.plot_id != before[0] or self.plot_id is None:
            self._await_image()
        self._pages.setCurrentWidget(self._page)

    def _show_exact_offer(self, detail: PlotDetail) -> None:
        classes = [score.classification for score in detail.scores]
        top = detail.tile.verdict.classification if detail.tile.verdict else ""
        self.exact.show_offer(detail.exact, classes, top, has_map=detail.tile.heat_map is not None)

    def _show_heat(self) -> None:
        """Lay the map in force over the plot: an exact one, or that of the verdict."""
        if self._detail is not None:
            self.image.set_heat(self._heat_map)
            self.heat.allow(self._heat_map is not None, why_no_heat_map(self._detail))

    def show_exact_working(self) -> None:
        """An exact heat map is being computed."""
        self.exact.show_working()

    def show_exact(self, found: ExactMap) -> None:
        """Show an exact heat map over its plot; one of another plot or model is not shown."""
        if (found.request.plot.plot_id, found.request.model_id) != self._judged:
            return
        self._exact = found
        self.exact.show_map(found)
        self._show_heat()
        self.heat.set_on(True)
        self._refresh_enlarged()

    def show_exact_error(self, why: str) -> None:
        """Say why there is no exact heat map."""
        self.exact.show_error(why)

    def _forget_exact(self) -> None:
        if self.exact.is_working:
            self.exact_cancelled.emit()
        self._exact = None
        self.exact.reset()

    @Slot()
    def _dismiss_exact(self) -> None:
        self._forget_exact()
        self._show_heat()
        self._refresh_enlarged()

    @Slot(str, str)
    def _request_exact(self, layer: str, classification: str) -> None:
        tile = self._detail.tile if self._detail else None
        if tile is not None and tile.plot is not None and tile.verdict is not None:
            self.exact_requested.emit(MapRequest(tile.plot, tile.verdict.model_id, classification, layer))

    def _show_history(self, detail: PlotDetail) -> None:
        verdict = detail.tile.verdict
        threshold = next(
            (s.threshold for s in detail.scores if verdict and s.classification == verdict.classification), None
        )
        self.history.show_history(detail.history, threshold)
        count = len(detail.history)
        self.history_title.say(f"Confidence of the last {count} verdicts" if count > 1 else "Confidence")
        self.history_title.setVisible(count > 0)
        self.history.setVisible(count > 0)

    def show_image(self, plot_id: int, image: QImage) -> None:
        """Show the image of a plot; one that is no longer asked for, or cannot be decoded, is not shown."""
        if plot_id != self.plot_id:
            return
        if image.isNull():
            self.show_image_error(plot_id, "The image file cannot be decoded.")
            return
        self.image.show_image(image)
        self._allow_image(True)
        self._refresh_enlarged()

    def show_image_error(self, plot_id: int, why: str) -> None:
        """Say that the image of a plot cannot be loaded, and why; the verdict still stands."""
        if plot_id == self.plot_id:
            self.image.show_words(f"The image cannot be loaded. {why} The verdict above still stands.", "plot")
            self._allow_image(False)

    def show_image_expired(self, plot_id: int, when: str) -> None:
        """Say that the image of a plot was let go on purpose: nothing is wrong, and all else is there."""
        if plot_id == self.plot_id:
            self.image.show_words(f"{when}. {KEPT}", "expired")
            self._allow_image(False)

    def clear(self) -> None:
        """Nothing is selected."""
        self._forget_exact()
        self._detail = None
        self.image.set_heat(None)
        self._pages.setCurrentWidget(self.empty)
        self._allow_image(False)
        if self._enlarged is not None:
            self._enlarged.close_view()

    def set_heat_visible(self, visible: bool) -> None:
        """Switch the heat map on or off, as its button does."""
        self.heat.set_on(visible)

    def set_heat_opacity(self, opacity: float) -> None:
        """Set the slider, 0 to 1."""
        self.heat.set_strength(opacity)

    @Slot()
    def open_large(self) -> None:
        """Show the plot over the whole window."""
        image = self.image.image
        if self._detail is None or image is None:
            return
        window = self.window()
        inside = window.centralWidget() if isinstance(window, QMainWindow) else None
        host = inside or window
        if self._enlarged is None or self._enlarged.parentWidget() is not host:
            self._enlarged = EnlargedView(host)
            self._enlarged.closed.connect(self.image.setFocus)
        self._enlarged.open_view(self._large_title(self._detail), image, self._heat_map, self.heat.opacity)
        self.enlarged_requested.emit(self.plot_type)

    def _refresh_enlarged(self) -> None:
        if self._enlarged is not None and self._enlarged.isVisible() and self._detail and self.image.image:
            self._enlarged.title.say(self._large_title(self._detail))
            self._enlarged.canvas.show_image(self.image.image, self._heat_map, self.heat.opacity)

    def _large_title(self, detail: PlotDetail) -> str:
        exact = f" · {exact_line(self._exact)}" if self._exact else ""
        return f"{self.plot_type} · {verdict_line(detail)}{exact}"

    def _await_image(self) -> None:
        waiting = "Loading the image…" if self.plot_id is not None else "No plot of this type has arrived yet."
        self.image.show_words(waiting)
        self._allow_image(False)

    def _allow_image(self, there: bool) -> None:
        self.large_button.setEnabled(there)
        self.save_button.setEnabled(there)
        self.entry_button.setEnabled(there)

    @Slot(float)
    def _heat_changed(self, opacity: float) -> None:
        self.image.set_opacity(opacity)
        if self._enlarged is not None:
            self._enlarged.canvas.set_opacity(opacity)
        self.heat_opacity_changed.emit(opacity)

    @Slot()
    def _save(self) -> None:
        if self._detail is not None and self.save_button.isEnabled():
            self.save_requested.emit(self.plot_type)

    @Slot()
    def _missed(self) -> None:
        plot = self._detail.tile.plot if self._detail is not None else None
        if plot is not None:
            self.missed_requested.emit(plot)

    def _enter(self) -> None:
        if self._detail is not None and self.entry_button.isEnabled():
            self.entry_requested.emit(self._detail, self.image.image)

    @Slot()
    def _hide(self) -> None:
        if self._detail is not None:
            self.hide_requested.emit(self.plot_type)

    @override
    def sizeHint(self) -> QSize:
        return QSize(PANE_WIDTH, 100 * GRID)


def _add(layout: QVBoxLayout, *items: QWidget) -> None:
    for item in items:
        layout.addWidget(item)


def _scrolling(body: QWidget) -> QScrollArea:
    """Scrolls upright only; in the colour of a surface."""
    area = QScrollArea()
    area.setAccessibleName("Details of the plot")
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    area.setWidget(body)
    for part in (area, area.viewport(), body):
        part.setBackgroundRole(QPalette.ColorRole.Base)
        part.setAutoFillBackground(True)
    return area
