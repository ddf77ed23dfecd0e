"""Alerts that this station tells by itself: the database does not answer, so nobody else can know and nothing be kept.

They live in memory, with numbers below zero. When the database answers again their history is entered into it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backend.domain.alert_actions import (
    Act,
    ActionOutcome,
    AlertKey,
    Refusal,
    acknowledge,
    check_version,
    shelve,
    undo_acknowledge,
    unshelve,
)
from backend.domain.alert_views import AlertDetail, AlertEvent
from backend.domain.alerts import Alert, AlertKind, AlertState, Evidence, Shelf, Transition, begin, calm, end_shelf
from backend.domain.beam import Beam
from backend.domain.classifications import Severity
from backend.domain.errors import AlertRefusedError, UnknownNameError
from backend.domain.hall import PlotTypeInfo
from backend.domain.hall_facts import DATABASE
from backend.domain.hall_guidance import GUIDANCE
from backend.domain.health import Condition, PartHealth
from backend.events import Event, OwnAlertsChanged


class Outage:
    """One time without the database, from the alert it raised to its end. `ticket` makes it known when entered."""

    def __init__(self, first: Transition) -> None:
        self.ticket = uuid.uuid4()
        self.life = [first]

    @property
    def alert(self) -> Alert:
        """How it stands."""
        return self.life[-1].alert

    def events(self) -> tuple[AlertEvent, ...]:
        """Its time line."""
        return tuple(_event(step) for step in self.life if step.action is not None)


class OwnAlerts:
    """Lives on the engine's loop and answers at once. `after_s` of the policy read last holds while it cannot be."""

    def __init__(self, beam: Callable[[], Beam], publish: Callable[[Event], None], after_s: float) -> None:
        self._beam, self._publish = beam, publish
        self.after_s = after_s
        self._outage: Outage | None = None
        self._away_since: datetime | None = None
        self._numbers = 0
        self._changes = 0
        self.over: list[Outage] = []
        """To be entered into the history, the oldest first."""

    def look(self, database: PartHealth, now: datetime | None = None) -> None:
        """Take over how the database is; called again and again."""
        moment = now or datetime.now(UTC)
        if database.condition is Condition.STARTING:
            return
        if database.condition is not Condition.FAILED:
            self._away_since = None
            self._end(moment)
            return
        self._away_since = self._away_since or moment
        if self._outage is None:
            self._begin(database, moment)
        else:
            self._end_shelf(self._outage, moment)

    def _begin(self, database: PartHealth, moment: datetime) -> None:
        since = self._away_since or moment
        if not self.after_s or moment - since < timedelta(seconds=self.after_s):
            return
        words = f"{database.word}: {database.advice}" if database.advice else database.word
        evidence = Evidence(AlertKind.DATABASE, Severity.ALARM, moment, beam=self._beam(), words=words)
        self._numbers -= 1
        first = begin("", evidence, since, moment, subject=DATABASE)
        self._outage = Outage(replace(first, alert=replace(first.alert, alert_id=self._numbers)))
        self._tell(self._outage.alert)

    def _end(self, moment: datetime) -> None:
        if self._outage is None:
            return
        done, self._outage = self._outage, None
        last = replace(done.alert, evidence=replace(done.alert.evidence, at=moment))
        done.life.append(calm(last, moment))
        self.over.append(done)
        self._tell(replace(done.alert, state=AlertState.CLOSED))

    def _end_shelf(self, outage: Outage, moment: datetime) -> None:
        shelf = outage.alert.shelf
        if shelf is not None and shelf.until <= moment:
            self._take(outage, end_shelf(outage.alert, moment))

    def _take(self, outage: Outage, transition: Transition) -> Alert:
        outage.life.append(transition)
        return self._tell(transition.alert)

    def _tell(self, alert: Alert) -> Alert:
        self._changes += 1
        told = replace(alert, change=self._changes)
        self._publish(OwnAlertsChanged((told,)))
        return told

    # What the window asks and does, as of `AlertKeeper`.

    async def detail(self, alert_id: int) -> AlertDetail:
        """One alert with what to do and what happened; UnknownNameError where it is over."""
        outage = self._outage
        if outage is None or outage.alert.alert_id != alert_id:
            raise UnknownNameError("The database answers again; this alert is in the history now.")
        info = PlotTypeInfo("", guidance=GUIDANCE[AlertKind.DATABASE])
        return AlertDetail(outage.alert, info, events=outage.events())

    async def acknowledge(self, keys: Sequence[AlertKey], who: str, reason: str = "") -> ActionOutcome:
        """See `AlertsApi`."""
        return self._act(keys, acknowledge(who, reason))

    async def undo_acknowledge(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        """See `AlertsApi`."""
        return self._act(keys, undo_acknowledge(who))

    async def shelve(self, keys: Sequence[AlertKey], who: str, reason: str, until: datetime) -> ActionOutcome:
        """See `AlertsApi`."""
        return self._act(keys, shelve(Shelf(who, reason, until)))

    async def unshelve(self, keys: Sequence[AlertKey], who: str) -> ActionOutcome:
        """See `AlertsApi`."""
        return self._act(keys, unshelve(who))

    def _act(self, keys: Sequence[AlertKey], act: Act) -> ActionOutcome:
        changed: list[Alert] = []
        refused: list[Refusal] = []
        for key in keys:
            outage = self._outage
            if outage is None or outage.alert.alert_id != key.alert_id:
                refused.append(Refusal(key.alert_id, "This alert is over: the database answers again."))
                continue
            try:
                check_version(outage.alert, key)
                changed.append(self._take(outage, act(outage.alert, datetime.now(UTC))))
            except AlertRefusedError as error:
                refused.append(Refusal(key.alert_id, str(error)))
        return ActionOutcome(tuple(changed), tuple(refused))


def _event(step: Transition) -> AlertEvent:
    alert, action = step.alert, step.action
    assert action is not None  # noqa: S101 - the caller leaves those out
    return AlertEvent(
        alert.alert_id, alert.changed_at, step.who, action, step.before, alert.state, alert.evidence.severity,
        reason=step.reason,
    )  # fmt: skip
