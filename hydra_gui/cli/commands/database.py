"""`hydra-gui db status|upgrade`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from hydra_gui.cli.errors import ExitCode
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.store import StoreStatus

database = typer.Typer(help="The database: its schema and what is in it.")
app.add_typer(database, name="db")


@database.command("status")
def status_command(context: typer.Context) -> None:
    """Schema and contents. Exits with 1 where the schema is not the one this program needs."""
    from backend.services.database import schema

    session: Session = context.obj
    status = schema(session.settings.store)
    if status is None:
        _show_none(session)
        return
    counts: dict[str, int] = {}
    if status.current:
        with session.open_store() as store:
            counts = asdict(store.counts())
    _show(session, status, counts)
    if not status.current:
        raise typer.Exit(ExitCode.PROBLEMS)


def _show_none(session: Session) -> None:
    url = session.settings.store.effective_url
    if session.json:
        session.emit({"url": url, "revision": None, "current": False, "counts": {}})
    session.say(f"{url}\nThere is no database yet; it is made at the first start.")


def _show(session: Session, status: StoreStatus, counts: dict[str, int]) -> None:
    if session.json:
        schema = {"url": status.url, "revision": status.revision, "expected": status.expected}
        session.emit({**schema, "current": status.current, "counts": counts})
        return
    session.say(f"{status.url}\nschema {status.revision or 'none yet'}, this program needs {status.expected}")
    if counts:
        session.say(table(("", "count"), [(name.replace("_", " "), n) for name, n in counts.items()], right=("count",)))
    else:
        session.say("Run `hydra-gui db upgrade` when no other station runs; an embedded database is backed up first.")


@database.command("upgrade")
def upgrade_command(context: typer.Context) -> None:
    """Bring the schema to what this program needs. An embedded database is copied beside itself first."""
    from backend.access.opening import upgrade_store
    from backend.services.database import schema

    session: Session = context.obj
    before = schema(session.settings.store)
    after = upgrade_store(session.settings.store)
    was = before.revision if before else None
    if session.json:
        session.emit({"url": after.url, "before": was, "after": after.revision})
    elif was == after.revision:
        session.say(f"Nothing to do: {after.url} has schema {after.revision} already.")
    else:
        session.say(f"{after.url}: schema {was or 'none'} → {after.revision}")
