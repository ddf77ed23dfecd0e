"""`hydra-gui models import|export|keygen`: models as files that travel, and the keys that vouch for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hydra_gui.cli.commands.models import models
from hydra_gui.cli.session import Session, who_am_i


@models.command("import")
def import_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A bundle: a file made by `models export`, or a folder.")],
    who: Annotated[str | None, typer.Option(help="In whose name; else your own.")] = None,
) -> None:
    """Take a model in as a candidate, once it has been checked and tried out. It judges nothing yet."""
    from backend.services.bundles import import_bundle
    from backend.services.model_choice import reference_of

    session: Session = context.obj
    trusted = session.settings.models.trusted_keys
    with session.open_store() as store, reference_of(session.settings.inference) as reference:
        number, read = import_bundle(store, file, who or who_am_i(), trusted, reference)
        info = store.models.get(number)
    if session.json:
        session.emit({"model": number, "digest": info.digest, "signed_by": read.signed_by or None})
    session.say(f"{info.title} was imported for {info.plot_type}, {_signed(read.signed_by)}.")
    session.say(f"Let it judge with: hydra-gui models activate {number}")


@models.command("export")
def export_command(
    context: typer.Context,
    model: Annotated[int, typer.Argument(help="The model's number.")],
    file: Annotated[Path, typer.Argument(help="The file to write, a .zip; it must not exist.")],
) -> None:
    """Write a model to one file, signed where [models] signing_key is configured."""
    from backend.services.bundles import export_bundle

    session: Session = context.obj
    with session.open_store() as store:
        done = export_bundle(store, model, file, session.settings.models.signing_key)
    if session.json:
        session.emit({"model": model, "file": str(file), "digest": done.digest, "signed_by": done.signed_by or None})
    session.say(f"Model {model} is in {file}, {_signed(done.signed_by)}.")


@models.command("keygen")
def keygen_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file for the private key; it must not exist.")],
) -> None:
    """Make a key to sign exported models with. Only the owner of the file may read it; keep it to yourself."""
    from backend.inference.signatures import make_key

    session: Session = context.obj
    public = make_key(file)
    if session.json:
        session.emit({"private_key": str(file), "public_key": public})
    session.say(f'The private key is in {file}. Sign with it: [models] signing_key = "{file.absolute()}"')
    session.say("Whoever shall take in what you sign configures:")
    session.say(f'[models] trusted_keys = ["{public}"]')


def _signed(key: str) -> str:
    return f"signed by {key}" if key else "not signed"
