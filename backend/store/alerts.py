"""Alerts: what is open, what was, and what people do to them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from backend.domain.alert_actions import (
    Act,
    ActionOutcome,
    AlertKey,
    Refusal,
    check_version,
    false_alarm,
    harmless_label,
)
from backend.domain.alert_figures import AlertFigures
from backend.domain.alert_missed import MissedProblem
from backend.domain.alert_policy import USUAL_POLICY, AlertPolicy, GateCount, PolicyChange
from backend.domain.alert_trial import PolicyView, Trials
from backend.domain.alert_views import AlertDetail, AlertEvent, AlertQuery, AlertsView
from backend.domain.alerts import SYSTEM, Alert, AlertAction, AlertState, Transition, end_shelf
from backend.domain.beam import Beam
from backend.domain.classifications import Severity
from backend.domain.errors import AlertRefusedError, UnknownNameError
from backend.domain.labels import NewLabel
from backend.store import alert_policies
from backend.store.alert_codec import policy_text
from backend.store.alert_details import read_detail, valid_classes
from backend.store.alert_figures import read_figures
from backend.store.alert_missed import record_missed
from backend.store.alert_recording import is_any_missing, record_missing
from backend.store.alert_rows import alert_query, as_alert, write_transitions
from backend.store.alert_trials import read_trials
from backend.store.catalogue import read_groups
from backend.store.database import Database, now
from backend.store.hall_settings import Setting, writing
from backend.store.histories import count_written
from backend.store.labels import add_labels
from backend.store.tables import alert_changes, alert_events, alert_watches, alerts, plot_types
from backend.store.tables.alerts import STILL_OPEN

FALSE_ALARM = "false alarm"


class Alerts:
    """See the module. All times are UTC."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # What there is.

    def open(self) -> list[Alert]:
        """All open alerts, in no particular order."""
        query = alert_query().where(alerts.c.closed_as == STILL_OPEN)
        return self._database.read(lambda connection: _read(connection, query))

    def view(self) -> AlertsView:
        """Open alerts, and what the gates hold back."""
        return AlertsView(tuple(self.open()), self.gates())

    def gates(self) -> tuple[GateCount, ...]:
        """How many alarming verdicts are held back now, by reason; the most first."""
        return self._database.read(_gates)

    def newest_change(self) -> int:
        """The number of the last change to any alert."""
        return self._database.read(lambda connection: connection.scalar(select(alert_changes.c.number)) or 0)

    def changed(self, after: int) -> list[Alert]:
        """All alerts changed since the change numbered `after`, by anybody on any station; oldest change first."""
        return self._database.read(lambda connection: _read(connection, _changed_query(after)))

    def news(self, after: int) -> tuple[list[Alert], tuple[GateCount, ...]]:
        """What changed, and what is held back now."""
        return self._database.glance(lambda connection: (_read(connection, _changed_query(after)), _gates(connection)))

    def history(self, wanted: AlertQuery) -> list[Alert]:
        """Alerts open and closed, newest raised first."""
        return self._database.read(lambda connection: _read(connection, _history_query(connection, wanted)))

    def events(self, alert_id: int) -> list[AlertEvent]:
        """What happened to an alert, oldest first."""
        query = select(alert_events).where(alert_events.c.alert_id == alert_id).order_by(alert_events.c.id)
        return self._database.read(lambda connection: [as_event(row) for row in connection.execute(query)])

    def detail(self, alert_id: int) -> AlertDetail:
        """One alert with its pictures and history; UnknownNameError where there is none."""
        alert = self._one(alert_id)
        events = tuple(self.events(alert_id))
        return self._database.read(lambda connection: read_detail(connection, alert, events))

    def _one(self, alert_id: int) -> Alert:
        found = self._database.read(lambda connection: _read(connection, alert_query().where(alerts.c.id == alert_id)))
        if not found:
            raise UnknownNameError(f"There is no alert {alert_id} in the store.")
        return found[0]

    def figures(self, days: float) -> AlertFigures:
        """How soon people came, how many alerts there were and which were for nothing, in the last `days` days."""
        return self._database.read(lambda connection: read_figures(connection, days))

    # What is done.

    def act(self, keys: Sequence[AlertKey], act: Act) -> ActionOutcome:
        """Do one thing to several alerts in one transaction, to those for which it fits."""
        ticket = uuid.uuid4()
        return self._database.write(lambda connection: _act(connection, keys, act, ticket))

    def false_alarm(self, key: AlertKey, who: str) -> ActionOutcome:
        """Nothing is wrong with the plot: acknowledged, and the plot gets a label that says so, both or neither."""
        ticket = uuid.uuid4()

        def write(connection: Connection) -> ActionOutcome:
            found = _read(connection, alert_query().where(alerts.c.id == key.alert_id))
            if not found or found[0].evidence.plot_id is None:
                return ActionOutcome(refused=(Refusal(key.alert_id, "There is no plot to label behind this alert."),))
            alert, plot_id = found[0], found[0].evidence.plot_id
            try:
                label = harmless_label(valid_classes(connection, alert.plot_type))
            except AlertRefusedError as error:
                return ActionOutcome(refused=(Refusal(key.alert_id, str(error)),))
            outcome = _act(connection, [key], false_alarm(who, label), ticket)
            if outcome.changed:
                comment = f"alert {key.alert_id}: {alert.evidence.classification}"
                add_labels(
                    connection, [NewLabel(plot_id, label, who, FALSE_ALARM, comment)], uuid.uuid5(ticket, "label")
                )
            return outcome

        return self._database.write(write)

    def missed_problem(self, missed: MissedProblem) -> Alert:
        """A person saw what no model did: an alert in that person's name and a label, both or neither."""
        return record_missed(self._database, missed)

    def end_shelves(self) -> int:
        """Bring back what has lain on the shelf long enough; returns how many."""
        ticket = uuid.uuid4()
        due = (alerts.c.shelf_until <= now()) & (alerts.c.closed_as == STILL_OPEN)
        if not self._database.glance(lambda connection: connection.scalar(select(alerts.c.id).where(due).limit(1))):
            return 0

        def write(connection: Connection) -> int:
            moment = now()
            rows = connection.execute(alert_query().where(due).order_by(alerts.c.id).with_for_update(of=alerts)).all()
            ended = [(row.plot_type_id, end_shelf(as_alert(row, {}), moment)) for row in rows]
            return len(write_transitions(connection, ended, ticket))

        return self._database.write(write)

    def note_missing(self, beam: Beam, since: datetime) -> bool:
        """Raise alerts for plots that do not come any more; nothing was to be expected before `since`.

        Returns whether there was anything to look into.
        """
        moment, ticket = now(), uuid.uuid4()
        if not self._database.glance(lambda connection: is_any_missing(connection, beam, since, moment)):
            return False
        self._database.write(lambda connection: record_missing(connection, beam, since, moment, ticket))
        return True

    # Policies.

    def policy(self, plot_type: str) -> AlertPolicy:
        """The policy in force; UnknownNameError."""
        return self._database.read(lambda connection: alert_policies.read(connection, plot_type))

    def policy_view(self, plot_type: str) -> PolicyView:
        """The policy of a plot type, "" for the usual one, with its history; UnknownNameError."""
        return self._database.read(lambda connection: alert_policies.view(connection, plot_type))

    def try_policy(self, plot_type: str, policy: AlertPolicy, days: float) -> Trials:
        """What it would have come to, beside the one in force; UnknownNameError."""
        return self._database.read(lambda connection: read_trials(connection, plot_type, policy, days))

    def set_policy(self, plot_type: str, policy: AlertPolicy | None, who: str, reason: str = "") -> None:
        """Put a policy in force, from the next plot on; UnknownNameError.

        "" is the usual one of all plot types without one of their own; None lets that hold for `plot_type`.
        """
        ticket = uuid.uuid4()
        if not plot_type:
            text = policy_text(policy if policy is not None else USUAL_POLICY)
            self._database.write(writing(Setting.PLOTS, text, who, reason))
            return
        if policy is None:
            self._database.write(lambda connection: alert_policies.remove(connection, plot_type, who, reason, ticket))
            return
        self._database.write(
            lambda connection: alert_policies.write(connection, plot_type, policy, who, reason, ticket)
        )

    def policy_history(self, plot_type: str) -> list[PolicyChange]:
        """All changes of a policy, oldest first; UnknownNameError."""
        return self._database.read(lambda connection: alert_policies.history(connection, plot_type))


def _read(connection: Connection, query: Select[Any]) -> list[Alert]:
    rows = connection.execute(query).all()
    groups = read_groups(connection) if rows else {}
    return [as_alert(row, groups) for row in rows]


def _changed_query(after: int) -> Select[Any]:
    return alert_query().where(alerts.c.change_number > after).order_by(alerts.c.change_number, alerts.c.id)


def _gates(connection: Connection) -> tuple[GateCount, ...]:
    counts = (func.sum(alert_watches.c.held).label("verdicts"), func.count().label("types"))
    query = select(alert_watches.c.why, *counts).where(alert_watches.c.held > 0).group_by(alert_watches.c.why)
    found = [GateCount(row.why, int(row.verdicts), row.types) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda gate: -gate.verdicts))


def _history_query(connection: Connection, wanted: AlertQuery) -> Select[Any]:
    """Newest first along the index of times, or of each plot type's times where the text leaves only some."""
    query = alert_query().where(alerts.c.severity >= int(wanted.least_severity))
    if not wanted.text:  # a server would begin with the small table, and sort all alerts there are
        query = query.prefix_with("STRAIGHT_JOIN", dialect="mysql")
        query = query.with_hint(alerts, "FORCE INDEX (ix_alerts_raised_at)", "mysql")
    else:
        query = query.where(_named(connection, wanted.text.casefold()))
    if wanted.who:
        query = query.where(_touched_by(wanted.who))
    if wanted.since is not None:
        query = query.where(alerts.c.raised_at >= wanted.since)
    if wanted.before is not None:
        query = query.where(alerts.c.raised_at < wanted.before)
    return query.order_by(alerts.c.raised_at.desc(), alerts.c.id.desc()).limit(wanted.limit)


def _touched_by(who: str) -> ColumnElement[bool]:
    """A person of this name did something about it; looked up alert by alert, newest first."""
    mine = (alert_events.c.alert_id == alerts.c.id) & (alert_events.c.who != SYSTEM)
    named = func.lower(alert_events.c.who).contains(who.lower(), autoescape=True)
    return select(alert_events.c.id).where(mine, named).exists()


def _named(connection: Connection, text: str) -> ColumnElement[bool]:
    """Alerts of the plot types, or about those parts of the hall, in whose names this text occurs."""
    names = connection.execute(select(plot_types.c.id, plot_types.c.name)).all()
    mine = alerts.c.plot_type_id.in_([row.id for row in names if text in row.name.casefold()])
    parts = connection.scalars(select(alerts.c.subject).where(alerts.c.subject.is_not(None)).distinct()).all()
    found = [part for part in parts if part is not None and text in part.casefold()]
    return mine | alerts.c.subject.in_(found) if found else mine


def as_event(row: Row[Any]) -> AlertEvent:
    """From a row of the history."""
    return AlertEvent(
        row.alert_id,
        row.at,
        row.who,
        AlertAction(row.action),
        AlertState(row.state_before) if row.state_before else None,
        AlertState(row.state_after),
        Severity(row.severity),
        row.classification,
        row.plot_id,
        row.reason,
    )


def _act(connection: Connection, keys: Sequence[AlertKey], act: Act, ticket: uuid.UUID) -> ActionOutcome:
    numbers = [key.alert_id for key in keys]
    wanted = alert_query().where(alerts.c.id.in_(numbers))
    if count_written(connection, alert_events, ticket, len(keys)):  # the commit was repeated
        return ActionOutcome(tuple(_read(connection, wanted)))
    rows = connection.execute(wanted.order_by(alerts.c.id).with_for_update(of=alerts)).all()
    transitions, refused = _decide(connection, rows, {key.alert_id: key for key in keys}, act)
    there = {row.id for row in rows}
    refused += [Refusal(number, "This alert is not there any more.") for number in numbers if number not in there]
    written = write_transitions(connection, transitions, ticket)
    changed = _read(connection, alert_query().where(alerts.c.id.in_(written))) if written else []
    return ActionOutcome(tuple(changed), tuple(refused))


def _decide(
    connection: Connection, rows: Sequence[Row[Any]], keys: Mapping[int, AlertKey], act: Act
) -> tuple[list[tuple[int | None, Transition]], list[Refusal]]:
    transitions: list[tuple[int | None, Transition]] = []
    refused: list[Refusal] = []
    moment = now()
    for row in rows:
        alert = as_alert(row, {})
        try:
            check_version(alert, keys[row.id])
            transition = act(alert, moment)
            if not alert.open and transition.alert.open:
                _demand_place(connection, row)
            transitions.append((row.plot_type_id, transition))
        except AlertRefusedError as error:
            refused.append(Refusal(row.id, str(error)))
    return transitions, refused


def _demand_place(connection: Connection, row: Row[Any]) -> None:
    """An alert that is over can only come back where no newer one of its kind is open."""
    same = alerts.c.subject == row.subject if row.plot_type_id is None else alerts.c.plot_type_id == row.plot_type_id
    newer = same & (alerts.c.kind == row.kind) & (alerts.c.closed_as == STILL_OPEN)
    if connection.scalar(select(alerts.c.id).where(newer)) is not None:
        raise AlertRefusedError(f"{row.plot_type or row.subject}: a newer alert is open already.")
