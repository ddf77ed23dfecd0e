"""What a window may ask of the engine. Presenters know this Protocol, never the engine itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.domain.alert_actions import ActionOutcome, AlertKey
from backend.domain.alert_figures import AlertFigures
from backend.domain.alert_missed import MissedProblem
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_trial import PolicyView, Trials
from backend.domain.alert_views import AlertDetail, AlertQuery, AlertsView
from backend.domain.alerts import Alert
from backend.domain.contributions import Contributions
from backend.domain.disagreements import Disagreement
from backend.domain.hall import ExactMap, HallView, MapRequest, PlotDetail
from backend.domain.label_bundles import Applied, BundleMade, BundleRequest
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

    async def alert_figures(self, days: float) -> AlertFigures:
        """How soon people came and what alarmed for nothing in the last `days` days."""

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

    async def missed_problem(self, missed: MissedProblem) -> Alert:
        """A person saw what no model did: raised in that person's name, and the plot labelled, both or neither."""

    async def alert_policy(self, plot_type: str) -> PolicyView:
        """The policy of a plot type with its history; "" is the usual one of all that have none of their own."""

    async def set_alert_policy(self, plot_type: str, policy: AlertPolicy | None, who: str, reason: str) -> None:
        """Put a policy in force from the next plot on, on all stations; None: the usual one holds again."""

    async def try_alert_policy(self, plot_type: str, policy: AlertPolicy, days: float) -> Trials:
        """What a policy, and the one in force, would have come to on the plots of the last `days` days."""


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

    async def items(self, plot_ids: Sequence[int], second_for: str = "") -> tuple[PlotToLabel, ...]:
        """These plots, some hundreds at most, in the order given; those that do not exist are left out.

        For `second_for`, a person who labels as the second one, labels are that person's own and no other's.
        """

    async def record(self, gesture: Gesture) -> Recorded:
        """Save a gesture, once however often it is given; returns when it is committed."""

    async def revert(self, reversal: Reversal) -> Recorded:
        """Take a gesture back; returns when that is committed."""

    async def steps(self, plot_type: str, who: str) -> tuple[Step, ...]:
        """A person's newest gestures on a plot type, oldest first."""

    async def history(self, plot_id: int) -> tuple[LabelChange, ...]:
        """All labels a plot was ever given, oldest first."""


class TeamApi(Protocol):
    """What people who label do together. Coroutines may be awaited on any event loop; errors as in `LabellingApi`.

    `on_progress` is called on another thread with how much of how much is done; False ends the work.
    """

    async def contributions(self, plot_type: str, now: datetime) -> Contributions:
        """Who labelled how much of a plot type, "" for all; days are those of the time zone of `now`."""

    async def disagreements(self, plot_type: str) -> tuple[Disagreement, ...]:
        """Plots on which two people disagree, newest first; of one plot type, or "" for all."""

    async def make_bundle(
        self, path: Path, request: BundleRequest, who: str, on_progress: Callable[[int, int], bool]
    ) -> BundleMade:
        """Write a label bundle; LabelBundleError says why that cannot be done."""

    async def apply_bundle(self, path: Path, on_progress: Callable[[int, int], bool]) -> Applied:
        """Bring the labels of a bundle here; LabelBundleError says why it is not used."""
