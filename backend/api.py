"""What a window may ask of the engine. Presenters know this Protocol, never the engine itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.domain.alert_actions import ActionOutcome, AlertKey
from backend.domain.alert_views import AlertDetail, AlertQuery, AlertsView
from backend.domain.alerts import Alert
from backend.domain.hall import ExactMap, HallView, MapRequest, PlotDetail
from backend.domain.labelling import Labeller, Palette, PlotListing, PlotQuery, PlotToLabel, PlotTypeToLabel, Step
from backend.domain.labels import Gesture, LabelChange, Recorded, Reversal
from backend.domain.outward import Delivered, LogbookEntry, OutwardView
from backend.domain.plots import Plot
from backend.domain.quarantine import QuarantinedFile
from backend.events import Event

Listener = Callable[[Event], None]
Rgb = NDArray[np.uint8]

PREVIEW_LONG_SIDE = 400
"""Pixels that the longer side of a preview has at least (and less than twice that): a tile on a 200 % screen."""


class EngineApi(Protocol):
    """The engine as the window sees it. Coroutines may be awaited on any event loop."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the engine's thread for every event; returns the way to end that."""

    async def view(self) -> HallView:
        """The hall now: status, one tile per plot type, all classifications."""

    async def detail(self, plot_type: str) -> PlotDetail:
        """Scores and history of a plot type's newest plot; KeyError where there is no such plot type."""

    def preview(self, plot_id: int) -> Rgb | None:
        """RGB (h, w, 3) from memory, see `PREVIEW_LONG_SIDE`; None where it must be loaded. Never waits."""

    def load_preview(self, plot: Plot) -> Rgb:
        """The same, read and decoded when it is not in memory: for worker threads."""

    async def image(self, plot: Plot) -> Rgb:
        """The whole image, RGB (h, w, 3)."""

    async def original(self, plot: Plot) -> bytes:
        """The image file as it came."""

    async def exact_heat_map(self, request: MapRequest) -> ExactMap:
        """Compute an exact heat map; takes seconds, and may be cancelled. HydraError says why there is none."""

    async def quarantined(self) -> tuple[QuarantinedFile, ...]:
        """Files set aside, newest first, at most 200."""

    async def watch(self, directory: Path) -> None:
        """Take plots from this directory from now on; ConfigurationError where it cannot be."""


class AlertsApi(Protocol):
    """The part of an engine that is about alerts. Coroutines may be awaited on any event loop.

    An action says what it changed and what it refused, with the reason; `who` is the person, times are UTC.
    """

    async def alerts(self) -> AlertsView:
        """All open alerts, and what the gates hold back."""

    async def alert_history(self, wanted: AlertQuery) -> tuple[Alert, ...]:
        """Alerts open and closed, newest raised first."""

    async def alert_detail(self, alert_id: int) -> AlertDetail:
        """Pictures, words and time line of one alert; KeyError where there is none."""

    async def acknowledge(self, keys: Sequence[AlertKey], who: str, reason: str = "") -> ActionOutcome:
        """I see to it."""

    async def undo_acknowledge(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        """It waits for a person again."""

    async def shelve(self, keys: Sequence[AlertKey], who: str, reason: str, until: datetime) -> ActionOutcome:
        """Put aside for a reason, for 30 days at most; comes back unacknowledged."""

    async def unshelve(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        """Take off the shelf now."""

    async def false_alarm(self, key: AlertKey, who: str) -> ActionOutcome:
        """Nothing is wrong with the plot: acknowledged, and labelled so."""


class OutwardApi(Protocol):
    """Where alerts go besides the screen, as a window uses it. Coroutines may be awaited on any event loop."""

    async def view(self) -> OutwardView:
        """What is configured on this station; never a secret."""

    async def try_destination(self, name: str, who: str) -> Delivered:
        """Send a message that says that nothing is wrong, once."""

    async def write_entry(self, entry: LogbookEntry) -> tuple[Delivered, ...]:
        """Make an entry in each of its logbooks, once; HydraError where its plot cannot be read."""


class LabellingApi(Protocol):
    """Labelling as a window sees it. Coroutines may be awaited on any event loop.

    StoreUnavailableError where the database does not answer (ask again), StoreRefusedError where it refuses,
    UnknownNameError where a plot type or plot does not exist.
    """

    async def labeller(self) -> Labeller:
        """Who labels here, and whether they may."""

    async def plot_types(self) -> tuple[PlotTypeToLabel, ...]:
        """All plot types by name, with how many plots they have and how many of these have a label."""

    async def palette(self, plot_type: str) -> Palette:
        """What plots of a type can be labelled with, and how often each label counts."""

    async def listing(self, query: PlotQuery) -> PlotListing:
        """Plots in the order asked for."""

    async def items(self, plot_ids: Sequence[int]) -> tuple[PlotToLabel, ...]:
        """These plots, some hundreds at most, in the order given; those that do not exist are left out."""

    async def record(self, gesture: Gesture) -> Recorded:
        """Save a gesture, once however often it is given; returns when it is committed."""

    async def revert(self, reversal: Reversal) -> Recorded:
        """Take a gesture back; returns when that is committed."""

    async def steps(self, plot_type: str, who: str) -> tuple[Step, ...]:
        """A person's newest gestures on a plot type, oldest first."""

    async def history(self, plot_id: int) -> tuple[LabelChange, ...]:
        """All labels a plot was ever given, oldest first."""
