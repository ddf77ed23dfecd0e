"""What the labelling presenter asks of its view; `ui.labelling.screen` says what each member means."""

# ruff: noqa: D102 - the view itself says what each member means

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import QAbstractItemModel, SignalInstance
from PySide6.QtGui import QImage

from backend.domain.classifications import Classification, Symbol
from ui.labelling.values import Choice, LabelTile, Narrowing, Page, Progress, Swatch, Waiting


class LabellingView(Protocol):
    """The Labelling screen as the presenter sees it."""

    opened: SignalInstance
    plot_type_chosen: SignalInstance
    narrowed: SignalInstance
    brush_chosen: SignalInstance
    class_keyed: SignalInstance
    stroke_moved: SignalInstance
    stroke_ended: SignalInstance
    range_painted: SignalInstance
    confirm_requested: SignalInstance
    undo_requested: SignalInstance
    redo_requested: SignalInstance
    retry_requested: SignalInstance
    discard_requested: SignalInstance
    refresh_requested: SignalInstance
    blind_toggled: SignalInstance
    single_toggled: SignalInstance
    row_opened: SignalInstance
    moved: SignalInstance
    commented: SignalInstance
    preview_wanted: SignalInstance
    grid_spec_changed: SignalInstance
    single_spec_changed: SignalInstance
    preview_spec_changed: SignalInstance

    @property
    def targets(self) -> tuple[int, ...]: ...
    @property
    def first_target(self) -> int: ...
    def set_model(self, model: QAbstractItemModel) -> None: ...
    def offer_plot_types(self, choices: Sequence[Choice]) -> None: ...
    def show_plot_type(self, name: str) -> None: ...
    def offer_narrowing(self, which: Sequence[Choice], labellers: Sequence[Choice]) -> None: ...
    def show_narrowing(self, narrowing: Narrowing) -> None: ...
    def explain_order(self, sentence: str) -> None: ...
    def show_palette(
        self, swatches: Sequence[Swatch], others: Sequence[Classification], classes: Mapping[str, Classification]
    ) -> None: ...
    def show_brush(self, brush: str | None) -> None: ...
    def show_refusal(self, reason: str) -> None: ...
    def show_progress(self, progress: Progress) -> None: ...
    def show_people(self, people: Sequence[tuple[str, int]], who: str) -> None: ...
    def show_steps(self, undo: int, redo: int) -> None: ...
    def show_waiting(self, waiting: Waiting) -> None: ...
    def show_blind(self, *, blind: bool) -> None: ...
    def show_page(self, page: Page, title: str = "", text: str = "") -> None: ...
    def go_to(self, row: int) -> None: ...
    def clear_targets(self) -> None: ...
    def show_single(
        self,
        tile: LabelTile | None,
        known: Classification | None,
        guess: Symbol | None,
        place: int,
        count: int,
        *,
        blind: bool,
    ) -> None: ...
    def show_single_image(self, plot_id: int, image: QImage | None, words: str = "") -> None: ...
    def show_history(self, words: str) -> None: ...
    def show_preview(self, row: int, plot_id: int, image: QImage | None, words: str = "") -> None: ...
