"""Alerts that follow from verdicts, in the very transaction that records these.

The memory of a plot type is locked first, so that two stations that judge plots of one type take turns.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from backend.domain.alert_following import follow
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_watch import Sighting, Watch, missing, observe, overdue
from backend.domain.alerts import Alert, AlertKind, Transition
from backend.domain.beam import Beam
from backend.domain.intake import JudgedPlot
from backend.store import alert_policies as alert_policies_in_force
from backend.store.alert_codec import as_policy, as_watch, watch_text
from backend.store.alert_rows import alert_query, as_alert, write_transitions
from backend.store.database import insert_missing, now
from backend.store.tables import alert_policies, alert_watches, alerts, plot_types, plots, runs
from backend.store.tables.alerts import STILL_OPEN

Numbered = tuple[int, Transition]
Standing = Mapping[AlertKind, Alert]


@dataclass(frozen=True, slots=True)
class Watched:
    """A plot type with its policy and memory."""

    name: str
    policy: AlertPolicy
    watch: Watch


def record_alerts(connection: Connection, judged: Sequence[JudgedPlot], ticket: uuid.UUID) -> None:
    """Take these plots into the memories and write what follows. `judged` were recorded for the first time just now."""
    if not judged:
        return
    seen = _sightings(connection, judged)
    watched = lock_watches(connection, seen)
    standing = open_alerts(connection, seen)
    moment, transitions, memories = now(), [], []
    for plot_type_id, sightings in sorted(seen.items()):
        before = watched[plot_type_id]
        after, made = _watch_on(before, sightings, standing[plot_type_id], moment)
        memories.append(_memory(plot_type_id, after))
        transitions += [(plot_type_id, transition) for transition in made]
    connection.execute(_REMEMBER, memories)
    write_transitions(connection, transitions, ticket)


def record_missing(connection: Connection, beam: Beam, since: datetime, moment: datetime, ticket: uuid.UUID) -> None:
    """Write what follows where plots do not come any more: nothing was to be expected before `since`.

    While nothing at all comes, the feed is silent: that is one thing, which the window says large, and not one alert
    for every plot type.
    """
    late = _late(connection, beam, since, moment)
    standing = open_alerts(connection, late)
    transitions: list[Numbered] = []
    for plot_type_id, plot_type in sorted(late.items()):
        if AlertKind.MISSING not in standing[plot_type_id]:
            finding = missing(plot_type.watch, plot_type.policy, beam, moment)
            transitions += [(plot_type_id, one) for one in follow([finding], {}, plot_type.name, moment)]
    write_transitions(connection, transitions, ticket)


def is_any_missing(connection: Connection, beam: Beam, since: datetime, moment: datetime) -> bool:
    """Whether `record_missing` would have something to look at; locks nothing."""
    late = _find_late(_watched(connection, None), beam, since, moment)
    there = select(alerts.c.plot_type_id).where(
        alerts.c.closed_as == STILL_OPEN, alerts.c.kind == AlertKind.MISSING.value
    )
    return bool(set(late) - set(connection.scalars(there)))


def lock_watches(connection: Connection, plot_type_ids: Collection[int]) -> dict[int, Watched]:
    """Policies and memories of these plot types, locked in the order of their numbers."""
    there = set(connection.scalars(select(alert_watches.c.plot_type_id).where(_of(plot_type_ids))))
    blank = {"memory": watch_text(Watch()), "held": 0, "why": ""}
    insert_missing(
        connection, alert_watches, [{"plot_type_id": one} | blank for one in sorted(plot_type_ids) if one not in there]
    )
    return _watched(connection, plot_type_ids, lock=True)


def open_alerts(connection: Connection, plot_type_ids: Collection[int]) -> Mapping[int, Standing]:
    """Open alerts by plot type and kind, locked."""
    mine = alerts.c.plot_type_id.in_(plot_type_ids) & (alerts.c.closed_as == STILL_OPEN)
    found: defaultdict[int, dict[AlertKind, Alert]] = defaultdict(dict)
    for row in connection.execute(alert_query().where(mine).with_for_update(of=alerts)):
        alert = as_alert(row, {})
        found[row.plot_type_id][alert.evidence.kind] = alert
    return found


def _of(plot_type_ids: Collection[int]) -> ColumnElement[bool]:
    return alert_watches.c.plot_type_id.in_(plot_type_ids)


def _watched(connection: Connection, plot_type_ids: Collection[int] | None, lock: bool = False) -> dict[int, Watched]:
    joined = alert_watches.join(plot_types, plot_types.c.id == alert_watches.c.plot_type_id).outerjoin(
        alert_policies, alert_policies.c.plot_type_id == alert_watches.c.plot_type_id
    )
    columns = (alert_watches.c.plot_type_id, alert_watches.c.memory, alert_policies.c.policy, plot_types.c.name)
    query = select(*columns).select_from(joined).order_by(alert_watches.c.plot_type_id)
    if plot_type_ids is not None:
        query = query.where(_of(plot_type_ids))
    if lock:
        query = query.with_for_update(of=alert_watches)
    usual = alert_policies_in_force.usual(connection)
    return {
        row.plot_type_id: Watched(row.name, as_policy(row.policy) if row.policy else usual, as_watch(row.memory))
        for row in connection.execute(query)
    }


def _sightings(connection: Connection, judged: Sequence[JudgedPlot]) -> dict[int, list[Sighting]]:
    """What was seen by plot type, in the order in which it was received."""
    by_plot = {item.plot.plot_id: item for item in judged}
    query = (
        select(plots.c.id, plots.c.plot_type_id, runs.c.first_seen)
        .join(runs, runs.c.id == plots.c.run_id)
        .where(plots.c.id.in_(by_plot))
    )
    found: defaultdict[int, list[Sighting]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.plot_type_id].append(_sighting(by_plot[row.id], row.first_seen))
    for sightings in found.values():
        sightings.sort(key=lambda seen: (seen.at, seen.plot_id))
    return found


def _sighting(item: JudgedPlot, run_since: datetime | None) -> Sighting:
    plot = item.plot
    return Sighting(plot.plot_id, plot.sha256, plot.identity.run, plot.received_at, item.verdict, item.beam, run_since)


def _watch_on(
    watched: Watched, sightings: Sequence[Sighting], standing: Standing, moment: datetime
) -> tuple[Watch, list[Transition]]:
    """The memory after these plots, and the last transition of each kind of alert, with all steps between."""
    watch, made, alerts_now = watched.watch, [], dict(standing)
    for seen in sightings:
        watch, findings = observe(watch, watched.policy, seen)
        for transition in follow(findings, alerts_now, watched.name, moment):
            made.append(transition)
            _take_over(alerts_now, transition)
    return watch, made


def _take_over(standing: dict[AlertKind, Alert], transition: Transition) -> None:
    kind = transition.alert.evidence.kind
    if transition.alert.open:
        standing[kind] = transition.alert
    else:
        standing.pop(kind, None)


_REMEMBER = (
    update(alert_watches)
    .where(alert_watches.c.plot_type_id == bindparam("of"))
    .values({name: bindparam(name) for name in ("memory", "held", "why", "last_at")})
)


def _memory(plot_type_id: int, watch: Watch) -> dict[str, object]:
    written = {"memory": watch_text(watch), "held": watch.held, "why": watch.why, "last_at": watch.last_at}
    return {"of": plot_type_id} | written


def _late(connection: Connection, beam: Beam, since: datetime, moment: datetime) -> dict[int, Watched]:
    """Plot types that miss their cycles, looked at again under the lock."""
    suspects = _find_late(_watched(connection, None), beam, since, moment)
    return _find_late(_watched(connection, suspects, lock=True), beam, since, moment, silent=False) if suspects else {}


def _find_late(
    watched: Mapping[int, Watched], beam: Beam, since: datetime, moment: datetime, silent: bool = True
) -> dict[int, Watched]:
    late = {number: one for number, one in watched.items() if overdue(one.watch, one.policy, beam, moment, since)}
    return {} if silent and len(late) == len(watched) else late
