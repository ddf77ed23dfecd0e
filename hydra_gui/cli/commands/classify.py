"""`hydra-gui classify PATH…`, and `--all` instead of paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from backend.domain.classifications import Classification, Severity
from hydra_gui.cli.classify_output import show
from hydra_gui.cli.errors import ExitCode, UsageError
from hydra_gui.cli.program import app
from hydra_gui.cli.reprocess import reprocess
from hydra_gui.cli.session import Session

if TYPE_CHECKING:
    from backend.inference.reference.supervisor import ReferenceEngine
    from backend.services.classify import FileClassifier, FileVerdict
    from backend.services.map_files import MapFiles
    from backend.services.model_choice import ModelChoice


class OutputFormat(StrEnum):
    """How verdicts are written."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"


class FailOn(StrEnum):
    """From which severity on the exit code says that problems were found."""

    ALARM = "alarm"
    WARNING = "warning"

    @property
    def severity(self) -> Severity:
        """The severity of that name."""
        return Severity[self.name]


@app.command()
def classify(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(help="Image files, or folders of them.", exists=True)] = None,
    model: Annotated[
        str | None, typer.Option(help="A model's number or a bundle (folder or .zip); else what is in force.")
    ] = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to write the verdicts.")] = OutputFormat.TABLE,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="Exit with 1 where a confirmed verdict is this grave or graver.")
    ] = None,
    maps: Annotated[
        Path | None, typer.Option(help="Write an exact heat map of every verdict into this folder.", file_okay=False)
    ] = None,
    layer: Annotated[str, typer.Option(help="For --maps: of which layer; else of the last one with a map.")] = "",
    every: Annotated[
        bool, typer.Option("--all", help="Instead of files: every stored plot of the plot type of --model, again.")
    ] = False,
    executor: Annotated[
        str | None, typer.Option(help="For --all: threads, or dask://HOST:PORT; else as configured.", metavar="WHERE")
    ] = None,
) -> None:
    """Verdicts for files, or for a whole archive. Exits with 1 where one could not be judged, or as --fail-on says."""
    session: Session = context.obj
    if every:
        if paths or fail_on or maps:
            raise UsageError("--all is about plots in the store: name no files with it, no --fail-on and no --maps.")
        if not reprocess(session, model, executor):
            raise typer.Exit(ExitCode.PROBLEMS)
        return
    if executor is not None:
        raise UsageError("--executor is for --all; files are judged on this machine.")
    if layer and maps is None:
        raise UsageError("--layer says of which layer a heat map is written: name the folder for it with --maps.")
    _classify_files(session, paths or [], model, output, fail_on, maps, layer)


def _classify_files(
    session: Session,
    paths: list[Path],
    model: str | None,
    output: OutputFormat,
    fail_on: FailOn | None,
    maps: Path | None,
    layer: str,
) -> None:
    from backend.services.classify import image_files

    output = OutputFormat.JSON if session.json else output
    files = list(image_files(paths))
    if not files:
        raise UsageError("There is no image among these paths. Name PNG, JPEG, GIF, BMP or WebP files.")
    quiet = output is not OutputFormat.TABLE
    with _classifier(session, model) as (classifier, choice, reference):
        results = _run(session, "classifying", classifier.run(files), len(files), quiet=quiet)
        if maps is not None:
            added = _map_files(session, maps, layer, choice, reference)
            results = _run(session, "computing heat maps", map(added.add, results), len(files), quiet=quiet)
    show(session, results, output.value)
    if maps is not None and not quiet:
        session.say(f"{sum(result.map_file is not None for result in results)} exact heat maps in {maps}")
    if any(result.trouble for result in results) or (fail_on and _found(results, fail_on.severity)):
        raise typer.Exit(ExitCode.PROBLEMS)


def _run(session: Session, words: str, work: Iterable[FileVerdict], total: int, *, quiet: bool) -> list[FileVerdict]:
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=session.console, transient=True, disable=quiet) as progress:
        return list(progress.track(work, total=total))


def _map_files(session: Session, folder: Path, layer: str, choice: ModelChoice, reference: ReferenceEngine) -> MapFiles:
    from backend.engine.parts import image_limits
    from backend.services.map_files import MapFiles

    reference.check_installed()
    return MapFiles(folder, choice, reference, layer, image_limits(session.settings))


def _found(results: list[FileVerdict], severity: Severity) -> bool:
    return any(r.verdict is not None and r.verdict.confirmed and r.verdict.severity >= severity for r in results)


@contextmanager
def _classifier(session: Session, model: str | None) -> Iterator[tuple[FileClassifier, ModelChoice, ReferenceEngine]]:
    from backend.services.model_choice import bundle_of_file, choose_from_store, reference_of

    inference = session.settings.inference
    if model is not None and not model.isdigit():
        with reference_of(inference) as reference, bundle_of_file(Path(model), inference, reference) as choice:
            yield _build(session, choice, {}), choice, reference
        return
    with session.open_store() as store, reference_of(inference) as reference:
        known = {item.name: item for item in store.classifications.all()}
        choice = choose_from_store(store, inference, None if model is None else int(model), reference)
        yield _build(session, choice, known), choice, reference


def _build(session: Session, choice: ModelChoice, known: dict[str, Classification]) -> FileClassifier:
    from backend.engine.parts import image_limits
    from backend.services.classify import FileClassifier

    inference = session.settings.inference.without_window
    limits = image_limits(session.settings)
    return FileClassifier(choice, known, threads=inference.threads, batch=inference.batch, limits=limits)
