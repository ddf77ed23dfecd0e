"""`hydra-gui db backup|restore`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from hydra_gui.cli.commands.database import database
from hydra_gui.cli.errors import ProblemsFoundError
from hydra_gui.cli.session import Session

if TYPE_CHECKING:
    from backend.store.backup.taking import BackupResult


@database.command("backup")
def backup_command(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="The file to write.", metavar="FILE")]
) -> None:
    """Write everything, images and models too, into one file, while stations work. Any account that sees all may."""
    from backend.store.backup.taking import back_up

    session: Session = context.obj
    with session.open_store() as store, _copying(session) as told:
        result = back_up(store, file, told)
    _tell_copied(session, file, result)
    if result.damaged:
        raise ProblemsFoundError(
            f"{len(result.damaged)} images are lost or damaged in the store and not in the backup, the first is "
            f"{result.damaged[0]}. Everything else is; check the disk."
        )


@database.command("restore")
def restore_command(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="A file of `db backup`.", metavar="FILE")]
) -> None:
    """Bring a backup into an empty store, on SQLite or a server, whichever it came from. Needs the administrator."""
    from backend.access.opening import upgrade_store
    from backend.services.database import schema
    from backend.store.backup.restoring import restore

    session: Session = context.obj
    before = schema(session.settings.store)
    if before is not None and before.revision is None:
        upgrade_store(session.settings.store)
    with session.open_store() as store, _copying(session) as told:
        result = restore(store, file, told)
    _tell_copied(session, file, result)


@contextmanager
def _copying(session: Session) -> Iterator[Callable[[str, int], None]]:
    with Progress(console=session.console, disable=session.json, transient=True) as bar:
        task = bar.add_task("Copying", total=None)
        yield lambda what, done: bar.update(task, description=f"{what.replace('_', ' ')}: {done}")


def _tell_copied(session: Session, file: Path, result: BackupResult) -> None:
    if session.json:
        session.emit({"file": str(file), "rows": result.rows, "blobs": result.blobs, "damaged": result.damaged})
    session.say(f"{file}: {sum(result.rows.values())} rows, {result.blobs} images and models, verified")
