"""What the explorer asks of the Labelling screen; `ui.labelling` says what each member means."""

# ruff: noqa: D102 - the view itself says what each member means

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QImage

from backend.domain.classifications import Classification
from backend.domain.collecting import Collected
from backend.domain.insight import Agreement, EmbeddingMap
from ui.labelling.label_all import Share


class MapView(Protocol):
    """The page of the map."""

    picked: SignalInstance
    pointed_at: SignalInstance
    preview_spec_changed: SignalInstance
    cancelled: SignalInstance
    retry_requested: SignalInstance

    def show_progress(self, done: float) -> None: ...
    def say(self, title: str, words: str, *, may_help: bool = True) -> None: ...
    def show_map(self, found: EmbeddingMap, classes: Mapping[str, Classification]) -> None: ...
    def show_preview(self, plot_id: int, image: QImage | None, words: str = "") -> None: ...


class FaultsView(Protocol):
    """The dialog in which faults are made."""

    faults_requested: SignalInstance
    recipe_changed: SignalInstance
    faults_confirmed: SignalInstance

    def ask_for_faults(self, title: str, classes: Sequence[str]) -> None: ...
    def show_fault(self, image: QImage) -> None: ...
    def say_of_faults(self, words: str, *, busy: bool = False) -> None: ...


class ExplorerView(FaultsView, Protocol):
    """What is shown beside the plots themselves."""

    similar_requested: SignalInstance
    map_requested: SignalInstance
    all_requested: SignalInstance
    all_confirmed: SignalInstance
    left: SignalInstance
    keep_requested: SignalInstance
    collecting_requested: SignalInstance
    class_requested: SignalInstance
    class_confirmed: SignalInstance
    percent_chosen: SignalInstance

    @property
    def map_page(self) -> MapView: ...
    def show_together(self, words: str, *, together: bool, may_label: bool, keeps: bool) -> None: ...
    def ask_for_all(self, shares: Sequence[Share], classes: Sequence[str], proposed: str) -> None: ...
    def ask_for_class(self, taken: Sequence[str]) -> None: ...
    def show_agreement(self, agreement: Agreement) -> None: ...
    def show_collected(self, collected: Collected) -> None: ...
    def ask_collecting(self, collected: Collected, refusal: str) -> None: ...
