"""`hydra-gui db audit`: who did what."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from hydra_gui.cli.commands.database import database
from hydra_gui.cli.errors import UsageError
from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.store.audit import AuditEntry

_AGO = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST_CELL = 60


@database.command("audit")
def audit_command(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(help="A date, 2026-11-27 or 2026-11-27T18:30, or 30m, 8h, 7d.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many entries.", min=1, max=1_000_000)] = 1000,
) -> None:
    """Who labelled, set thresholds, activated or imported models, changed the configuration, granted roles."""
    from backend.store.audit import read_audit

    session: Session = context.obj
    moment = read_since(since) if since else None
    with session.open_store() as store:
        entries = read_audit(store.database, moment, limit)
    if session.json:
        session.emit([asdict(entry) | {"at": entry.at.isoformat()} for entry in entries])
        return
    columns = ("when", "who", "account", "what", "on", "before", "after", "note")
    session.say(table(columns, map(_row, entries)) if entries else "Nothing was done in that time.")


def read_since(text: str) -> datetime:
    """A moment from a date in local time, or from a time ago. UsageError."""
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--since {text!r} is no time. Write 2026-11-27, 2026-11-27T18:30, or 8h for hours ago."
        ) from error


def _row(entry: AuditEntry) -> tuple[str, ...]:
    texts = (entry.who, entry.account, entry.what, entry.subject, entry.before, entry.after, entry.note)
    return (f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}", *map(_short, texts))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_CELL else line[: _LONGEST_CELL - 1] + "…"
