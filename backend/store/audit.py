"""The audit: who did what, from all histories together, as values for a person or a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from backend.store.database import Database
from backend.store.tables import (
    activations,
    alert_events,
    classifications,
    collecting_events,
    configuration_events,
    dispatch_events,
    grant_events,
    hall_setting_events,
    label_bundles,
    label_events,
    label_gestures,
    model_imports,
    models,
    plot_types,
    policy_events,
    second_labels,
    threshold_events,
)

Named = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing somebody did. `account` is what the server noted, "" where it could not; `at` is UTC."""

    at: datetime
    who: str
    account: str
    what: str
    subject: str
    before: str
    after: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Names:
    classifications: Named
    plot_types: Named
    models: Named


def read_audit(database: Database, since: datetime | None = None, limit: int = 1000) -> list[AuditEntry]:
    """The newest `limit` entries of every history since a time (UTC), newest first."""
    return database.read(lambda connection: _read(connection, since, limit))


def _read(connection: Connection, since: datetime | None, limit: int) -> list[AuditEntry]:
    names = _Names(
        dict(connection.execute(select(classifications.c.id, classifications.c.name)).all()),
        dict(connection.execute(select(plot_types.c.id, plot_types.c.name)).all()),
        dict(connection.execute(select(models.c.id, plot_types.c.name).join(plot_types)).all()),
    )
    entries = [entry for history, tell in _TOLD for entry in _newest(connection, history, tell, names, since, limit)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


def _newest(
    connection: Connection,
    history: Table,
    tell: Callable[[Row[Any], _Names], tuple[str, str, str, str, str]],
    names: _Names,
    since: datetime | None,
    limit: int,
) -> Iterator[AuditEntry]:
    """Backwards by number, which is the order of time to within the clocks of stations; no index on time is needed."""
    for row in connection.execute(select(history).order_by(history.c.id.desc()).limit(limit)):
        if since is None or row.at >= since:
            yield AuditEntry(row.at, row.who, row.account, *tell(row, names))


def _label(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    before = "" if row.label_before is None else names.classifications.get(row.label_before, "?")
    after = names.classifications.get(row.label_after, "?")
    note = f"{row.how}: {row.comment}" if row.comment else str(row.how)
    return "label", f"{names.plot_types.get(row.plot_type_id, '?')} plot {row.plot_id}", before, after, note


def _activation(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    before = "" if row.model_before is None else f"model {row.model_before}"
    return "activation", names.plot_types.get(row.plot_type_id, "?"), before, f"model {row.model_after}", row.note


def _threshold(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    subject = (
        f"{names.models.get(row.model_id, '?')} model {row.model_id} {names.classifications[row.classification_id]}"
    )
    before = "" if row.value_before is None else f"{row.value_before:g}"
    return "threshold", subject, before, f"{row.value_after:g}", row.method


def _import(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    subject = f"{names.models.get(row.model_id, '?')} model {row.model_id}"
    return "model import", subject, "", row.file, row.signed_by


def _configuration(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    del names
    return "configuration", "", row.text_before, row.text_after, ""


def _grant(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    del names
    return "grant", row.subject, row.role_before, row.role_after, ""


def _gesture(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    return "labelling", names.plot_types.get(row.plot_type_id, "?"), "", "", row.how


def _bundle(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    del names
    return "label bundle", str(row.ticket), "", "", row.digest[:12]


def _alert(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    del names
    note = f"{row.action}: {row.reason}" if row.reason else str(row.action)
    return "alert", f"alert {row.alert_id} {row.classification}".rstrip(), row.state_before or "", row.state_after, note


def _policy(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    subject = names.plot_types.get(row.plot_type_id, "?")
    return "alert policy", subject, row.policy_before or "", row.policy_after, row.reason


def _second(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    before, after = (names.classifications.get(number, "") for number in (row.label_before, row.label_after))
    note = f"{row.how}, beside {names.classifications.get(row.first_label, '?')} by {row.first_who}"
    return "second label", f"{names.plot_types.get(row.plot_type_id, '?')} plot {row.plot_id}", before, after, note


def _collecting(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    before, after = f"{row.percent_before:g} %", f"{row.percent_after:g} %"
    return "image sample", names.plot_types.get(row.plot_type_id, "?"), before, after, ""


def _hall(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    del names
    return "hall setting", row.name, row.value_before or "", row.value_after, row.reason


def _dispatch(row: Row[Any], names: _Names) -> tuple[str, str, str, str, str]:
    del names
    about = f"alert {row.alert_id}" if row.alert_id else f"plot {row.plot_id}"
    return "sending", f"{about} to {row.destination}", "", row.outcome, row.words


_TOLD: tuple[tuple[Table, Callable[[Row[Any], _Names], tuple[str, str, str, str, str]]], ...] = (
    (label_events, _label),
    (label_gestures, _gesture),
    (label_bundles, _bundle),
    (alert_events, _alert),
    (policy_events, _policy),
    (hall_setting_events, _hall),
    (dispatch_events, _dispatch),
    (activations, _activation),
    (threshold_events, _threshold),
    (model_imports, _import),
    (configuration_events, _configuration),
    (grant_events, _grant),
    (second_labels, _second),
    (collecting_events, _collecting),
)
"""Every history and the way to tell its entries; a test compares with the histories there are."""
