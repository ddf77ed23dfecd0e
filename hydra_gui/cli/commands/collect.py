"""`hydra-gui collect show|set`: which images are kept for people who label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session, who_am_i
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.domain.collecting import Collected

collect = typer.Typer(help="Which images are kept: all that alarm, are unconfirmed or labelled, and a random sample.")
app.add_typer(collect, name="collect")


@collect.command("show")
def show_command(
    context: typer.Context,
    plot_type: Annotated[list[str] | None, typer.Argument(help="Only these plot types; else all.")] = None,
) -> None:
    """The sample's rate per plot type, how many images are kept for which reason, and about how much room they take."""
    session: Session = context.obj
    with session.open_store() as store:
        names = plot_type or sorted(store.collecting.percents())
        found = [store.collecting.collected(name) for name in names]
    if session.json:
        session.emit([_as_json(one) for one in found])
        return
    rows = [(one.plot_type, f"{one.percent:g} %", one.plots, one.kept, *_by_reason(one), _room(one)) for one in found]
    heads = ("plot type", "sample", "plots", "kept", "alarmed", "unconfirmed", "sampled", "labelled", "about")
    session.say(table(heads, rows))


@collect.command("set")
def set_command(
    context: typer.Context,
    plot_type: Annotated[str, typer.Argument(help="The plot type.")],
    percent: Annotated[float, typer.Argument(min=0, max=100, help="Percent of harmless plots whose image is kept.")],
    who: Annotated[str | None, typer.Option(help="In whose name this is recorded; else your own.")] = None,
) -> None:
    """Keep another share of the harmless plots, from now on and on all stations. Nothing has to be restarted."""
    session: Session = context.obj
    with session.open_store() as store:
        store.collecting.set_percent(plot_type, percent, who or who_am_i())
        found = store.collecting.collected(plot_type)
    if session.json:
        session.emit(_as_json(found))
    else:
        session.say(f"From now on {percent:g} % of the harmless plots of {plot_type} keep their image")


def _by_reason(collected: Collected) -> list[int]:
    from backend.domain.collecting import KeptFor

    counted = dict(collected.by_reason)
    return [counted.get(reason, 0) for reason in KeptFor]


def _room(collected: Collected) -> str:
    return f"{collected.kept * collected.bytes_each / 1e6:.1f} MB"


def _as_json(collected: Collected) -> dict[str, object]:
    return {
        "plot_type": collected.plot_type,
        "percent": collected.percent,
        "plots": collected.plots,
        "kept": collected.kept,
        "by_reason": {reason.name.lower(): count for reason, count in collected.by_reason},
        "bytes_about": round(collected.kept * collected.bytes_each),
    }
