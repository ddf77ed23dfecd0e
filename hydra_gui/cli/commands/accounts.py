"""`hydra-gui db grant|revoke`: accounts of the database server and what they may do there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hydra_gui.cli.commands.database import database
from hydra_gui.cli.commands.login import StdinOption
from hydra_gui.cli.passwords import ask_password
from hydra_gui.cli.session import Session, who_am_i

if TYPE_CHECKING:
    from backend.store.accounts import GrantPlan

AccountArgument = Annotated[str, typer.Argument(help="NAME@HOST, as hall_d_shift@10.1.%; without @HOST from anywhere.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only show the SQL that would be sent.")]
WhoOption = Annotated[str | None, typer.Option(help="In whose name; else your own.")]


@database.command("grant")
def grant_command(
    context: typer.Context,
    role: Annotated[
        str,
        typer.Argument(
            help="viewer, shift, labeller, coordinator, expert, engine, feeder or administrator; two as shift+engine."
        ),
    ],
    account: AccountArgument,
    password_stdin: StdinOption = False,
    new_password: Annotated[bool, typer.Option("--new-password", help="Give an old account another password.")] = False,
    tls: Annotated[bool | None, typer.Option(help="Let it in over TLS only; else as its host demands.")] = None,
    dry_run: DryRunOption = False,
    who: WhoOption = None,
) -> None:
    """Make an account and let the server hold it to a role. Run with the account of the server's administrator."""
    from backend.access.opening import open_server
    from backend.domain.accounts import read_account
    from backend.domain.roles import read_roles
    from backend.store.accounts import Accounts

    session: Session = context.obj
    subject, roles = read_account(account), read_roles(role)
    server = open_server(session.settings.store)
    try:
        accounts = Accounts(server)
        wanted = new_password or password_stdin or not accounts.exists(subject)
        # A dry run shows no password, so it needs none.
        secret = "-" if dry_run and wanted else None
        if wanted and not dry_run:
            secret = ask_password(f"new password of {subject}", from_stdin=password_stdin, twice=True)
        encrypted = (not subject.local) if tls is None else tls
        plan = accounts.grant(subject, roles, who or who_am_i(), password=secret, encrypted=encrypted, dry_run=dry_run)
    finally:
        server.dispose()
    _tell(session, plan, dry_run=dry_run)


@database.command("revoke")
def revoke_command(
    context: typer.Context,
    account: AccountArgument,
    drop: Annotated[bool, typer.Option("--drop", help="Remove the account from the server as well.")] = False,
    dry_run: DryRunOption = False,
    who: WhoOption = None,
) -> None:
    """Take everything an account may do in this database away, at once. What it wrote stays."""
    from backend.access.opening import open_server
    from backend.domain.accounts import read_account
    from backend.store.accounts import Accounts

    session: Session = context.obj
    server = open_server(session.settings.store)
    try:
        plan = Accounts(server).revoke(read_account(account), who or who_am_i(), drop=drop, dry_run=dry_run)
    finally:
        server.dispose()
    _tell(session, plan, dry_run=dry_run)


def _tell(session: Session, plan: GrantPlan, *, dry_run: bool) -> None:
    if session.json:
        told = {"account": str(plan.account), "before": plan.before, "after": plan.after, "new": plan.new}
        session.emit({**told, "done": not dry_run, "statements": plan.statements})
        return
    if dry_run:
        session.console.print(
            "\n".join(f"{s};" for s in plan.statements), markup=False, highlight=False, soft_wrap=True
        )
    if not plan.statements:
        session.say(f"Nothing to do: {plan.account} has what it shall have.")
    elif not dry_run:
        change = f"{plan.before or 'nothing'} → {plan.after or 'nothing'}"
        session.say(f"{plan.account}: {change} ({len(plan.statements)} statements). It holds from now on.")
