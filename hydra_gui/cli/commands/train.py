"""`hydra-gui train PLOT_TYPE`."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session, who_am_i

if TYPE_CHECKING:
    from backend.services.training import TrainedModel, TrainingPlan
    from backend.store import Store


class Pixels(StrEnum):
    """What an expert's own network is given for black and white."""

    SIGNED = "-1..1"
    UNIT = "0..1"
    BYTES = "0..255"


@app.command()
def train(
    context: typer.Context,
    plot_type: Annotated[str, typer.Argument(help="The plot type to train a model for, from its labels.")],
    recipe: Annotated[str | None, typer.Option(help="How to train; a name it does not know lists all.")] = None,
    seed: Annotated[int, typer.Option(help="Makes the training repeatable.", min=0)] = 1,
    input_size: Annotated[
        str, typer.Option("--input", help="WIDTHxHEIGHT, with x1 for grey, or 'data' for the size of the plots.")
    ] = "",
    weights: Annotated[
        Path | None, typer.Option(help="Keras weights to start from (.h5, .keras), as published for the network.")
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help="Your own network (.keras); the recipe is then 'custom' unless named.")
    ] = None,
    pixels: Annotated[
        Pixels | None, typer.Option(help="What your own network is given for black..white; else found out.")
    ] = None,
    threads: Annotated[int, typer.Option(help="Threads to train with; 0 is every core.", min=0, max=256)] = 0,
    activate: Annotated[bool, typer.Option("--activate", help="Let the model judge as soon as it is ready.")] = False,
    who: Annotated[str | None, typer.Option(help="In whose name; else your own.")] = None,
) -> None:
    """Train a model from the labels in the store. Ctrl-C cancels; nothing half-done is kept."""
    from backend.services.training import TrainingPlan
    from backend.training.catalogue import PixelRange
    from backend.training.recipes import CUSTOM_RECIPE, DEFAULT_RECIPE

    session: Session = context.obj
    chosen = recipe or (CUSTOM_RECIPE if network is not None else DEFAULT_RECIPE)
    given = PixelRange(pixels.value) if pixels else None
    plan = TrainingPlan(plot_type, who or who_am_i(), chosen, seed, threads, input_size, weights, network, given)
    with session.open_store() as store:
        model = _train(session, store, plan)
        if activate:
            store.models.activate(model.model_id, plan.who, None, "trained and activated on the command line")
    _report(session, model, activated=activate)


def _train(session: Session, store: Store, plan: TrainingPlan) -> TrainedModel:
    from backend.services.training import Training
    from backend.training.jobs import TrainingCancelledError
    from hydra_gui.cli.training_progress import TrainingDisplay

    with TrainingDisplay(session) as display:
        training = Training(store, plan, session.settings.store.data_dir / "training", display.show)
        with _cancelled_by_signals(training.cancel):
            try:
                return training.run()
            except TrainingCancelledError as error:
                raise KeyboardInterrupt from error


@contextmanager
def _cancelled_by_signals(cancel: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM cancel; the training then ends by itself, leaving nothing behind."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda _number, _frame: cancel())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(session: Session, model: TrainedModel, *, activated: bool) -> None:
    from hydra_gui.cli.training_progress import result_table

    figures = model.figures
    if session.json:
        session.emit({"model": model.model_id, "activated": activated, **asdict(figures)})
        return
    session.say(result_table(model))
    session.say(
        f"Model {model.model_id}: accuracy {figures.accuracy:.1%}, balanced {figures.balanced_accuracy:.1%}, "
        f"calibration error {figures.calibration_error:.3f}, {figures.seconds:.0f} s"
    )
    if figures.note:
        session.say(figures.note)
    session.say(
        "It judges from now on." if activated else f"Activate it with: hydra-gui models activate {model.model_id}"
    )
