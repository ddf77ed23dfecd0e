"""`hydra-gui bundle create|show|open|apply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from backend.domain.label_bundles import BundleRequest
from backend.domain.labelling import LabelScope, PlotOrder
from hydra_gui.cli.errors import ExitCode, UsageError
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session, who_am_i

if TYPE_CHECKING:
    from backend.domain.label_bundles import Applied, BundleManifest, BundleState
    from backend.store import Store

bundle = typer.Typer(help="Label away from the hall: plots and labels in one file, and its labels brought home.")
app.add_typer(bundle, name="bundle")

File = Annotated[Path, typer.Argument(help="The label bundle (.hydralabels).", metavar="FILE")]


@bundle.command("create")
def create_command(
    context: typer.Context,
    file: File,
    plot_type: Annotated[list[str] | None, typer.Option(help="A plot type to take along; may be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Take all plot types along.")] = False,
    which: Annotated[LabelScope, typer.Option(help="Which plots, by what was said of them.")] = LabelScope.UNLABELLED,
    label: Annotated[str, typer.Option(help="With --which labelled: only this label.")] = "",
    by: Annotated[str, typer.Option(help="With --which labelled: only by this person.", metavar="NAME")] = "",
    runs: Annotated[str, typer.Option(help="Only these runs: 297031,297100-297200.")] = "",
    limit: Annotated[int, typer.Option(help="So many plots of each type at most; 0 is all.", min=0)] = 0,
    order: Annotated[PlotOrder, typer.Option(help="Which come first, where there is a limit.")] = PlotOrder.NEWEST,
) -> None:
    """Put plots, guesses, classes and labels into one file, to be labelled on a machine without the database."""
    from backend.engine.presence import program_version
    from backend.offline.making import make_bundle
    from backend.services.run_ranges import run_spans

    session: Session = context.obj
    with session.open_store() as store, _progress(session) as progress:
        names = _plot_types(store, plot_type or [], every=every)
        request = BundleRequest(names, which, order, label, by, run_spans(runs), limit)
        task = progress.add_task("images", total=None)
        made = make_bundle(
            store,
            file,
            request,
            who=who_am_i(),
            experiment=session.settings.experiment.name,
            program=program_version(),
            on_progress=lambda done, of: _advance(progress, task, done, of),
        )
    if session.json:
        session.emit(_told(made.manifest) | {"bytes": made.size, "left_out": made.left_out})
    session.say(
        f"{made.manifest.plots} plots in {made.size / 1e6:.0f} MB. Open it anywhere: hydra-gui bundle open FILE"
    )
    if made.left_out:
        session.say(f"{made.left_out} plots were left out, as the store no longer has their images whole")


def _plot_types(store: Store, names: list[str], *, every: bool) -> tuple[str, ...]:
    if every == bool(names):
        raise UsageError("Say what to take along: --plot-type NAME, which may be repeated, or --all.")
    return tuple(names) if names else tuple(info.name for info in store.plot_types.all())


def _progress(session: Session) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=session.console, transient=True, disable=session.json)


def _advance(progress: Progress, task: TaskID, done: int, of: int) -> bool:
    progress.update(task, completed=done, total=of)
    return True


@bundle.command("show")
def show_command(context: typer.Context, file: File) -> None:
    """Look through a label bundle and say what is in it. Nothing is changed."""
    from backend.offline.checking import check_bundle

    session: Session = context.obj
    state = check_bundle(file)
    if session.json:
        session.emit(_told(state.manifest) | {"labels": state.labels, "notes": list(state.notes)})
        return
    _say_state(session, state)


def _say_state(session: Session, state: BundleState) -> None:
    manifest = state.manifest
    for note in state.notes:
        session.say(note)
    session.say(f"{manifest.plots} plots of {manifest.experiment}: {', '.join(manifest.plot_types)}")
    session.say(f"made by {manifest.made_by}, {manifest.made_at.astimezone():%Y-%m-%d %H:%M}: {manifest.chosen}")
    session.say(f"{state.labels} entries were added to its label history since")


def _told(manifest: BundleManifest) -> dict[str, Any]:
    return {
        "key": manifest.key,
        "hall": manifest.hall,
        "experiment": manifest.experiment,
        "made_by": manifest.made_by,
        "made_at": manifest.made_at.isoformat(),
        "plot_types": list(manifest.plot_types),
        "plots": manifest.plots,
        "chosen": manifest.chosen,
        "schema": manifest.schema,
    }


@bundle.command("open")
def open_command(context: typer.Context, file: File) -> None:
    """Open the window on a label bundle, as `hydra-gui FILE.hydralabels` does. No server is needed."""
    from hydra_gui.cli import _open_window
    from hydra_gui.options import WindowOptions

    session: Session = context.obj
    raise typer.Exit(_open_window(WindowOptions(session.config, session.store, session.data_dir, bundle=file)))


@bundle.command("apply")
def apply_command(
    context: typer.Context,
    file: File,
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Take what can be read of a damaged or edited bundle.")
    ] = False,
) -> None:
    """Bring the labels of a bundle into the database. Doing it again changes nothing; nobody's label is covered."""
    from backend.offline.applying import apply_bundle

    session: Session = context.obj
    with session.open_store() as store, _progress(session) as progress:
        task = progress.add_task("labels", total=None)
        done = apply_bundle(
            store, file, salvage=salvage, on_progress=lambda count, of: _advance(progress, task, count, of)
        )
    _report(session, done)
    if done.refused:
        raise typer.Exit(ExitCode.PROBLEMS)


def _report(session: Session, done: Applied) -> None:
    if session.json:
        session.emit(
            {
                "given": done.given,
                "written": done.written,
                "known": done.known,
                "disagreements": done.disagreements,
                "people": list(done.people),
                "refused": list(done.refused),
            }
        )
        return
    session.say(
        f"{done.written} entries of {', '.join(done.people) or 'nobody'} brought, {done.known} were here before"
    )
    if done.disagreements:
        session.say(
            f"{done.disagreements} plots have two labels now: settle them on the Labelling screen, Disagreements"
        )
    for line in done.refused:
        session.say(f"left out: {line}")
