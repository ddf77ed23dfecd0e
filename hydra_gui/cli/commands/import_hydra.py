"""`hydra-gui import-hydra`: bring what a database with Hydra's tables holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hydra_gui.cli.errors import ExitCode, UsageError
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.access.opening import Access
    from backend.domain.foreign import Part
    from backend.services.hydra.importing import ImportReport


@app.command("import-hydra")
def import_hydra(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="mysql://ACCOUNT@HOST/DATABASE of Hydra; it is only read.")],
    images: Annotated[Path | None, typer.Option(help="Folder of the images that Hydra kept.", metavar="DIR")] = None,
    timezone: Annotated[str, typer.Option(help="In which its times are written, as America/New_York.")] = "UTC",
    ca: Annotated[Path | None, typer.Option(help="Authority of its server's certificate; else as configured.")] = None,
    tls: Annotated[bool, typer.Option(help="Demand TLS beyond this machine.")] = True,
    again: Annotated[bool, typer.Option("--again", help="Look at every row once more, as for other images.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report; write nothing.")] = False,
) -> None:
    """Bring plot types, classifications, labels, thresholds, run history and images from a database of Hydra.

    It may be interrupted and begun again: nothing is lost or doubled. Exits with 1 where something did not fit.
    """
    from backend.engine.parts import image_limits
    from backend.services.hydra import importing
    from backend.services.hydra.source import HydraSource

    session: Session = context.obj
    options = importing.ImportOptions(images, again, image_limits(session.settings))
    source = HydraSource(_access(session, url, ca, tls=tls), _zone(timezone))
    try:
        opened = nullcontext(None) if dry_run else session.open_store()
        with opened as store, _progress(session) as progress:
            report = importing.import_hydra(source, store, options, _teller(progress))
    finally:
        source.close()
    _tell(session, report, dry_run=dry_run)
    if report.refused or report.waiting:
        raise typer.Exit(ExitCode.PROBLEMS)


def _access(session: Session, url: str, ca: Path | None, *, tls: bool) -> Access:
    from backend.access.opening import access_to_source
    from backend.config import TlsMode

    configured = session.settings.store.tls
    changes = ({"ca": ca} if ca else {}) | ({} if tls else {"mode": TlsMode.NEVER})
    return access_to_source(url, configured.model_copy(update=changes))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"--timezone {name!r} is not known here. Write it as America/New_York or UTC.") from error


def _progress(session: Session) -> Progress:
    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=session.console, transient=True, disable=session.json)


def _teller(progress: Progress) -> Callable[[Part, int, int], None]:
    tasks: dict[Part, int] = {}

    def tell(part: Part, read: int, total: int) -> None:
        if part not in tasks:
            tasks[part] = progress.add_task(part.value, total=total)
        progress.update(progress.task_ids[list(tasks).index(part)], completed=read, total=total)

    return tell


def _tell(session: Session, report: ImportReport, *, dry_run: bool) -> None:
    if session.json:
        session.emit(asdict(report) | {"dry_run": dry_run})
        return
    left_out = {part.part: sum(r.count for r in report.refused if r.part is part.part) for part in report.parts}
    would = "would be new" if dry_run else "new here"
    rows = [(p.part, p.read, p.taken, p.known, left_out[p.part]) for p in report.parts]
    columns = ("", "rows", would, "here already", "left out")
    session.say(table(columns, rows, right=columns[1:]))
    if report.refused:
        session.say("What did not fit:")
        reasons = [(r.part, r.count, r.reason, r.examples) for r in report.refused]
        session.say(table(("", "rows", "why", "the first by number"), reasons, right=("rows",)))
    if report.waiting:
        session.say("Plots and their labels wait for their images: begin again with --images DIR.")
    if report.absent:
        session.say(f"Not in that database: {', '.join(report.absent)}.")
