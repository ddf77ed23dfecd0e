"""The keeper of alerts: tells what changed on any station, ends shelves, notices plots that do not come."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from backend.domain.alert_actions import Act, ActionOutcome, AlertKey, acknowledge, shelve, undo_acknowledge, unshelve
from backend.domain.alert_figures import AlertFigures
from backend.domain.alert_missed import MissedProblem
from backend.domain.alert_policy import AlertPolicy, GateCount
from backend.domain.alert_trial import PolicyView, Trials
from backend.domain.alert_views import AlertDetail, AlertQuery, AlertsView
from backend.domain.alerts import Alert, Shelf
from backend.domain.beam import Beam
from backend.events import AlertsChanged, Event
from backend.pipeline.store_link import StoreLink
from backend.store import Store

_LOOK_EVERY_S = 15.0
"""Without being woken, by this station's own changes or by the follower for those of others."""

_MIND_EVERY_S = 15.0
"""Between two looks for ended shelves and missing plots: each asks the database, and nobody waits for the second."""

_BEAM_EVERY_S = 1.0


class AlertKeeper:
    """Lives on the engine's loop. Everything it tells it has read from the store, its own changes like all others.

    `link` is for what must be written, `read_link` for questions.
    """

    def __init__(
        self,
        store: Store,
        link: StoreLink,
        read_link: StoreLink,
        beam: Callable[[], Beam],
        publish: Callable[[Event], None],
    ) -> None:
        self._store, self._link, self._read_link = store, link, read_link
        self._beam, self._publish = beam, publish
        self._cursor = 0
        self._gates: tuple[GateCount, ...] = ()
        self._news = asyncio.Event()
        self._expected_since = datetime.now(UTC)

    def wake(self) -> None:
        """Something was recorded here: look now."""
        self._news.set()

    async def begin(self) -> None:
        """From now on changes are told; to be awaited before the first view is asked for."""
        self._cursor = await self._link.insist(self._store.alerts.newest_change)

    async def follow_forever(self) -> None:
        """Tell what changed, soon after it did."""
        while True:
            self._news.clear()
            changed, gates = await self._read_link.insist(self._store.alerts.news, self._cursor)
            if changed or gates != self._gates:
                self._gates = gates
                self._cursor = max([self._cursor, *(alert.change for alert in changed)])
                self._publish(AlertsChanged(tuple(changed), gates))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), _LOOK_EVERY_S)

    async def mind_forever(self) -> None:
        """Notice missing plots and ended shelves."""
        looked_at = time.monotonic()
        while True:
            await asyncio.sleep(_BEAM_EVERY_S)
            beam = self._beam()
            if beam.certainly_off:
                self._expected_since = datetime.now(UTC)
            if time.monotonic() - looked_at >= _MIND_EVERY_S:
                looked_at = time.monotonic()
                await self._mind(beam)

    async def _mind(self, beam: Beam) -> None:
        ended = await self._link.insist(self._store.alerts.end_shelves)
        missing = await self._link.insist(self._store.alerts.note_missing, beam, self._expected_since)
        if ended or missing:
            self.wake()

    # Questions.

    async def view(self) -> AlertsView:
        """All open alerts, and what the gates hold back."""
        return await self._read_link.ask(self._store.alerts.view)

    async def history(self, wanted: AlertQuery) -> tuple[Alert, ...]:
        """Alerts open and closed, newest raised first."""
        return tuple(await self._read_link.ask(self._store.alerts.history, wanted))

    async def detail(self, alert_id: int) -> AlertDetail:
        """One alert with everything."""
        return await self._read_link.ask(self._store.alerts.detail, alert_id)

    async def figures(self, days: float) -> AlertFigures:
        """See `AlertsApi`."""
        return await self._read_link.ask(self._store.alerts.figures, days)

    async def policy(self, plot_type: str) -> PolicyView:
        """See `AlertsApi`."""
        return await self._read_link.ask(self._store.alerts.policy_view, plot_type)

    async def try_policy(self, plot_type: str, policy: AlertPolicy, days: float) -> Trials:
        """See `AlertsApi`."""
        return await self._read_link.ask(self._store.alerts.try_policy, plot_type, policy, days)

    # Actions.

    async def set_policy(self, plot_type: str, policy: AlertPolicy | None, who: str, reason: str) -> None:
        """See `AlertsApi`."""
        await self._link.ask(self._store.alerts.set_policy, plot_type, policy, who, reason)

    async def acknowledge(self, keys: Sequence[AlertKey], who: str, reason: str = "") -> ActionOutcome:
        """See `AlertsApi`."""
        return await self._act(keys, acknowledge(who, reason))

    async def undo_acknowledge(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        """See `AlertsApi`."""
        return await self._act(keys, undo_acknowledge(who))

    async def shelve(self, keys: Sequence[AlertKey], who: str, reason: str, until: datetime) -> ActionOutcome:
        """See `AlertsApi`."""
        return await self._act(keys, shelve(Shelf(who, reason, until)))

    async def unshelve(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        """See `AlertsApi`."""
        return await self._act(keys, unshelve(who))

    async def false_alarm(self, key: AlertKey, who: str) -> ActionOutcome:
        """See `AlertsApi`."""
        outcome = await self._link.ask(self._store.alerts.false_alarm, key, who)
        self.wake()
        return outcome

    async def missed_problem(self, missed: MissedProblem) -> Alert:
        """See `AlertsApi`."""
        raised = await self._link.ask(self._store.alerts.missed_problem, missed)
        self.wake()
        return raised

    async def _act(self, keys: Sequence[AlertKey], act: Act) -> ActionOutcome:
        outcome = await self._link.ask(self._store.alerts.act, keys, act)
        self.wake()
        return outcome
