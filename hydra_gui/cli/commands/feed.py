"""`hydra-gui feed DIR --to tcp://HOST:PORT` ships plots from where they are written; `feed keygen` makes the keys."""

from __future__ import annotations

import logging
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text
from typer.core import TyperGroup

from backend.domain.errors import FeedUnavailableError
from backend.domain.intake import AfterIntake
from hydra_gui.cli.errors import ProblemsFoundError
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session

if TYPE_CHECKING:
    from backend.feed.shipping.feeder import FeederSettings
    from backend.feed.shipping.status import FeederStatus

SHIP = "ship"
_MIB = 2**20


class _ShipsByDefault(TyperGroup):
    """`feed DIR` means `feed ship DIR`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put the command in where none stands. A folder that is called like a command is written ./keygen."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [SHIP, *args]
        return super().parse_args(ctx, args)


feed = typer.Typer(
    cls=_ShipsByDefault,
    no_args_is_help=True,
    help="Ship plots from the machine that draws them. `feed DIR --to URL` is short for `feed ship DIR --to URL`.",
)
app.add_typer(feed, name="feed")


@feed.command(SHIP)
def ship(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(help="The folder into which plots are written.", metavar="DIR")],
    to: Annotated[str, typer.Option(help="The receiving engine: tcp://HOST:PORT.", metavar="URL")],
    spool: Annotated[Path | None, typer.Option(help="Folder for what is not acknowledged yet.", metavar="DIR")] = None,
    spool_mib: Annotated[int, typer.Option(help="Most MiB the spool holds; then no file is taken.", min=1)] = 10_240,
    spool_days: Annotated[float, typer.Option(help="Longest wait in the spool; then no file is taken.", min=0.01)] = 30,
    key: Annotated[Path | None, typer.Option(help="Your private key; needed beyond this machine.")] = None,
    server_key: Annotated[str | None, typer.Option(help="The receiver's public key, or its file.")] = None,
    after: Annotated[AfterIntake, typer.Option(help="What becomes of acknowledged files.")] = AfterIntake.LEAVE,
    moved_to: Annotated[Path | None, typer.Option(help="Where to move them; else DIR-done.", metavar="DIR")] = None,
    name: Annotated[str | None, typer.Option(help="Name of this sender; else the machine's.")] = None,
    seconds: Annotated[float | None, typer.Option(help="End after this many seconds.", min=0.1)] = None,
    until_idle: Annotated[bool, typer.Option(help="End when everything has been acknowledged.")] = False,
    pulse: Annotated[Path | None, typer.Option(help="File to renew every few seconds, for probes.")] = None,
) -> None:
    """Ship what is written into DIR, until Ctrl-C or SIGTERM. With --json one line whenever something changed."""
    from backend.feed.images import ImageLimits
    from backend.feed.shipping.feeder import FeederSettings
    from backend.feed.shipping.spool import SpoolBounds
    from backend.services.feeding import FeedOptions, default_spool, feed_until, target_of

    session: Session = context.obj
    section = session.settings.input
    settings = FeederSettings(
        root=directory,
        target=target_of(to, name or os.uname().nodename, key, server_key),
        spool=spool or default_spool(directory),
        after=after,
        moved_to=moved_to,
        watch=section.watch,
        poll_s=section.poll_s,
        settle_s=section.settle_s,
        bounds=SpoolBounds(spool_mib * _MIB, spool_days * 86_400),
        limits=ImageLimits(section.max_pixels, section.max_bytes),
    )
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
    session.say(f"Shipping what is written into {directory} to {to}; Ctrl-C ends it.")
    teller = _Teller(session)
    _finish(session, settings, feed_until(settings, FeedOptions(seconds, until_idle, pulse), teller.tell), until_idle)


@feed.command("keygen")
def keygen(
    context: typer.Context,
    name: Annotated[Path, typer.Argument(help="Where to make NAME.key and NAME.key_secret.", metavar="NAME")],
) -> None:
    """Make a pair of keys for a receiver or a sender. Only the owner may read the private one; keep it to yourself."""
    from backend.feed.zeromq.keys import make_keys

    session: Session = context.obj
    private, public, text = make_keys(name)
    if session.json:
        session.emit({"private_key": str(private), "public_key_file": str(public), "public_key": text})
    session.say(f"Private key: {private}\nPublic key:  {public}  ({text})")
    session.say(f'A receiver uses it with:  [feed.zeromq] key = "{private.absolute()}"')
    session.say(f"A sender uses it with:    hydra-gui feed DIR --to URL --key {private.absolute()} --server-key FILE")
    session.say("The public key goes to the other side: a sender's into the folder `clients` of the receiver.")


class _Teller:
    """Says what changed: for a person only when the state is another, for a script every time."""

    def __init__(self, session: Session) -> None:
        self._session, self._shown = session, ""

    def tell(self, status: FeederStatus) -> None:
        """One status."""
        if self._session.json:
            self._session.emit({"event": "status", **fields(status)})
        elif status.word != self._shown:
            self._shown = status.word
            mark, style = ("✓", "green") if status.is_well else ("▲", "yellow")
            self._session.say(Text(f"{mark} {status.word}; {_counts(status)}", style=style))


def fields(status: FeederStatus) -> dict[str, object]:
    """A status as JSON has it."""
    plain = asdict(status) | {"directory": status.directory.word, "word": status.word, "well": status.is_well}
    return plain | {"oldest_s": round(status.oldest_s, 1)}


def _counts(status: FeederStatus) -> str:
    return f"{status.acknowledged} acknowledged, {status.waiting} waiting, {status.refused} refused"


def _finish(session: Session, settings: FeederSettings, status: FeederStatus, until_idle: bool) -> None:
    if session.json:
        session.emit({"event": "end", **fields(status)})
    session.say(f"{_counts(status)}; what waits is in {settings.spool}")
    if until_idle and not status.is_idle:
        why = status.full or status.link or status.trouble or "time was over"
        raise FeedUnavailableError(
            f"{status.waiting + status.backlog} plots were not acknowledged: {why}. Nothing is lost: they wait in "
            f"{settings.spool} and {settings.root}, and the next feeder sends them."
        )
    if status.refused:
        raise ProblemsFoundError(f"{status.refused} files were refused; the receiving side lists them with the reason.")
