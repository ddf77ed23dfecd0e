"""Alerts about the hall itself. Any station may look; which one raises an alert is decided under one locked row."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, or_, update

from backend.domain.alert_actions import acknowledge
from backend.domain.alert_watch import Ruling
from backend.domain.alerts import Alert, AlertKind, AlertState, Transition, calm, see
from backend.domain.errors import AlertRefusedError
from backend.domain.hall_facts import DATABASE, HallFinding, HallKey, Lookout
from backend.domain.hall_following import decide
from backend.domain.hall_policy import HallPolicy
from backend.domain.hall_watch import look
from backend.store.alert_rows import alert_query, as_alert, write_transitions
from backend.store.database import Database, now, shared_now
from backend.store.hall_facts import read_facts
from backend.store.hall_settings import (
    Setting,
    SettingChange,
    hall_policy,
    hall_policy_text,
    setting_history,
    writing,
)
from backend.store.histories import count_written
from backend.store.tables import alert_events, alerts, hall_watch
from backend.store.tables.alerts import STILL_OPEN


class HallAlerts:
    """See the module."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mind(self, station: str, eyes: Lookout) -> bool:
        """Look at the hall, and write what follows; returns whether there was anything to write.

        StoreRefusedError where the account of this station may only watch.
        """
        if not self._database.glance(lambda connection: _transitions(connection, eyes)):
            return False
        ticket = uuid.uuid4()

        def write(connection: Connection) -> bool:
            _take_turn(connection, station)
            made = _transitions(connection, eyes, lock=True)
            return bool(write_transitions(connection, [(None, transition) for transition in made], ticket))

        return self._database.write(write)

    def enter_outage(self, station: str, life: Sequence[Transition], ticket: uuid.UUID) -> None:
        """Note in the history that a station could not reach the database: `life` is what its own alert went through.

        Whoever comes first enters it; a station whose outage was part of that only adds who acknowledged it.
        """

        def write(connection: Connection) -> None:
            if count_written(connection, alert_events, ticket, 1):
                return
            _take_turn(connection, station)
            known = _same_outage(connection, life)
            made = [replace(step, alert=replace(step.alert, alert_id=0)) for step in life]
            if known is not None:
                made = _added(known, life)
            write_transitions(connection, [(None, transition) for transition in made], ticket)

        self._database.write(write)

    def policy(self) -> HallPolicy:
        """What about the hall is an alert."""
        return self._database.glance(hall_policy)

    def set_policy(self, policy: HallPolicy, who: str, reason: str = "") -> None:
        """Put it in force on all stations."""
        self._database.write(writing(Setting.HALL, hall_policy_text(policy), who, reason))

    def policy_history(self) -> list[SettingChange]:
        """All changes, oldest first."""
        return self._database.read(lambda connection: setting_history(connection, Setting.HALL))


def _take_turn(connection: Connection, station: str) -> None:
    """Locks the row to the end of the transaction."""
    connection.execute(update(hall_watch).values(station=station, decided_at=shared_now(connection)))


def _transitions(connection: Connection, eyes: Lookout, lock: bool = False) -> list[Transition]:
    policy = hall_policy(connection)
    facts = read_facts(connection, policy.unjudged_after_s)
    findings = look(facts, policy, eyes)
    standing = _standing(connection, lock)
    named = {finding.key for finding in findings}
    findings += [HallFinding(*key, Ruling.CALM) for key in standing if key not in named and key[0] is AlertKind.STATION]
    return decide(findings, standing, eyes.beam, now())


def _standing(connection: Connection, lock: bool) -> dict[HallKey, Alert]:
    query = alert_query().where(alerts.c.closed_as == STILL_OPEN, alerts.c.subject.is_not(None))
    if lock:
        query = query.with_for_update(of=alerts)
    found = [as_alert(row, {}) for row in connection.execute(query)]
    return {(alert.evidence.kind, alert.subject): alert for alert in found}


def _same_outage(connection: Connection, life: Sequence[Transition]) -> Alert | None:
    """The open alert about the database, or one that overlaps in time with ours."""
    ours = life[-1].alert
    at_once = (alerts.c.since <= ours.evidence.at) & (alerts.c.seen_at >= ours.since)
    mine = (alerts.c.subject == DATABASE) & (alerts.c.kind == AlertKind.DATABASE.value)
    wanted = alert_query().where(mine, or_(alerts.c.closed_as == STILL_OPEN, at_once))
    row = connection.execute(wanted.order_by(alerts.c.closed_as, alerts.c.id.desc()).with_for_update(of=alerts)).first()
    return as_alert(row, {}) if row is not None else None


def _added(known: Alert, life: Sequence[Transition]) -> list[Transition]:
    """What an outage of ours means for an alert that is there already."""
    ours = life[-1].alert
    if known.open and known.evidence.at < ours.since:  # of an earlier outage, which nobody has acknowledged yet
        again = see(known, life[0].alert.evidence, ours.since)
        return [again, calm(replace(again.alert, evidence=ours.evidence), ours.evidence.at)]
    who = ours.who
    if not who or known.state is not AlertState.CLEARED:
        return []
    try:
        return [acknowledge(who)(known, ours.changed_at)]
    except AlertRefusedError:
        return []
