"""The presenter of the Live screen: events into models, choices into the engine's façade and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.api import EngineApi
from backend.domain.classifications import Classification, Symbol
from backend.domain.errors import HydraError, ImageExpiredError
from backend.domain.hall import HallStatus, Tile
from backend.domain.plots import Plot
from backend.events import ModelActivated, OpinionHeard
from hydra_gui.bridge import Bridge
from hydra_gui.live.attention_model import AttentionModel
from hydra_gui.live.exact_maps import ExactMapPresenter
from hydra_gui.live.grid_model import GridModel
from hydra_gui.live.image_saver import ImageSaver
from hydra_gui.live.saving import to_image
from hydra_gui.live.tile_book import TileBook
from hydra_gui.live.tile_images import TileImages
from hydra_gui.live.views import DetailView, LiveView
from hydra_gui.preferences import PreferencesFile
from hydra_gui.tasks import Tasks
from ui.grid.composer import BodySpec
from ui.live.filters import Grouping, TileFilter
from ui.live.screen import LiveState

_COUNT_MS = 100
_OPACITY_MS = 60
_OPACITY_STEP = 0.05
"""Tiles follow the slider in steps, so that images composed before are found again."""


class LivePresenter(QObject):
    """Drives screen and detail pane. `start` once the loop runs; `close` ends its threads and tasks.

    The bridge is to be opened before `start`, so that no event falls between subscription and first view.
    """

    problem_occurred = Signal(str)
    """A sentence for a person: what happened, what it means, what to do."""

    noticed = Signal(str)
    """Good news worth a line, such as where an image was saved."""

    started = Signal()
    """The first view is shown."""

    def __init__(
        self, engine: EngineApi, bridge: Bridge, view: LiveView, detail: DetailView, preferences: PreferencesFile
    ) -> None:
        super().__init__()
        self._engine, self._bridge, self._view, self._detail = engine, bridge, view, detail
        self._file = preferences
        self._preferences = preferences.load()
        self._tasks = Tasks(self.problem_occurred.emit)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="live")
        self._book = TileBook()
        self._images = TileImages(engine, parent=self)
        self.grid = GridModel(self._book, self._images, self)
        self.attention = AttentionModel(self._book, self._images, self)
        self._classifications: tuple[Classification, ...] = ()
        self._status = HallStatus()
        self._loaded = False
        self._image_of = -1
        self._saver = ImageSaver(engine, self._tasks, self._worker, self)
        self._exact = ExactMapPresenter(engine, self._tasks, detail, self)
        self._count_soon = self._timer(_COUNT_MS, self._show_counts)
        self._opacity_soon = self._timer(_OPACITY_MS, self._apply_heat)
        self._restore()
        self._connect()

    def _timer(self, interval: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval)
        timer.setSingleShot(True)
        timer.timeout.connect(slot)
        return timer

    def _restore(self) -> None:
        """Give the view its models and all that was chosen in former sessions."""
        kept, view = self._preferences, self._view
        self.grid.choose(replace(self.grid.choice, hidden=frozenset(kept.hidden), grouping=kept.grouping))
        self._apply_heat()
        view.set_models(self.grid, self.attention)
        view.set_hidden(self.grid.choice.hidden)
        view.show_heat_maps(kept.heat_maps)
        view.show_grouping(kept.grouping)
        view.set_zoom(kept.zoom)
        view.set_sizes(kept.sizes)
        view.show_state(LiveState.LOADING)
        self._detail.set_heat_opacity(kept.opacity)
        self._detail.set_heat_visible(True)
        self._detail.clear()

    def _connect(self) -> None:
        view, detail, bridge = self._view, self._detail, self._bridge
        view.search_changed.connect(self._search)
        view.chip_chosen.connect(self._choose_chip)
        view.grouping_chosen.connect(self._group)
        view.hidden_toggled.connect(self._show_hidden)
        view.heat_maps_toggled.connect(self._toggle_heat)
        view.grid_spec_changed.connect(self._use_grid_spec)
        view.attention_spec_changed.connect(self._use_attention_spec)
        view.grid_held.connect(self._hold_grid)
        view.attention_held.connect(self._hold_attention)
        view.tile_selected.connect(self.show_plot_type)
        view.tile_opened.connect(self._open_large)
        view.layout_changed.connect(self._keep_layout)
        for source in (view, detail):
            source.hide_requested.connect(self.hide)
        view.unhide_requested.connect(self.unhide)
        view.save_requested.connect(self.save)
        view.save_path_chosen.connect(self._saver.write_to)
        self._saver.ready.connect(view.ask_save_path)
        self._saver.saved.connect(self.noticed)
        detail.save_requested.connect(self._save_bare)
        detail.heat_opacity_changed.connect(self._set_opacity)
        bridge.tiles_changed.connect(self._take)
        bridge.status_changed.connect(self._show_status)
        bridge.model_activated.connect(self._model_activated)
        bridge.opinion_heard.connect(self._opinion_heard)
        self.attention.count_changed.connect(self._show_attention)

    # Life.

    @Slot()
    def start(self) -> None:
        """Fetch the hall as it is now; until then the screen says that it is being read."""
        self._tasks.start("view", self._load())

    async def _load(self) -> None:
        view = await self._engine.view()
        self._classifications = view.classifications
        self._view.set_classifications({known.name: known for known in view.classifications})
        self._loaded = True
        self._take(list(view.tiles))
        self._show_status(view.status)
        self._show_counts()
        self._view.show_state(LiveState.READY if len(self._book) else LiveState.EMPTY)
        self.started.emit()

    async def close(self) -> None:
        """End tasks, timers and threads; preferences are on disk afterwards."""
        self._count_soon.stop()
        self._opacity_soon.stop()
        await self._tasks.close()
        self._worker.shutdown(wait=True)
        self._images.close()
        self._file.close()

    # Events.

    @Slot(object)
    def _take(self, tiles: list[Tile]) -> None:
        was_empty = not len(self._book)
        changes = self._book.update(tiles)
        self.grid.apply(changes)
        self.attention.apply(changes)
        if self._loaded and was_empty and len(self._book):
            self._view.show_state(LiveState.READY)
        if not self._count_soon.isActive():
            self._count_soon.start()
        if self._view.selected in changes.changed:
            self._fetch_detail(self._view.selected)

    @Slot(object)
    def _show_status(self, status: HallStatus) -> None:
        self._status = status
        self._show_attention(self.attention.count)

    @Slot(object)
    def _model_activated(self, event: ModelActivated) -> None:
        if event.plot_type == self._view.selected:
            self._fetch_detail(event.plot_type)

    @Slot(object)
    def _opinion_heard(self, event: OpinionHeard) -> None:
        if event.plot_type == self._view.selected:
            self._fetch_detail(event.plot_type)

    @Slot()
    def _show_counts(self) -> None:
        self._view.show_counts(self.grid.counts())
        self._show_attention(self.attention.count)

    @Slot(int)
    def _show_attention(self, count: int) -> None:
        """What an empty attention pane says must be true: it is never calm where the application cannot see."""
        self._view.show_attention_count(count)
        blind = self._status.health.blind
        if blind:
            self._view.say_attention("Cannot see", f"New problems go unnoticed now. {blind}", Symbol.QUESTION)
        elif not self._loaded or not len(self._book):
            self._view.say_attention("Nothing judged yet", "", Symbol.DASH)
        else:
            count = len(self._book)
            text = f"No alarm and no confirmed warning among {count} plot{'s' * (count != 1)}."
            self._view.say_attention("Nothing needs attention", text, Symbol.CHECK)

    # What the grid shows.

    @Slot(str)
    def _search(self, text: str) -> None:
        self.grid.choose(replace(self.grid.choice, search=text))

    @Slot(object)
    def _choose_chip(self, chip: TileFilter) -> None:
        self.grid.choose(replace(self.grid.choice, chip=chip))

    @Slot(object)
    def _group(self, grouping: Grouping) -> None:
        self.grid.choose(replace(self.grid.choice, grouping=grouping))
        self._view.show_grouping(grouping)
        self._keep(grouping=grouping)

    @Slot(bool)
    def _show_hidden(self, on: bool) -> None:
        self.grid.choose(replace(self.grid.choice, shows_hidden=on))
        self._show_counts()

    @Slot(str)
    def hide(self, plot_type: str) -> None:
        """Take a plot type off the grid; when it alarms the attention pane shows it all the same."""
        self._set_hidden(self.grid.choice.hidden | {plot_type})
        self.noticed.emit(f"{plot_type} is hidden. It still shows up when it needs attention.")

    @Slot(str)
    def unhide(self, plot_type: str) -> None:
        """Put a plot type back on the grid."""
        self._set_hidden(self.grid.choice.hidden - {plot_type})

    def _set_hidden(self, hidden: frozenset[str]) -> None:
        self.grid.choose(replace(self.grid.choice, hidden=hidden))
        self._view.set_hidden(hidden)
        self._show_counts()
        self._keep(hidden=tuple(sorted(hidden)))

    @Slot(object)
    def _use_grid_spec(self, spec: BodySpec) -> None:
        self.grid.set_body_spec(spec)

    @Slot(object)
    def _use_attention_spec(self, spec: BodySpec) -> None:
        self.attention.set_body_spec(spec)

    @Slot(bool)
    def _hold_grid(self, held: bool) -> None:
        self.grid.hold(held)

    @Slot(bool)
    def _hold_attention(self, held: bool) -> None:
        self.attention.hold(held)

    # Heat maps.

    @Slot(bool)
    def _toggle_heat(self, on: bool) -> None:
        self._keep(heat_maps=on)
        self._apply_heat()
        self._view.show_heat_maps(on)
        self._detail.set_heat_visible(on)

    @Slot(float)
    def _set_opacity(self, opacity: float) -> None:
        """The slider of the detail pane holds for all tiles; switching its heat map off holds for that pane alone."""
        if opacity > 0:
            self._keep(opacity=opacity)
            self._opacity_soon.start()

    @Slot()
    def _apply_heat(self) -> None:
        steps = max(1, round(self._preferences.opacity / _OPACITY_STEP))
        opacity = round(steps * _OPACITY_STEP, 2)
        self.grid.set_heat(opacity if self._preferences.heat_maps else 0.0, both_at=opacity)
        self.attention.set_heat(opacity)

    # Detail.

    @Slot(str)
    def show_plot_type(self, plot_type: str) -> None:
        """Select a plot type, here or from elsewhere in the window, and show its detail."""
        if self._view.selected != plot_type:
            self._view.select(plot_type)
        self._image_of = -1
        self._fetch_detail(plot_type)

    def _fetch_detail(self, plot_type: str) -> None:
        self._tasks.start("detail", self._show_detail(plot_type))

    async def _show_detail(self, plot_type: str) -> None:
        detail = await self._engine.detail(plot_type)
        self._detail.show_detail(detail, self._classifications)
        plot = detail.tile.plot
        if plot is not None and plot.plot_id != self._image_of:
            await self._show_image(plot)

    async def _show_image(self, plot: Plot) -> None:
        try:
            rgb = await self._engine.image(plot)
        except ImageExpiredError as error:
            self._detail.show_image_expired(plot.plot_id, str(error))
            return
        except HydraError as error:
            self._detail.show_image_error(plot.plot_id, str(error))
            return
        image = await asyncio.get_running_loop().run_in_executor(self._worker, to_image, rgb)
        self._detail.show_image(plot.plot_id, image)
        self._image_of = plot.plot_id

    @Slot(str)
    def _open_large(self, plot_type: str) -> None:
        if self._image_of >= 0 and plot_type == self._view.selected:
            self._detail.open_large()
        else:
            self.show_plot_type(plot_type)

    @Slot(str)
    def _save_bare(self, plot_type: str) -> None:
        self.save(plot_type, with_heat=False)

    @Slot(str, bool)
    def save(self, plot_type: str, with_heat: bool) -> None:
        """Save the plot shown now: the file as it came, or a picture with the heat map laid over it."""
        entry = self._book.get(plot_type)
        if entry is not None:
            self._saver.prepare(entry.tile, self._preferences.opacity if with_heat else 0.0)

    # Preferences.

    @Slot()
    def _keep_layout(self) -> None:
        self._keep(sizes=tuple(self._view.sizes()), zoom=self._view.zoom())

    def _keep(self, **changes: Any) -> None:  # noqa: ANN401 - fields of LivePreferences
        self._preferences = replace(self._preferences, **changes)
        self._file.save(self._preferences)
