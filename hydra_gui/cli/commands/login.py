"""`hydra-gui db login|logout`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from hydra_gui.cli.commands.database import database
from hydra_gui.cli.passwords import ask_password
from hydra_gui.cli.session import Session

StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@database.command("login")
def login_command(context: typer.Context, password_stdin: StdinOption = False) -> None:
    """Keep the password of the configured account on this machine: in the keyring, or in a file only you may read."""
    from backend.services.login import account_name, log_in
    from backend.store.connecting import PASSWORD_VARIABLE

    session: Session = context.obj
    section = session.settings.store
    account = account_name(section)
    done = log_in(section, ask_password(f"password of {account}", from_stdin=password_stdin))
    if session.json:
        session.emit({"account": done.account, "kept_in": done.place, "tried": not done.doubt})
    session.say(f"The password of {done.account} is kept in {done.place}.")
    if done.doubt:
        session.say(f"It could not be tried: {done.doubt}")
    if os.environ.get(PASSWORD_VARIABLE):
        session.say(f"{PASSWORD_VARIABLE} is set and goes before it.")


@database.command("logout")
def logout_command(context: typer.Context) -> None:
    """Forget the password of the configured account on this machine. The account itself stays."""
    from backend.services.login import account_name, log_out

    session: Session = context.obj
    account = account_name(session.settings.store)
    removed = log_out(session.settings.store)
    if session.json:
        session.emit({"account": account, "removed": removed})
    session.say(f"The password of {account} is forgotten." if removed else f"No password of {account} was kept here.")
