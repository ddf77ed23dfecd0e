"""`hydra-gui serve`: the engine without a screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from backend.domain.errors import StoreRefusedError
from backend.domain.hall import HallStatus, Tile
from backend.events import Event, FileQuarantined, PlotJudged, StatusChanged
from hydra_gui.cli.errors import UsageError
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import SEVERITY_STYLE

if TYPE_CHECKING:
    from backend.config import Settings
    from backend.services.serving import ServeSummary


@app.command()
def serve(
    context: typer.Context,
    watch: Annotated[Path | None, typer.Option(help="Folder to take plots from; else the configuration's.")] = None,
    listen: Annotated[
        list[str] | None, typer.Option(help="Address to take plots from feeders on, tcp://HOST:PORT.", metavar="URL")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="End after this many seconds.", min=0.1)] = None,
    until_idle: Annotated[bool, typer.Option(help="End when everything in the folder has been judged.")] = False,
    feed_only: Annotated[bool, typer.Option("--feed-only", help="Take plots in; leave judging to others.")] = False,
    pulse: Annotated[Path | None, typer.Option(help="File to renew every few seconds, for probes.")] = None,
) -> None:
    """Judge what arrives, until Ctrl-C or SIGTERM. With --json one line for every verdict."""
    from backend.services.serving import ServeOptions, serve_until

    session: Session = context.obj
    settings = session.settings_with(
        {"input": {"directory": watch}, "engine": {"judges": False if feed_only else None}}
    )
    if listen:
        settings = with_listen(settings, listen)
    session.say(f"{_what_it_does(settings)}; Ctrl-C ends it.")
    teller = _tell_json(session) if session.json else _tell_person(session)
    summary = serve_until(settings, ServeOptions(seconds, until_idle, pulse), teller)
    if summary.refused:
        raise StoreRefusedError(summary.refused)
    _report(session, summary)


def _what_it_does(settings: Settings) -> str:
    """The role in words; UsageError where there would be nothing to do."""
    judges, shared = settings.engine.judges, not settings.store.effective_url.startswith("sqlite")
    places = [str(place) for place in (settings.input.directory, *settings.feed.zeromq.listen) if place]
    if not places and not (judges and shared):
        raise UsageError(
            "No folder is watched and no address listened to, so no plot can arrive. Name one with --watch DIR or "
            "--listen URL, or set directory in the [input] section of the configuration. On a shared database an "
            "engine needs none: it judges what others take in."
        )
    if not places:
        return "Judging what other stations take in"
    return (
        f"{'Judging' if judges else 'Taking in, for other stations to judge,'} what arrives in {' and '.join(places)}"
    )


def with_listen(settings: Settings, addresses: list[str]) -> Settings:
    """The configuration with these addresses to listen on; ConfigurationError where they cannot be."""
    from backend.config import overridden

    zeromq = settings.feed.zeromq.model_dump() | {"listen": addresses}
    return overridden(settings, {"feed": {"zeromq": zeromq}})


def _tell_json(session: Session) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        match event:
            case PlotJudged(tile, elsewhere=False) if tile.plot is not None:
                session.emit({"event": "judged", **_plot_fields(tile)})
            case FileQuarantined(file, elsewhere=False):
                session.emit({"event": "quarantined", "path": file.path, "reason": file.reason, "why": file.message})
            case _:
                pass

    return tell


def _plot_fields(tile: Tile) -> dict[str, object]:
    assert tile.plot is not None  # noqa: S101 - the caller has looked
    identity, verdict = tile.plot.identity, tile.verdict
    return {
        "plot_type": identity.plot_type,
        "run": identity.run,
        "chunk": identity.chunk,
        "classification": verdict.classification if verdict else None,
        "confidence": round(verdict.confidence, 4) if verdict else None,
        "confirmed": verdict.confirmed if verdict else None,
        "alarms": verdict.alarms if verdict else False,
    }


def _tell_person(session: Session) -> Callable[[Event], None]:
    shown = ""

    def tell(event: Event) -> None:
        nonlocal shown
        match event:
            case PlotJudged(tile, elsewhere=False) if tile.verdict is not None and tile.verdict.needs_attention:
                session.say(attention_line(tile))
            case FileQuarantined(file, elsewhere=False):
                session.say(Text(f"set aside  {file.path}: {file.reason}. {file.message}", style="yellow"))
            case StatusChanged(status) if (line := health_line(status)) != shown:
                shown = line
                session.say(Text(line, style="dim"))
            case _:
                pass

    return tell


def attention_line(tile: Tile) -> Text:
    """One line for a plot somebody must look at."""
    assert tile.plot is not None  # noqa: S101 - a verdict is on a plot
    assert tile.verdict is not None  # noqa: S101 - the caller has looked
    identity, verdict = tile.plot.identity, tile.verdict
    where = f"run {identity.run}" + ("" if identity.chunk is None else f" chunk {identity.chunk}")
    text = f"{verdict.classification:<12} {verdict.confidence:5.0%}  {identity.plot_type}, {where}"
    return Text(text, style=SEVERITY_STYLE[verdict.severity])


def health_line(status: HallStatus) -> str:
    """Feed, database and inference in a line; only what changes rarely, so that it is not repeated all the time."""
    health = status.health
    parts = (("feed", health.feed), ("database", health.database), ("inference", health.inference))
    return ", ".join(f"{name} {part.condition}" for name, part in parts)


def _report(session: Session, summary: ServeSummary) -> None:
    if session.json:
        session.emit(
            {"event": "end", "recorded": summary.recorded, "quarantined": summary.quarantined}
            | {"verdicts": dict(summary.verdicts)}
        )
    counted = ", ".join(f"{count} {name}" for name, count in summary.verdicts.most_common()) or "none"
    session.say(f"{summary.recorded} plots judged ({counted}), {summary.quarantined} files set aside")
