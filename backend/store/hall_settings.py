"""Settings of the whole hall: each one value with its history of who changed it, when and why."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from backend.domain.changes import ChangeKind
from backend.domain.hall_policy import USUAL_HALL_POLICY, HallPolicy
from backend.store.alert_codec import as_hall_policy
from backend.store.histories import append
from backend.store.journal import note
from backend.store.tables import hall_setting_events, hall_settings


class Setting(StrEnum):
    """What can be set, as it is stored."""

    PLOTS = "plots"
    """The policy of plot types that have none of their own."""

    HALL = "hall"
    """What about the hall itself is an alert."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One entry of a setting's history; `before` is None for the first. Both are JSON."""

    before: str | None
    after: str
    who: str
    at: datetime
    reason: str = ""


def text_of(connection: Connection, setting: Setting) -> str | None:
    """The value in force; None where nobody has decided."""
    return connection.scalar(select(hall_settings.c.value).where(hall_settings.c.name == setting.value))


def hall_policy(connection: Connection) -> HallPolicy:
    """What about the hall itself is an alert."""
    text = text_of(connection, Setting.HALL)
    return as_hall_policy(text) if text else USUAL_HALL_POLICY


def hall_policy_text(policy: HallPolicy) -> str:
    """Inverse of `as_hall_policy`."""
    return json.dumps(asdict(policy), separators=(",", ":"))


def writing(setting: Setting, after: str, who: str, reason: str) -> Callable[[Connection], None]:
    """The transaction that puts a value in force; the one that is in force already changes nothing."""
    ticket = uuid.uuid4()

    def write(connection: Connection) -> None:
        before = text_of(connection, setting)
        if before == after:
            return
        entry = {"who": who, "name": setting.value, "value_before": before, "value_after": after, "reason": reason}
        append(connection, hall_setting_events, ticket, [entry])
        connection.execute(delete(hall_settings).where(hall_settings.c.name == setting.value))
        connection.execute(insert(hall_settings).values(name=setting.value, value=after))
        note(connection, ChangeKind.CATALOGUE)

    return write


def setting_history(connection: Connection, setting: Setting) -> list[SettingChange]:
    """All changes of a setting, oldest first."""
    mine = hall_setting_events.c.name == setting.value
    rows = connection.execute(select(hall_setting_events).where(mine).order_by(hall_setting_events.c.id))
    return [SettingChange(row.value_before, row.value_after, row.who, row.at, row.reason) for row in rows]
