"""Privileges: what each right means for each table, down to the columns. The server enforces them; so does no window.

Histories are only ever added to, and without the column that the server fills. A table that is missing here can be
used by nobody but the administrator; a test compares with the tables there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Table

from backend.domain.roles import Right, Role, rights_of
from backend.store.tables import metadata, stations, upkeep
from backend.store.tables.alerts import alert_watches, alerts
from backend.store.tables.dispatches import dispatches
from backend.store.tables.entries import ACCOUNT
from backend.store.tables.histories import APPEND_ONLY

VERSION = "alembic_version"

SELECT, INSERT, UPDATE, DELETE = "SELECT", "INSERT", "UPDATE", "DELETE"


@dataclass(frozen=True, slots=True, order=True)
class Privilege:
    """One action on one table, or on one column of it; `table` "" is the whole database."""

    table: str
    action: str
    column: str = ""


SCHEMA_ACTIONS = (
    SELECT, INSERT, UPDATE, DELETE, "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "TRIGGER", "LOCK TABLES",
)  # fmt: skip
"""What migrations and backups need. Accounts are not among it: who may make accounts may take the whole server."""


def _all_but_key(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if not column.primary_key)


_HISTORIES = {history.name: history for history in APPEND_ONLY}
_NEW_PLOTS = ("plot_types", "runs", "plots", "blobs", "blob_chunks")
_NEW_NAMES = ("plot_types", "classifications", "valid_classifications")
_ALERTS = ("alerts", "alert_events", "alert_watches")
_SENT = ("dispatches", "dispatch_events")
_COUNTED: dict[str, tuple[str, ...]] = {"tallies": ("value",), "blobs": ("touched_at",)}

# Tables to add to, columns to change, tables to remove from.
_ADDED: dict[Right, tuple[str, ...]] = {
    Right.LABEL: ("label_events", "label_gestures", "label_bundles", "second_labels", "kept_images"),
    Right.ANSWER: ("alert_events", "dispatch_events"),
    Right.NOTICE: ("alerts", "alert_events"),
    Right.ALARM: ("policy_events", "alert_policies", "hall_setting_events", "hall_settings"),
    Right.CONTRIBUTE: (*_NEW_PLOTS, *_NEW_NAMES, "synthetic_plots", "journal"),
    Right.TUNE: ("threshold_events", "collecting_events", "journal"),
    Right.REGISTER: ("models", "threshold_events", "model_imports", "blobs", "blob_chunks", *_NEW_NAMES, "journal"),
    Right.ACTIVATE: ("activations", *_NEW_NAMES, "journal"),
    Right.REPROCESS: ("predictions", "verdicts"),
    Right.DESCRIBE: ("plot_groups", "group_members", *_NEW_NAMES, "journal"),
    Right.FEED: (*_NEW_PLOTS, "input_files", "work", "quarantine", "journal"),
    Right.JUDGE: (
        *("predictions", "verdicts", "classifications", "work", "quarantine", "kept_images", "journal"),
        *("foreign_sources", "foreign_verdicts", *_ALERTS, *_SENT),
    ),
    Right.APPEAR: ("stations", "journal"),
    Right.EXPIRE: ("journal",),
    Right.CONFIGURE: ("configuration_events",),
}
_ALERTS_CHANGED: dict[str, tuple[str, ...]] = {"alerts": _all_but_key(alerts), "alert_changes": ("number",)}
_CHANGED: dict[Right, dict[str, tuple[str, ...]]] = {
    Right.ANSWER: _ALERTS_CHANGED,
    Right.NOTICE: {**_ALERTS_CHANGED, "hall_watch": ("station", "decided_at")},
    Right.CONTRIBUTE: _COUNTED,
    Right.REGISTER: {"blobs": ("touched_at",)},
    Right.ACTIVATE: {"models": ("state",)},
    Right.DESCRIBE: {
        "plot_types": ("description", "contact", "guidance"),
        "classifications": ("severity", "colour", "symbol", "description"),
    },
    Right.FEED: _COUNTED
    | {
        "runs": ("first_seen", "last_seen"),
        "plots": ("seen_at", "received_at", "state", "image_expired_at"),
        "work": ("owner", "lease_until"),
        "quarantine": ("resolved_at",),
    },
    Right.JUDGE: {
        "plots": ("state", "model_id"),
        "work": ("owner", "lease_until", "attempts", "message"),
        "quarantine": ("resolved_at",),
        "tallies": ("value",),
        "alert_watches": _all_but_key(alert_watches),
        "dispatches": _all_but_key(dispatches),
        **_ALERTS_CHANGED,
    },
    Right.APPEAR: {"stations": _all_but_key(stations)},
    Right.EXPIRE: {"plots": ("image_expired_at",), "upkeep": _all_but_key(upkeep)},
}
_REMOVED: dict[Right, tuple[str, ...]] = {
    Right.DESCRIBE: ("group_members",),
    Right.JUDGE: ("predictions", "verdicts", "work", "journal"),
    Right.ALARM: ("alert_policies", "hall_settings"),
    Right.EXPIRE: ("blobs",),
}
_READ: dict[Right, tuple[str, ...]] = {
    Right.FEED: (VERSION, "plot_types", "runs", "plots", "blobs", "input_files", "work", "quarantine", "tallies"),
    Right.APPEAR: (VERSION, "stations"),
}


def privileges_of(roles: Iterable[Role]) -> frozenset[Privilege]:
    """Everything an account with these roles may do, and nothing else."""
    found: set[Privilege] = set()
    for right in rights_of(roles):
        found.update(_of_right(right))
    return frozenset(found)


def _of_right(right: Right) -> Iterable[Privilege]:
    if right is Right.ADMINISTER:
        yield from (Privilege("", action) for action in SCHEMA_ACTIONS)
    readable = (VERSION, *metadata.tables) if right is Right.WATCH else _READ.get(right, ())
    yield from (Privilege(table, SELECT) for table in readable)
    for table in _ADDED.get(right, ()):
        yield from _insert(table)
    for table, columns in _CHANGED.get(right, {}).items():
        yield from (Privilege(table, UPDATE, column) for column in columns)
    yield from (Privilege(table, DELETE) for table in _REMOVED.get(right, ()))


def _insert(table: str) -> Iterable[Privilege]:
    """Into a history, every column but its number and the one the server fills."""
    history = _HISTORIES.get(table)
    if history is None:
        yield Privilege(table, INSERT)
        return
    own = {ACCOUNT, *history.primary_key.columns.keys()}
    names = [column.name for column in history.columns]
    yield from (Privilege(table, INSERT, column) for column in names if column not in own)
