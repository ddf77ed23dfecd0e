"""`hydra-gui models list|show|activate|rollback`; what has to do with files is in `model_files`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session, who_am_i
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.domain.models import ModelInfo

models = typer.Typer(help="The trained models and which of them judges what.")
app.add_typer(models, name="models")


@models.command("list")
def list_command(
    context: typer.Context,
    plot_type: Annotated[str | None, typer.Option(help="Only the models trained for this plot type.")] = None,
) -> None:
    """Every registered model, and the plot types it judges now."""
    session: Session = context.obj
    with session.open_store() as store:
        found = store.models.all(plot_type)
    if session.json:
        session.emit([_fields(info) for info in found])
        return
    if not found:
        session.say("No model is registered yet. Train one with: hydra-gui train PLOT_TYPE")
        return
    columns = ("id", "trained for", "labels", "state", "judges", "by", "on")
    session.say(table(columns, [_row(info) for info in found], right=("id",)))


def _row(info: ModelInfo) -> tuple[object, ...]:
    labels, judges = ", ".join(info.labels), ", ".join(info.active_for) or "–"
    day = f"{info.created_at.astimezone():%Y-%m-%d}"
    return info.model_id, info.plot_type, labels, info.state, judges, info.author, day


def _fields(info: ModelInfo) -> dict[str, object]:
    return {
        "id": info.model_id,
        "plot_type": info.plot_type,
        "architecture": info.architecture,
        "labels": info.labels,
        "thresholds": dict(zip(info.labels, info.thresholds, strict=True)),
        "state": info.state,
        "active_for": info.active_for,
        "author": info.author,
        "created_at": info.created_at.isoformat(),
        "digest": info.digest,
    }


@models.command("show")
def show_command(context: typer.Context, model: Annotated[int, typer.Argument(help="The model's number.")]) -> None:
    """One model: thresholds in force, what it measured in validation, and where it comes from."""
    session: Session = context.obj
    with session.open_store() as store:
        info, imports = store.models.get(model), store.models.imports(model)
    manifest = json.loads(info.manifest_json)
    if session.json:
        session.emit({**_fields(info), "imports": [asdict(entry) for entry in imports], "manifest": manifest})
        return
    session.say(f"{info.title}, trained for {info.plot_type}, {info.state}")
    session.say(f"judges: {', '.join(info.active_for) or 'nothing'}")
    if reference := manifest["metrics"].get("reference_engine"):
        pace = f"{reference['milliseconds']:.1f} ms a plot where it was made"
        session.say(f"runs in the reference engine, {pace}; OpenVINO cannot ({reference['reason']})")
    for entry in imports:
        signature = f"signed by {entry.signed_by}" if entry.signed_by else "not signed"
        session.say(f"imported by {entry.who} on {entry.at.astimezone():%Y-%m-%d %H:%M} from {entry.file}, {signature}")
    thresholds = zip(info.labels, (f"{value:.2f}" for value in info.thresholds), strict=True)
    session.say(table(("label", "threshold"), thresholds, right=("threshold",)))
    session.console.print_json(data={key: manifest[key] for key in ("metrics", "input", "provenance")})


@models.command("activate")
def activate_command(
    context: typer.Context,
    model: Annotated[int, typer.Argument(help="The model's number.")],
    plot_type: Annotated[str | None, typer.Option(help="Judge this plot type; else the one it was made for.")] = None,
    note: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    who: Annotated[str | None, typer.Option(help="In whose name; else your own.")] = None,
) -> None:
    """Let a model judge from now on. Running stations follow within seconds; what was judged stays as it is."""
    session: Session = context.obj
    with session.open_store() as store:
        info = store.models.get(model)
        store.models.activate(model, who or who_am_i(), plot_type, note)
    name = plot_type or info.plot_type
    if session.json:
        session.emit({"activated": model, "plot_type": name})
    session.say(f"{info.title} judges {name} from now on.")


@models.command("rollback")
def rollback_command(
    context: typer.Context,
    plot_type: Annotated[str, typer.Argument(help="The plot type that its earlier model shall judge again.")],
    note: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    who: Annotated[str | None, typer.Option(help="In whose name; else your own.")] = None,
) -> None:
    """Let the model judge that did before the present one. Repeated, it goes back one further each time."""
    session: Session = context.obj
    with session.open_store() as store:
        done = store.models.roll_back(plot_type, who or who_am_i(), note or "rolled back")
        info = store.models.get(done.model_id)
    if session.json:
        session.emit({"activated": done.model_id, "replaced": done.before, "plot_type": plot_type})
    session.say(f"{info.title} judges {plot_type} again from now on; it replaces model {done.before}.")
