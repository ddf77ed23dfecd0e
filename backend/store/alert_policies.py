"""Policies: the one in force per plot type, and the history of who changed it."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, delete, insert, select

from backend.domain.alert_policy import USUAL_POLICY, AlertPolicy, PolicyChange
from backend.domain.changes import ChangeKind
from backend.store.alert_codec import as_policy, policy_text
from backend.store.catalogue import known_plot_type
from backend.store.histories import append
from backend.store.journal import note
from backend.store.tables import alert_policies, policy_events


def read(connection: Connection, plot_type: str) -> AlertPolicy:
    """The policy in force."""
    text = _text(connection, known_plot_type(connection, plot_type))
    return as_policy(text) if text else USUAL_POLICY


def write(
    connection: Connection, plot_type: str, policy: AlertPolicy, who: str, reason: str, ticket: uuid.UUID
) -> None:
    """Put a policy in force; the one that is in force already changes nothing."""
    number, after = known_plot_type(connection, plot_type), policy_text(policy)
    before = _text(connection, number)
    if before == after:
        return
    entry = {"who": who, "plot_type_id": number, "policy_before": before, "policy_after": after, "reason": reason}
    append(connection, policy_events, ticket, [entry])
    connection.execute(delete(alert_policies).where(alert_policies.c.plot_type_id == number))
    connection.execute(insert(alert_policies).values(plot_type_id=number, policy=after))
    note(connection, ChangeKind.CATALOGUE)


def history(connection: Connection, plot_type: str) -> list[PolicyChange]:
    """All changes, oldest first."""
    number = known_plot_type(connection, plot_type)
    query = select(policy_events).where(policy_events.c.plot_type_id == number).order_by(policy_events.c.id)
    return [
        PolicyChange(
            plot_type,
            as_policy(row.policy_before) if row.policy_before else None,
            as_policy(row.policy_after),
            row.who,
            row.at,
            row.reason,
        )
        for row in connection.execute(query)
    ]


def _text(connection: Connection, plot_type_id: int) -> str | None:
    query = select(alert_policies.c.policy).where(alert_policies.c.plot_type_id == plot_type_id)
    return connection.scalar(query)
