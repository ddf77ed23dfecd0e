"""`hydra-gui labels import|export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hydra_gui.cli.errors import ExitCode
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session, who_am_i
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.services.labels import LabelImport

labels = typer.Typer(help="Take labels in and give them out as CSV: path,plot_type,run,chunk,label.")
app.add_typer(labels, name="labels")

_SHOWN = 10


@labels.command("import")
def import_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV file with the columns path,plot_type,run,chunk,label.")],
    root: Annotated[Path | None, typer.Option(help="What the paths are relative to; else the file's folder.")] = None,
    who: Annotated[str | None, typer.Option(help="In whose name the labels are recorded; else your own.")] = None,
    runs: Annotated[str, typer.Option(help="Only these runs: even, odd, or 297031,297100-297200.")] = "all",
) -> None:
    """Import labelled images. Importing a file again adds nothing and leaves later corrections alone."""
    from backend.engine.parts import image_limits
    from backend.services.label_files import count_lines
    from backend.services.labels import import_labels
    from backend.services.run_ranges import choose_runs

    session: Session = context.obj
    limits = image_limits(session.settings)
    with session.open_store() as store, _progress(session) as progress:
        task = progress.add_task("importing", total=max(0, count_lines(file) - 1))
        done = import_labels(
            store,
            file,
            who=who or who_am_i(),
            root=root,
            limits=limits,
            runs=choose_runs(runs),
            on_progress=lambda state: progress.update(task, completed=state.rows),
        )
    _report(session, done)
    if done.rejected:
        raise typer.Exit(ExitCode.PROBLEMS)


def _progress(session: Session) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=session.console, transient=True, disable=session.json)


def _report(session: Session, done: LabelImport) -> None:
    if session.json:
        session.emit(
            {
                "labelled": done.labelled,
                "unchanged": done.unchanged,
                "superseded": done.superseded,
                "new_plots": done.new_plots,
                "by_label": dict(done.by_label),
                "rejected": [{"line": row.line, "path": row.path, "reason": row.reason} for row in done.rejected],
            }
        )
        return
    counted = ", ".join(f"{count} {label}" for label, count in done.by_label.most_common()) or "none"
    session.say(f"{done.labelled} labels added ({counted}), {done.new_plots} new plots, {done.unchanged} unchanged")
    if done.superseded:
        session.say(f"{done.superseded} rows were corrected by a person after an earlier import; left as they are")
    if done.rejected:
        session.say(f"{len(done.rejected)} rows were left out:")
        session.say(table(("line", "path", "why"), [(r.line, r.path, r.reason) for r in done.rejected[:_SHOWN]]))


@labels.command("export")
def export_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV file to write.")],
    plot_type: Annotated[list[str] | None, typer.Option(help="Only this plot type; may be repeated.")] = None,
    images: Annotated[bool, typer.Option(help="Write the images beside the file, where its paths point.")] = True,
) -> None:
    """Export the labels that count, ready to be imported elsewhere."""
    from backend.services.label_export import export_labels

    session: Session = context.obj
    with session.open_store() as store:
        count = export_labels(store, file, plot_types=tuple(plot_type or ()), images=images)
    if session.json:
        session.emit({"exported": count, "file": str(file)})
    session.say(f"{count} labels exported to {file}")
