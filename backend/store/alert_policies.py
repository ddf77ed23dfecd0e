"""Policies: the usual one, those that plot types have of their own, and the history of who changed them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from backend.domain.alert_policy import USUAL_POLICY, AlertPolicy, PolicyChange
from backend.domain.alert_trial import PolicyView
from backend.domain.changes import ChangeKind
from backend.store.alert_codec import as_policy, policy_text
from backend.store.alert_details import valid_classes
from backend.store.catalogue import known_plot_type, read_classifications
from backend.store.hall_settings import Setting, setting_history, text_of
from backend.store.histories import append
from backend.store.journal import note
from backend.store.tables import alert_policies, policy_events

USUAL = ""
"""In place of a plot type: the policy of all that have none of their own."""


def read(connection: Connection, plot_type: str) -> AlertPolicy:
    """The policy in force."""
    text = _text(connection, known_plot_type(connection, plot_type)) if plot_type else None
    return as_policy(text) if text else usual(connection)


def usual(connection: Connection) -> AlertPolicy:
    """The policy of plot types that have none of their own."""
    text = text_of(connection, Setting.PLOTS)
    return as_policy(text) if text else USUAL_POLICY


def view(connection: Connection, plot_type: str) -> PolicyView:
    """A policy with its history, for who wants to change it."""
    if not plot_type:
        known = tuple(read_classifications(connection))
        changes = tuple(_usual_history(connection))
        return PolicyView(USUAL, usual(connection), text_of(connection, Setting.PLOTS) is not None, known, changes)
    text = _text(connection, known_plot_type(connection, plot_type))
    policy = as_policy(text) if text else usual(connection)
    classes = tuple(valid_classes(connection, plot_type))
    return PolicyView(plot_type, policy, text is not None, classes, tuple(history(connection, plot_type)))


def write(
    connection: Connection, plot_type: str, policy: AlertPolicy, who: str, reason: str, ticket: uuid.UUID
) -> None:
    """Put a policy in force; the one that is in force already changes nothing."""
    number, after = known_plot_type(connection, plot_type), policy_text(policy)
    before = _text(connection, number)
    if before == after:
        return
    _note(connection, number, before, after, who, reason, ticket)
    connection.execute(delete(alert_policies).where(alert_policies.c.plot_type_id == number))
    connection.execute(insert(alert_policies).values(plot_type_id=number, policy=after))


def remove(connection: Connection, plot_type: str, who: str, reason: str, ticket: uuid.UUID) -> None:
    """Let the usual policy hold for a plot type; the history says which that was then."""
    number = known_plot_type(connection, plot_type)
    before = _text(connection, number)
    if before is None:
        return
    words = f"as usual again: {reason}" if reason else "as usual again"
    _note(connection, number, before, policy_text(usual(connection)), who, words, ticket)
    connection.execute(delete(alert_policies).where(alert_policies.c.plot_type_id == number))


def _note(
    connection: Connection, number: int, before: str | None, after: str, who: str, reason: str, ticket: uuid.UUID
) -> None:
    entry = {"who": who, "plot_type_id": number, "policy_before": before, "policy_after": after, "reason": reason}
    append(connection, policy_events, ticket, [entry])
    note(connection, ChangeKind.CATALOGUE)


def history(connection: Connection, plot_type: str) -> list[PolicyChange]:
    """All changes, oldest first."""
    number = known_plot_type(connection, plot_type)
    query = select(policy_events).where(policy_events.c.plot_type_id == number).order_by(policy_events.c.id)
    return [
        _change(plot_type, row.policy_before, row.policy_after, row.who, row.at, row.reason)
        for row in connection.execute(query)
    ]


def _usual_history(connection: Connection) -> list[PolicyChange]:
    changes = setting_history(connection, Setting.PLOTS)
    return [_change(USUAL, one.before, one.after, one.who, one.at, one.reason) for one in changes]


def _change(plot_type: str, before: str | None, after: str, who: str, at: datetime, reason: str) -> PolicyChange:
    return PolicyChange(plot_type, as_policy(before) if before else None, as_policy(after), who, at, reason)


def _text(connection: Connection, plot_type_id: int) -> str | None:
    query = select(alert_policies.c.policy).where(alert_policies.c.plot_type_id == plot_type_id)
    return connection.scalar(query)
