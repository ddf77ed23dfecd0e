"""The desk: takes over what the engine tells of alerts, and sends what people do; everybody else asks here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, Signal, Slot

from backend.domain.alert_actions import ActionOutcome, AlertKey
from backend.domain.alert_policy import GateCount
from backend.domain.alerts import Alert, AlertState
from backend.events import AlertsChanged
from hydra_gui.alerts.book import AlertBook
from hydra_gui.alerts.pictures import AlertEngine
from hydra_gui.bridge import Bridge
from hydra_gui.tasks import Tasks
from ui.alerts.wording import name

Do = Callable[[Sequence[AlertKey]], Awaitable[ActionOutcome]]


class AlertDesk(QObject):
    """Holds the book. `start` reads what is open; the bridge is to be opened before."""

    changed = Signal(bool)
    """The book changed; True where somebody is to be told of something new."""
    gates_changed = Signal(object)
    """tuple[GateCount, …]."""
    done = Signal(str)
    """What was done, for the note line."""
    refused = Signal(str)
    """Why something was not done."""

    def __init__(self, engine: AlertEngine, bridge: Bridge, who: str) -> None:
        super().__init__()
        self.book = AlertBook()
        self.gates: tuple[GateCount, ...] = ()
        self._engine, self._who = engine, who
        self._tasks = Tasks(self.refused.emit)
        self._acts = 0
        bridge.alerts_changed.connect(self._take)
        bridge.own_alerts_changed.connect(self._take_own)

    @Slot()
    def start(self) -> None:
        """Read what is open."""
        self._tasks.start("alerts", self._load())

    async def close(self) -> None:
        """End what is under way."""
        await self._tasks.close()

    async def _load(self) -> None:
        view = await self._engine.alerts()
        self._take_over(view.alerts, view.gates)

    @Slot(object)
    def _take(self, event: AlertsChanged) -> None:
        self._take_over(event.alerts, event.gates)

    @Slot(object)
    def _take_own(self, alerts: list[Alert]) -> None:
        self._take_over(alerts, self.gates)

    def _take_over(self, alerts: Sequence[Alert], gates: tuple[GateCount, ...]) -> None:
        news = self.book.update(alerts)
        if gates != self.gates:
            self.gates = gates
            self.gates_changed.emit(gates)
        if news:
            self.changed.emit(any(_is_loud(before, after) for before, after in news))

    # What people do.

    def keys(self, alert_ids: Sequence[int], known: Sequence[Alert] = ()) -> list[AlertKey]:
        """The alerts as a person sees them; `known` are some that are not open any more."""
        closed = {alert.alert_id: alert for alert in known}
        found = (self.book.get(number) or closed.get(number) for number in alert_ids)
        return [AlertKey(alert.alert_id, alert.version) for alert in found if alert is not None]

    def acknowledge(self, keys: Sequence[AlertKey]) -> None:
        """I see to these."""
        self._do("acknowledged", keys, lambda keys: self._engine.acknowledge(keys, self._who))

    def undo(self, keys: Sequence[AlertKey]) -> None:
        """They wait again."""
        self._do("waiting again", keys, lambda keys: self._engine.undo_acknowledge(keys, self._who))

    def shelve(self, keys: Sequence[AlertKey], reason: str, hours: float) -> None:
        """Put these aside."""
        until = datetime.now(UTC) + timedelta(hours=hours)
        self._do("shelved", keys, lambda keys: self._engine.shelve(keys, self._who, reason, until))

    def unshelve(self, keys: Sequence[AlertKey]) -> None:
        """Take these off the shelf."""
        self._do("off the shelf", keys, lambda keys: self._engine.unshelve(keys, self._who))

    def false_alarm(self, keys: Sequence[AlertKey]) -> None:
        """Nothing is wrong with this plot."""
        self._do("labelled and acknowledged", keys, lambda keys: self._engine.false_alarm(keys[0], self._who))

    def _do(self, what: str, keys: Sequence[AlertKey], do: Do) -> None:
        if keys:
            self._acts += 1  # a name of its own: no action ends another that is under way
            self._tasks.start(f"act {self._acts}", self._act(what, keys, do))

    async def _act(self, what: str, keys: Sequence[AlertKey], do: Do) -> None:
        outcome = await do(keys)
        self._take_over(outcome.changed, self.gates)
        if outcome.changed:
            count = len(outcome.changed)
            first = name(outcome.changed[0])
            self.done.emit(f"{first}: {what}" if count == 1 else f"{count} alerts {what}")
        if outcome.refused:
            reasons = list(dict.fromkeys(refusal.why for refusal in outcome.refused))
            more = len(reasons) - 3
            self.refused.emit(" ".join(reasons[:3]) + (f" And {more} more." if more > 0 else ""))


def _is_loud(before: Alert | None, after: Alert) -> bool:
    """Whether a person is to be told: it waits now, and did not before, or is raised again."""
    if after.state is not AlertState.RAISED and not (after.waits and before is not None and not before.waits):
        return False
    return before is None or not before.waits or after.raised_at > before.raised_at
