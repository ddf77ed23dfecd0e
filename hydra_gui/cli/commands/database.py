"""`hydra-gui db status|purge|upgrade`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from hydra_gui.cli.errors import ExitCode, UsageError
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import size, table

if TYPE_CHECKING:
    from backend.domain.retention import PurgeRound, StorageUse
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
    stored = None
    if status.current:
        with session.open_store() as store:
            counts = asdict(store.counts())
            stored = store.retention.use(), store.retention.newest_round()
    _show(session, status, counts, stored)
    if not status.current:
        raise typer.Exit(ExitCode.PROBLEMS)


def _show_none(session: Session) -> None:
    url = session.settings.store.effective_url
    if session.json:
        session.emit({"url": url, "revision": None, "current": False, "counts": {}})
    session.say(f"{url}\nThere is no database yet; it is made at the first start.")


def _show(
    session: Session, status: StoreStatus, counts: dict[str, int], stored: tuple[StorageUse, PurgeRound] | None
) -> None:
    if session.json:
        schema = {"url": status.url, "revision": status.revision, "expected": status.expected}
        told = {"use": asdict(stored[0]), "purge": asdict(stored[1])} if stored else {}
        session.emit({**schema, "current": status.current, "counts": counts, **told})
        return
    session.say(f"{status.url}\nschema {status.revision or 'none yet'}, this program needs {status.expected}")
    if counts:
        session.say(table(("", "count"), [(name.replace("_", " "), n) for name, n in counts.items()], right=("count",)))
        if stored:
            _show_use(session, *stored)
    else:
        session.say("Run `hydra-gui db upgrade` when no other station runs; an embedded database is backed up first.")


def _show_use(session: Session, use: StorageUse, newest: PurgeRound) -> None:
    session.say(f"{use.blobs} images and models, {size(use.blob_bytes)}; database {size(use.database_bytes)} besides")
    if newest.begun_at is None:
        session.say("No image ever expired.")
        return
    when = f"finished {newest.finished_at.astimezone():%d %b %H:%M}" if newest.finished_at else "under way"
    session.say(f"Last purge {when}: {newest.images} images, {size(newest.bytes)}")


@database.command("purge")
def purge_command(
    context: typer.Context,
    days: Annotated[float | None, typer.Option(help="Age in days; else images_days of [retention].", min=0.001)] = None,
    share: Annotated[float | None, typer.Option(help="Share kept as a sample, 0 to 1.", min=0, max=1)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Let images of harmless plots go that are older than that. Nothing else is ever removed; needs the role keeper."""
    from backend.services.purging import preview, purge

    session: Session = context.obj
    policy = session.settings_with({"retention": {"images_days": days, "share": share}}).retention.policy
    if not policy.is_on:
        raise UsageError("Nothing expires: give --days, or set images_days in the [retention] section.")
    with session.open_store() as store, Progress(console=session.console, disable=session.json) as bar:
        task = bar.add_task("Looking at plots", total=None)
        work = preview if dry_run else purge
        result = work(store, policy, lambda so_far: bar.update(task, completed=so_far.looked_at))
    if session.json:
        session.emit({**asdict(result), "dry_run": dry_run})
    word = "would go" if dry_run else "gone"
    session.say(f"{result.images} images {word}, {size(result.bytes)}; {result.orphans} without a plot removed")


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
