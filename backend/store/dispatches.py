"""Dispatches: what is to be told to whom, taken by one station at a time, and the history of every attempt."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, update

from backend.domain.changes import ChangeKind
from backend.domain.dispatches import Batch, DispatchNote, Outcome
from backend.domain.escalation import Case, Step
from backend.store.database import Database, insert_missing, shared_now
from backend.store.dispatch_rows import (
    KIND_STATIONS,
    NAMESPACE,
    State,
    cases,
    claim,
    end_over,
    escalated,
    event,
    is_any_over,
    is_any_ready,
    new_row,
    notes,
)
from backend.store.journal import note
from backend.store.tables import dispatch_events, dispatches


class Dispatches:
    """See the module. All times are UTC; leases and waits go by the clock of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # What there is.

    def cases(self) -> list[Case]:
        """Every alert that is raised and waits for a person, by number."""
        return self._database.glance(cases)

    def escalated(self, role: str) -> frozenset[int]:
        """Alerts that wait, for which stations of this role (and those without any) are to be loud."""
        return self._database.glance(lambda connection: escalated(connection, role))

    def notes(self, alert_id: int) -> list[DispatchNote]:
        """What went out on an alert, oldest first."""
        return self._database.read(lambda connection: notes(connection, alert_id))

    # What is done.

    def plan(self, found: Sequence[Step], roles: dict[str, str], who: str = "hydra") -> None:
        """Enter steps, each once however often and by however many stations it is planned.

        `roles` names the destinations that are stations, with their role: these are told by being entered.
        """
        if not found:
            return

        def write(connection: Connection) -> None:
            insert_missing(connection, dispatches, [new_row(connection, step, roles) for step in found])
            told = [
                event(step.alert_id, 0, step.destination, KIND_STATIONS, Outcome.SENT, step.tier, "", who)
                | {"ticket": _ticket(step)}
                for step in found
                if step.destination in roles and not step.overtaken
            ]
            insert_missing(connection, dispatch_events, told)
            note(connection, ChangeKind.ALERTS, sorted({step.alert_id for step in found}))

        self._database.write(write)

    def claim(self, owner: str, destinations: Sequence[str], seconds: float, pause_s: float) -> list[Batch]:
        """Take what is to be told now, for `seconds`; one batch a destination, and none that was told `pause_s` ago.

        Only of alerts that still wait, and only of `destinations`: those this station knows how to reach.
        """
        if not destinations or not self._database.glance(lambda one: is_any_ready(one, destinations)):
            return []
        return self._database.write(lambda connection: claim(connection, owner, destinations, seconds, pause_s))

    def end_over(self) -> None:
        """What is not to be told any more: somebody acknowledged or shelved, or the problem is gone."""
        if self._database.glance(is_any_over):
            self._database.write(end_over)

    def succeeded(self, batch: Batch, kind: str, words: str, ticket: uuid.UUID) -> None:
        """It went out."""
        self._finish(batch, kind, Outcome.SENT, words, ticket, State.SENT)

    def failed(self, batch: Batch, kind: str, words: str, ticket: uuid.UUID, wait: timedelta | None) -> None:
        """It did not; again after `wait`, or never where that is None."""
        state, outcome = (State.GIVEN_UP, Outcome.GIVEN_UP) if wait is None else (State.WAITING, Outcome.FAILED)
        self._finish(batch, kind, outcome, words, ticket, state, wait)

    def _finish(
        self,
        batch: Batch,
        kind: str,
        outcome: Outcome,
        words: str,
        ticket: uuid.UUID,
        state: State,
        wait: timedelta | None = None,
    ) -> None:
        def write(connection: Connection) -> None:
            ids = [one.dispatch_id for one in batch.dispatches]
            values: dict[str, Any] = {"state": state.value, "owner": None, "lease_until": shared_now(connection)}
            values["next_at"] = shared_now(connection, wait.total_seconds() if wait else 0.0)
            if outcome is Outcome.SENT:
                values["sent_at"] = shared_now(connection)
            unsent = dispatches.c.state == State.WAITING.value
            connection.execute(update(dispatches).where(dispatches.c.id.in_(ids), unsent).values(values))
            rows = [
                event(one.alert_id, 0, one.destination, kind, outcome, one.tier, words, "hydra")
                | {"ticket": uuid.uuid5(ticket, str(one.dispatch_id))}
                for one in batch.dispatches
            ]
            insert_missing(connection, dispatch_events, rows)
            note(connection, ChangeKind.ALERTS, sorted({one.alert_id for one in batch.dispatches}))

        self._database.write(write)

    def record(
        self, who: str, destination: str, kind: str, outcome: Outcome, words: str, alert_id: int = 0, plot_id: int = 0
    ) -> None:
        """Something went out because a person wanted it: an entry in a logbook."""
        row = event(alert_id, plot_id, destination, kind, outcome, 0, words, who) | {"ticket": uuid.uuid4()}

        def write(connection: Connection) -> None:
            insert_missing(connection, dispatch_events, [row])
            if alert_id:
                note(connection, ChangeKind.ALERTS, [alert_id])

        self._database.write(write)


def _ticket(step: Step) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"{step.alert_id}/{step.episode}/{step.route}/{step.tier}/{step.destination}")
