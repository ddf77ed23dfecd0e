"""An engine with alerts in memory: the real state machine, no store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backend.api import Rgb
from backend.domain.alert_actions import (
    Act,
    ActionOutcome,
    AlertKey,
    Refusal,
    acknowledge,
    check_version,
    false_alarm,
    shelve,
    undo_acknowledge,
    unshelve,
)
from backend.domain.alert_figures import AlertFigures
from backend.domain.alert_missed import MissedProblem, report
from backend.domain.alert_policy import AlertPolicy, GateCount, PolicyChange
from backend.domain.alert_trial import PolicyView, Trial, Trials
from backend.domain.alert_views import AlertDetail, AlertEvent, AlertQuery, AlertsView
from backend.domain.alerts import SYSTEM, Alert, AlertAction, AlertKind, AlertState, Shelf, Transition
from backend.domain.classifications import DEFAULT_CLASSIFICATIONS, Severity
from backend.domain.dispatches import DispatchNote
from backend.domain.errors import AlertRefusedError, StoreRefusedError
from backend.domain.hall import PlotTypeInfo, Tile
from backend.domain.hall_guidance import GUIDANCE
from backend.events import AlertsChanged
from tests.fakes.engine import FakeEngine
from tests.fakes.outward import FakeOutward


class FakeAlertEngine(FakeEngine):
    """`EngineApi` and `AlertsApi`. A plot behind an alert is that of the tile of its plot type."""

    def __init__(self, tiles: Iterable[Tile] = (), draw: Callable[[int], Rgb] | None = None) -> None:
        super().__init__(tiles, draw)
        self.book: dict[int, Alert] = {}
        self.stories: dict[int, list[AlertEvent]] = {}
        self.gates: tuple[GateCount, ...] = ()
        self.acts: list[tuple[str, list[int]]] = []
        self.queries: list[AlertQuery] = []
        self.policies: dict[str, AlertPolicy] = {}
        self.changes: list[PolicyChange] = []
        self.tried: list[AlertPolicy] = []
        self.trials = Trials(7.0, Trial(0), Trial(0))
        self.refuses = ""
        self.figures = AlertFigures(datetime.now(UTC), datetime.now(UTC))
        self.missed: list[MissedProblem] = []
        self._change = 0
        self.outward = FakeOutward()
        self.sent: dict[int, tuple[DispatchNote, ...]] = {}

    def raise_alerts(self, *alerts: Alert) -> None:
        """These exist, or stand like this, from now on; all who listen hear of it."""
        for alert in alerts:
            self.stories.setdefault(alert.alert_id, [_raising(alert)])
        self.emit(AlertsChanged(tuple(self._keep(alert) for alert in alerts), self.gates))

    def hold_back(self, *gates: GateCount) -> None:
        """So much is held back from now on."""
        self.gates = gates
        self.emit(AlertsChanged((), gates))

    def _keep(self, alert: Alert) -> Alert:
        self._change += 1
        kept = self.book[alert.alert_id] = replace(alert, change=self._change)
        return kept

    async def alerts(self) -> AlertsView:
        return AlertsView(tuple(alert for alert in self.book.values() if alert.open), self.gates)

    async def alert_history(self, wanted: AlertQuery) -> tuple[Alert, ...]:
        self.queries.append(wanted)
        found = [
            alert
            for alert in self.book.values()
            if wanted.text.casefold() in alert.plot_type.casefold()
            and alert.evidence.severity >= wanted.least_severity
            and (wanted.since is None or alert.raised_at >= wanted.since)
            and wanted.who.casefold() in alert.who.casefold()
            and (wanted.before is None or alert.raised_at < wanted.before)
        ]
        return tuple(sorted(found, key=lambda alert: alert.raised_at, reverse=True)[: wanted.limit])

    async def alert_figures(self, days: float) -> AlertFigures:
        if self.refuses:
            raise StoreRefusedError(self.refuses)
        until = datetime.now(UTC)
        return replace(self.figures, since=until - timedelta(days=days), until=until)

    async def alert_detail(self, alert_id: int) -> AlertDetail:
        alert = self.book[alert_id]
        if not alert.plot_type:
            info = PlotTypeInfo("", guidance=GUIDANCE[alert.evidence.kind])
            return AlertDetail(alert, info, events=tuple(self.stories.get(alert_id, ())))
        tile = self.tiles.get(alert.plot_type)
        events, sent = tuple(self.stories.get(alert_id, ())), self.sent.get(alert_id, ())
        if tile is None or tile.plot is None:
            return AlertDetail(alert, PlotTypeInfo(alert.plot_type), events=events, dispatches=sent)
        reference = replace(tile.plot, plot_id=-tile.plot.plot_id)
        label = "Good" if alert.evidence.kind is AlertKind.PROBLEM else ""
        return AlertDetail(alert, tile.plot_type, tile.plot, tile.heat_map, reference, events, label, sent)

    async def acknowledge(self, keys: Sequence[AlertKey], who: str, reason: str = "") -> ActionOutcome:
        return self._act("acknowledge", keys, acknowledge(who, reason))

    async def undo_acknowledge(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        return self._act("undo", keys, undo_acknowledge(who))

    async def shelve(self, keys: Sequence[AlertKey], who: str, reason: str, until: datetime) -> ActionOutcome:
        return self._act("shelve", keys, shelve(Shelf(who, reason, until)))

    async def unshelve(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        return self._act("unshelve", keys, unshelve(who))

    async def false_alarm(self, key: AlertKey, who: str) -> ActionOutcome:
        return self._act("false alarm", [key], false_alarm(who, "Good"))

    async def missed_problem(self, missed: MissedProblem) -> Alert:
        if self.refuses:
            raise StoreRefusedError(self.refuses)
        self.missed.append(missed)
        now = datetime.now(UTC)
        alert = replace(report(missed, Severity.ALARM, 42, None, now).alert, alert_id=900 + len(self.missed))
        self.raise_alerts(alert)
        return alert

    async def alert_policy(self, plot_type: str) -> PolicyView:
        own = self.policies.get(plot_type)
        return PolicyView(
            plot_type,
            own or self.policies.get("", AlertPolicy()),
            own is not None,
            tuple(DEFAULT_CLASSIFICATIONS[:4]),
            tuple(change for change in self.changes if change.plot_type == plot_type),
        )

    async def set_alert_policy(self, plot_type: str, policy: AlertPolicy | None, who: str, reason: str) -> None:
        if self.refuses:
            raise StoreRefusedError(self.refuses)
        before = self.policies.pop(plot_type, None)
        if policy is not None:
            self.policies[plot_type] = policy
        after = policy or AlertPolicy()
        self.changes.append(PolicyChange(plot_type, before, after, who, datetime.now(UTC), reason))

    async def try_alert_policy(self, plot_type: str, policy: AlertPolicy, days: float) -> Trials:
        self.tried.append(policy)
        return self.trials

    def _act(self, name: str, keys: Sequence[AlertKey], act: Act) -> ActionOutcome:
        self.acts.append((name, [key.alert_id for key in keys]))
        changed, refused = [], []
        for key in keys:
            try:
                check_version(self.book[key.alert_id], key)
                changed.append(self._done(act(self.book[key.alert_id], datetime.now(UTC))))
            except AlertRefusedError as error:
                refused.append(Refusal(key.alert_id, str(error)))
        self.emit(AlertsChanged(tuple(changed), self.gates))
        return ActionOutcome(tuple(changed), tuple(refused))

    def _done(self, transition: Transition) -> Alert:
        alert = self._keep(transition.alert)
        assert transition.action is not None
        story = self.stories.setdefault(alert.alert_id, [])
        story.append(
            AlertEvent(
                alert.alert_id, alert.changed_at, transition.who, transition.action, transition.before, alert.state,
                alert.evidence.severity, alert.evidence.classification, alert.evidence.plot_id, transition.reason,
            )
        )  # fmt: skip
        return alert


def _raising(alert: Alert) -> AlertEvent:
    evidence, raised = alert.evidence, AlertState.RAISED
    return AlertEvent(
        alert.alert_id, alert.raised_at, SYSTEM, AlertAction.RAISED, None, raised, evidence.severity,
        evidence.classification, evidence.plot_id,
    )  # fmt: skip
