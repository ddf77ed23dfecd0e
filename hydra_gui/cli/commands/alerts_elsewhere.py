"""`hydra-gui alerts try|login|logout|test`: where alerts go besides the screen."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from hydra_gui.cli.commands.alerts import alerts
from hydra_gui.cli.errors import UsageError
from hydra_gui.cli.passwords import ask_password
from hydra_gui.cli.session import Session, who_am_i
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.domain.escalation_trial import Sending
    from backend.services.escalation import Trial

StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the secret from standard input.")]
_FOUND_PROBLEMS = 1
_NAMED = 3


@alerts.command("try")
def try_command(
    context: typer.Context,
    since: Annotated[str, typer.Option("--from", help="Since then: 2026-11-20, or with a time; a week ago.")] = "",
    until: Annotated[str, typer.Option("--to", help="Until then; now.")] = "",
    run_type: Annotated[str, typer.Option(help="Take this for the type of all runs.")] = "",
) -> None:
    """What the configured plan would have sent of the alerts that the store remembers. Nothing is sent."""
    from backend.services.escalation import try_plan

    session: Session = context.obj
    section, now = session.settings.alarms, datetime.now(UTC)
    begins, ends = _moment(since, now - timedelta(days=7), "--from"), _moment(until, now, "--to")
    if begins >= ends:
        raise UsageError("--from must be before --to.")
    with session.open_store() as store:
        trial = try_plan(store, section, begins, ends, run_type)
    if session.json:
        session.emit({"from": begins.isoformat(), "to": ends.isoformat(), **_fields(trial)})
        return
    if not section.routes:
        session.say("No route is configured, so nothing is ever sent. See docs/alerts-elsewhere.md.")
        return
    if trial.sendings:
        rows = [_row(one, trial) for one in trial.sendings]
        session.say(table(("when", "to", "alerts", "tier", "which"), rows, right=("alerts",)))
    session.say(_summary(trial))


def _moment(text: str, otherwise: datetime, option: str) -> datetime:
    if not text:
        return otherwise
    try:
        return datetime.fromisoformat(text).astimezone(UTC)  # without an offset it is this machine's time
    except ValueError as error:
        raise UsageError(f"{option} {text}: write a time such as 2026-11-20 or 2026-11-20T14:00.") from error


def _row(sending: Sending, trial: Trial) -> tuple[object, ...]:
    names = sorted({trial.plot_types[step.alert_id] for step in sending.steps})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    tiers = sorted({f"{step.route} {step.tier}" for step in sending.steps})
    when = f"{sending.at.astimezone():%Y-%m-%d %H:%M:%S}"
    return when, sending.destination, len(sending.steps), ", ".join(tiers), ", ".join(names[:_NAMED]) + more


def _summary(trial: Trial) -> str:
    counts = Counter(sending.destination for sending in trial.sendings)
    told = ", ".join(f"{count} to {name}" for name, count in counts.most_common()) or "nothing"
    return f"Of {trial.alerts} alerts would have been sent: {told}."


def _fields(trial: Trial) -> dict[str, object]:
    return {
        "alerts": trial.alerts,
        "counts": dict(Counter(sending.destination for sending in trial.sendings)),
        "sendings": [
            {
                "at": sending.at.isoformat(),
                "to": sending.destination,
                "alerts": [
                    {
                        "id": step.alert_id,
                        "plot_type": trial.plot_types[step.alert_id],
                        "route": step.route,
                        "tier": step.tier,
                        "due_at": step.due_at.isoformat(),
                    }
                    for step in sending.steps
                ],
            }
            for sending in trial.sendings
        ],
    }


@alerts.command("login")
def login_command(
    context: typer.Context,
    destination: Annotated[str, typer.Argument(help="A destination, or 'mail' for the mail server.")],
    password_stdin: StdinOption = False,
) -> None:
    """Keep what a destination needs secret: a password, or the address of a webhook."""
    from backend.access.secrets import Secrets
    from backend.alarms.registry import secret_of

    session: Session = context.obj
    known = ("mail", *session.settings.alarms.destinations)
    if destination not in known:
        raise UsageError(f"There is no destination {destination!r}; there are {', '.join(known)}.")
    secrets = Secrets.of_this_machine()
    secrets.put(secret_of(destination), ask_password(f"secret of {destination}", from_stdin=password_stdin))
    if session.json:
        session.emit({"destination": destination, "kept_in": secrets.place})
    session.say(
        f"The secret of {destination} is kept in {secrets.place}. Try it: hydra-gui alerts test {destination!r}"
    )


@alerts.command("logout")
def logout_command(
    context: typer.Context,
    destination: Annotated[str, typer.Argument(help="A destination, or 'mail' for the mail server.")],
) -> None:
    """Forget the secret of a destination on this machine."""
    from backend.access.secrets import Secrets
    from backend.alarms.registry import secret_of

    session: Session = context.obj
    removed = Secrets.of_this_machine().remove(secret_of(destination))
    if session.json:
        session.emit({"destination": destination, "removed": removed})
    session.say(f"The secret of {destination} is forgotten." if removed else f"No secret of {destination} was kept.")


@alerts.command("test")
def send_test_command(
    context: typer.Context,
    destinations: Annotated[list[str] | None, typer.Argument(help="Which; all by default.")] = None,
) -> None:
    """Send a test to destinations, and say what became of it. The exit status is 1 where one was not reached."""
    import uuid

    from backend.alarms.composing import trial_message
    from backend.alarms.registry import Destinations
    from backend.alarms.sending import send

    session: Session = context.obj
    ways, experiment = Destinations(session.settings.alarms), session.settings.experiment.name
    failed = False
    for name in destinations or ways.names:
        message = trial_message(f"hydra-test-{uuid.uuid4().hex}", experiment, name, who_am_i())
        sent = send(ways, name, message)
        failed |= not sent.ok
        if session.json:
            session.emit({"destination": name, "kind": sent.kind, "reached": sent.ok, "words": sent.words})
        session.say(f"{name}: {sent.words}" if sent.ok else f"{name}: NOT reached, {sent.words}")
    if failed:
        raise typer.Exit(_FOUND_PROBLEMS)
