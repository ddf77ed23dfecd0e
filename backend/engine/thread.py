"""The engine in a thread of its own, for programs whose main thread belongs to a window."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from backend.api import Listener, Rgb
from backend.config import Settings
from backend.domain.alert_actions import ActionOutcome, AlertKey
from backend.domain.alert_figures import AlertFigures
from backend.domain.alert_missed import MissedProblem
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_trial import PolicyView, Trials
from backend.domain.alert_views import AlertDetail, AlertQuery, AlertsView
from backend.domain.alerts import Alert
from backend.domain.hall import ExactMap, HallView, MapRequest, PlotDetail
from backend.domain.plots import Plot
from backend.domain.quarantine import QuarantinedFile
from backend.engine.labelling import RemoteDesk
from backend.engine.remote_insight import RemoteInsight
from backend.engine.remote_outward import RemoteOutward
from backend.engine.team import TeamDesk
from backend.events import Event

if TYPE_CHECKING:  # the engine brings OpenVINO and SQLAlchemy along; a window must be on screen before that
    from backend.engine.alert_keeper import AlertKeeper
    from backend.engine.engine import Engine
    from backend.engine.own_alerts import OwnAlerts

    Act = Callable[[AlertKeeper | OwnAlerts, Sequence[AlertKey]], Coroutine[Any, Any, ActionOutcome]]

R = TypeVar("R")

_STOP_S = 20.0


class EngineThread:
    """Implements `backend.api.EngineApi` and `AlertsApi`.

    `start` returns at once; `stop` waits until nothing runs any more.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._begun = asyncio.Event()
        self._engine: Engine | None = None
        self._listeners: dict[object, Listener] = {}
        self.labelling = RemoteDesk(self._ask)
        self.team = TeamDesk(self._ask)
        self.insight = RemoteInsight(self._ask)
        self.outward = RemoteOutward(self._ask)
        self._thread = threading.Thread(target=self._main, name="hydra-engine", daemon=True)

    def start(self) -> None:
        """Start the thread; questions may be asked at once, they wait for the engine."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the engine and wait for its thread; RuntimeError when it does not end within 20 s."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(_STOP_S)
        if self._thread.is_alive():
            raise RuntimeError("the engine did not stop in time; plots under way are judged after the next start")

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the engine's thread for every event."""
        key = object()
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    async def view(self) -> HallView:
        """The hall now."""
        return await self._ask(lambda engine: engine.view())

    async def detail(self, plot_type: str) -> PlotDetail:
        """Scores and history of a plot type's newest plot."""
        return await self._ask(lambda engine: engine.detail(plot_type))

    def preview(self, plot_id: int) -> Rgb | None:
        """The preview from memory, or None. Never waits."""
        return self._engine.previews.get(plot_id) if self._engine else None

    def load_preview(self, plot: Plot) -> Rgb:
        """The preview, read and decoded when it is not in memory: for worker threads."""
        found = self.preview(plot.plot_id)
        return self._run(lambda engine: engine.load_preview(plot)).result() if found is None else found

    async def image(self, plot: Plot) -> Rgb:
        """The whole image."""
        return await self._ask(lambda engine: engine.image(plot))

    async def original(self, plot: Plot) -> bytes:
        """The image file as it came."""
        return await self._ask(lambda engine: engine.original(plot))

    async def exact_heat_map(self, request: MapRequest) -> ExactMap:
        """Compute an exact heat map."""
        return await self._ask(lambda engine: engine.exact_heat_map(request))

    async def quarantined(self) -> tuple[QuarantinedFile, ...]:
        """Files set aside, newest first."""
        return await self._ask(lambda engine: engine.quarantined())

    async def watch(self, directory: Path) -> None:
        """Take plots from this directory from now on."""
        await self._ask(lambda engine: engine.watch(directory))

    async def alerts(self) -> AlertsView:
        """See `AlertsApi`, as for all below."""
        return await self._alerts(lambda alerts: alerts.view())

    async def alert_history(self, wanted: AlertQuery) -> tuple[Alert, ...]:
        """Alerts open and closed, newest raised first."""
        return await self._alerts(lambda alerts: alerts.history(wanted))

    async def alert_figures(self, days: float) -> AlertFigures:
        """How soon people came and what alarmed for nothing."""
        return await self._alerts(lambda alerts: alerts.figures(days))

    async def alert_detail(self, alert_id: int) -> AlertDetail:
        """Pictures, words and time line of one alert."""
        if alert_id < 0:
            return await self._ask(lambda engine: engine.own_alerts.detail(alert_id))
        return await self._alerts(lambda alerts: alerts.detail(alert_id))

    async def acknowledge(self, keys: Sequence[AlertKey], who: str, reason: str = "") -> ActionOutcome:
        """I see to it."""
        return await self._act(keys, lambda alerts, keys: alerts.acknowledge(keys, who, reason))

    async def undo_acknowledge(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        """It waits for a person again."""
        return await self._act(keys, lambda alerts, keys: alerts.undo_acknowledge(keys, who))

    async def shelve(self, keys: Sequence[AlertKey], who: str, reason: str, until: datetime) -> ActionOutcome:
        """Put aside for a reason."""
        return await self._act(keys, lambda alerts, keys: alerts.shelve(keys, who, reason, until))

    async def unshelve(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        """Take off the shelf now."""
        return await self._act(keys, lambda alerts, keys: alerts.unshelve(keys, who))

    async def false_alarm(self, key: AlertKey, who: str) -> ActionOutcome:
        """Nothing is wrong with the plot."""
        return await self._alerts(lambda alerts: alerts.false_alarm(key, who))

    async def missed_problem(self, missed: MissedProblem) -> Alert:
        """A person saw what no model did."""
        return await self._alerts(lambda alerts: alerts.missed_problem(missed))

    async def alert_policy(self, plot_type: str) -> PolicyView:
        """The policy of a plot type with its history."""
        return await self._alerts(lambda alerts: alerts.policy(plot_type))

    async def set_alert_policy(self, plot_type: str, policy: AlertPolicy | None, who: str, reason: str) -> None:
        """Put a policy in force."""
        await self._alerts(lambda alerts: alerts.set_policy(plot_type, policy, who, reason))

    async def try_alert_policy(self, plot_type: str, policy: AlertPolicy, days: float) -> Trials:
        """What a policy would have come to."""
        return await self._alerts(lambda alerts: alerts.try_policy(plot_type, policy, days))

    async def _act(self, keys: Sequence[AlertKey], act: Act) -> ActionOutcome:
        """Those below zero are this station's own, and are answered while the database is away."""
        own = [key for key in keys if key.alert_id < 0]
        kept = [key for key in keys if key.alert_id >= 0]
        outcome = await self._ask(lambda engine: act(engine.own_alerts, own)) if own else ActionOutcome()
        if not kept:
            return outcome
        other = await self._alerts(lambda alerts: act(alerts, kept))
        return ActionOutcome(outcome.changed + other.changed, outcome.refused + other.refused)

    async def _alerts(self, question: Callable[[AlertKeeper], Awaitable[R]]) -> R:
        return await self._ask(lambda engine: engine.on_alerts(question))

    async def _ask(self, question: Callable[[Engine], Coroutine[Any, Any, R]]) -> R:
        return await asyncio.wrap_future(self._run(question))

    def _run(self, question: Callable[[Engine], Coroutine[Any, Any, R]]) -> Future[R]:
        return asyncio.run_coroutine_threadsafe(self._answer(question), self._loop)

    async def _answer(self, question: Callable[[Engine], Coroutine[Any, Any, R]]) -> R:
        await self._begun.wait()
        assert self._engine is not None  # noqa: S101 - set before _begun
        return await question(self._engine)

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        from backend.engine.engine import Engine

        engine = self._engine = Engine(self._settings, window=True)
        engine.subscribe(self._tell)
        engine.start()
        self._begun.set()
        await self._end.wait()
        await engine.stop()

    def _tell(self, event: Event) -> None:
        for listener in list(self._listeners.values()):
            listener(event)
