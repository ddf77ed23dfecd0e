"""The judged plots of a type as they came, for trying a policy on the past."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_trial import Trials, try_policy
from backend.domain.alert_watch import Sighting
from backend.domain.beam import UNKNOWN_BEAM, Beam, BeamState
from backend.domain.verdicts import AlarmGate
from backend.store import alert_policies
from backend.store.catalogue import known_plot_type
from backend.store.database import now
from backend.store.rows import VERDICT_COLUMNS, as_verdict
from backend.store.tables import classifications, plots, runs, verdicts

MOST = 20_000
"""The newest so many plots are looked at."""

_NO_BEAM = Beam(BeamState.OFF)


def read_trials(connection: Connection, plot_type: str, policy: AlertPolicy, days: float) -> Trials:
    """The policy in force and another one on the last `days` days of a plot type; UnknownNameError."""
    seen = read_sightings(connection, plot_type, days)
    in_force = alert_policies.read(connection, plot_type)
    return Trials(days, try_policy(in_force, seen), try_policy(policy, seen))


def read_sightings(connection: Connection, plot_type: str, days: float) -> list[Sighting]:
    """Live plots with the verdict that counts, oldest first.

    Of the beam is known what the verdict says: that there was none, by the threshold of the configuration then.
    """
    counting = and_(verdicts.c.plot_id == plots.c.id, verdicts.c.model_id == plots.c.model_id)
    named = classifications.c.id == verdicts.c.classification_id
    joined = plots.join(runs, runs.c.id == plots.c.run_id).join(verdicts, counting).join(classifications, named)
    mine = plots.c.plot_type_id == known_plot_type(connection, plot_type)
    columns: list[Any] = [plots.c.id, plots.c.sha256, runs.c.number, runs.c.first_seen, plots.c.received_at]
    query = select(*columns, *VERDICT_COLUMNS).select_from(joined)
    period = plots.c.seen_at >= now() - timedelta(days=days)
    newest = query.where(mine, period).order_by(plots.c.seen_at.desc(), plots.c.id.desc()).limit(MOST)
    return [_sighting(row) for row in reversed(connection.execute(newest).all())]


def _sighting(row: Row[Any]) -> Sighting:
    verdict = as_verdict(row)
    beam = _NO_BEAM if verdict is not None and verdict.gate is AlarmGate.NO_BEAM else UNKNOWN_BEAM
    return Sighting(row.id, row.sha256, row.number, row.received_at, verdict, beam, row.first_seen)
