"""`hydra-gui alerts list|policy|hall|figures`."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydra_gui.cli.errors import UsageError
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session, who_am_i
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.domain.alert_policy import AlertPolicy
    from backend.domain.alerts import Alert

alerts = typer.Typer(help="What alerts now, and when plots and the hall do.")
app.add_typer(alerts, name="alerts")


@alerts.command("list")
def list_command(context: typer.Context) -> None:
    """The open alerts, those that wait for a person and the worst first."""
    from backend.domain.incidents import worst_first

    session: Session = context.obj
    with session.open_store() as store:
        found = sorted(worst_first(store.alerts.open()), key=lambda alert: not alert.waits)
    if session.json:
        session.emit([_fields(alert) for alert in found])
        return
    if not found:
        session.say("No alert is open.")
        return
    columns = ("id", "about", "what", "severity", "state", "since", "by")
    session.say(table(columns, [_row(alert) for alert in found], right=("id",)))


def _row(alert: Alert) -> tuple[object, ...]:
    evidence = alert.evidence
    since = f"{alert.since.astimezone():%Y-%m-%d %H:%M}"
    what = evidence.classification or evidence.words
    return alert.alert_id, alert.name, what, evidence.severity.word, alert.state.value, since, alert.who


def _fields(alert: Alert) -> dict[str, object]:
    evidence = alert.evidence
    return {
        "id": alert.alert_id,
        "plot_type": alert.plot_type,
        "subject": alert.subject,
        "kind": evidence.kind.value,
        "classification": evidence.classification,
        "confidence": evidence.confidence,
        "severity": evidence.severity.word,
        "state": alert.state.value,
        "since": alert.since.isoformat(),
        "plot_id": evidence.plot_id,
        "run": evidence.run,
        "who": alert.who,
        "reason": alert.reason,
    }


@alerts.command("policy")
def policy_command(
    context: typer.Context,
    plot_type: Annotated[
        str,
        typer.Argument(help="The plot type; 'all': every one; 'usual': those without their own."),
    ],
    needed: Annotated[int | None, typer.Option(help="So many verdicts must alarm …")] = None,
    out_of: Annotated[int | None, typer.Option(help="… of the last so many; as many sound ones clear.")] = None,
    on_delay: Annotated[float | None, typer.Option(help="A problem must last so many seconds.")] = None,
    off_delay: Annotated[float | None, typer.Option(help="It must be gone for so many seconds.")] = None,
    beam_gate: Annotated[bool | None, typer.Option(help="Whether nothing alarms without beam.")] = None,
    beam_threshold: Annotated[float | None, typer.Option(help="Less beam than this is none.")] = None,
    settle: Annotated[int | None, typer.Option(help="So many plots after a trip do not alarm.")] = None,
    grace: Annotated[float | None, typer.Option(help="Nothing alarms in the first seconds of a run, 0 to 600.")] = None,
    stale_cycles: Annotated[int | None, typer.Option(help="Alarm when so many cycles are missed; 0: never.")] = None,
    cycle: Annotated[float | None, typer.Option(help="Seconds from plot to plot; else as it was so far.")] = None,
    frozen_after: Annotated[int | None, typer.Option(help="Alarm after so many equal images; 0: never.")] = None,
    severity: Annotated[
        list[str] | None, typer.Option(help="CLASS=normal|information|warning|alarm: at which severity it alarms.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")] = "",
) -> None:
    """When the plots of a type alarm. Without options it is shown; what is given is changed, from the next plot on."""
    changes: dict[str, Any] = {
        "needed": needed, "out_of": out_of, "on_delay_s": on_delay, "off_delay_s": off_delay, "beam_gate": beam_gate,
        "beam_threshold": beam_threshold, "settle_plots": settle, "grace_s": grace, "stale_cycles": stale_cycles,
        "cycle_s": cycle, "frozen_after": frozen_after,
    }  # fmt: skip
    given = {name: value for name, value in changes.items() if value is not None}
    session: Session = context.obj
    with session.open_store() as store:
        names = [info.name for info in store.plot_types.all()] if plot_type == "all" else [plot_type]
        if plot_type == "usual":
            names = [""]
        for name in names:
            policy = store.alerts.policy(name)
            if given or severity:
                policy = _changed(policy, given, severity or [])
                store.alerts.set_policy(name, policy, who_am_i(), reason)
            _show(session, name, policy)


@alerts.command("figures")
def figures_command(
    context: typer.Context,
    days: Annotated[float, typer.Option(min=0.01, max=3660, help="So many days back.")] = 7.0,
) -> None:
    """How soon people came, how many alerts there were, and which were for nothing."""
    session: Session = context.obj
    with session.open_store() as store:
        found = store.alerts.figures(days)
    if session.json:
        session.emit({**asdict(found), "since": found.since.isoformat(), "until": found.until.isoformat(),
                      "per_shift": found.per_shift})  # fmt: skip
        return
    waits = ["–" if value is None else f"{value:.0f} s" for value in (found.median_s, found.ninety_s)]
    rows = [
        ("alerts", found.alerts), ("in a shift", f"{found.per_shift:.1f}"), ("acknowledged after, median", waits[0]),
        ("nine of ten within", waits[1]), ("not answered yet", found.unanswered),
        ("time in flood", f"{found.flood_share:.1%}"), ("chattering", found.chattering),
        ("false alarms", found.false_alarms),
    ]  # fmt: skip
    session.say(table((f"last {days:g} days", ""), rows))
    if found.offenders:
        worst = [(one.name, one.alerts, one.false_alarms, one.chattering) for one in found.offenders[:15]]
        session.say(table(("what alarms most", "alerts", "for nothing", "chattering"), worst))


@alerts.command("hall")
def hall_command(
    context: typer.Context,
    silent_after: Annotated[float | None, typer.Option(help="No plot of any type for so many seconds.")] = None,
    station_after: Annotated[float | None, typer.Option(help="An engine or feeder not heard of for so long.")] = None,
    unjudged_after: Annotated[float | None, typer.Option(help="Plots without a verdict, or no engine.")] = None,
    database_after: Annotated[float | None, typer.Option(help="The database does not answer a station.")] = None,
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")] = "",
) -> None:
    """When it is an alert that Hydra cannot see: seconds, 0 for never. Without options it is shown."""
    changes = {
        "silent_after_s": silent_after, "station_after_s": station_after, "unjudged_after_s": unjudged_after,
        "database_after_s": database_after,
    }  # fmt: skip
    given = {name: value for name, value in changes.items() if value is not None}
    session: Session = context.obj
    with session.open_store() as store:
        policy = store.hall_alerts.policy()
        if given:
            try:
                policy = replace(policy, **given)
            except ValueError as error:
                raise UsageError(f"Nothing was changed: {error}.") from error
            store.hall_alerts.set_policy(policy, who_am_i(), reason)
    fields = asdict(policy)
    if session.json:
        session.emit(fields)
        return
    session.say(table(("the hall", ""), [(name[:-2].replace("_", " ") + " (s)", fields[name]) for name in fields]))


def _changed(policy: AlertPolicy, given: dict[str, Any], severities: list[str]) -> AlertPolicy:
    from backend.domain.classifications import Severity

    own = dict(policy.severities)
    for words in severities:
        name, _, level = words.partition("=")
        if level.upper() not in Severity.__members__:
            accepted = ", ".join(one.word for one in Severity)
            raise UsageError(f"--severity {words}: write CLASS=LEVEL, where LEVEL is one of {accepted}.")
        own[name] = Severity[level.upper()]
    try:
        return replace(policy, **given, severities=own)
    except ValueError as error:
        raise UsageError(f"Nothing was changed: {error}.") from error


def _show(session: Session, plot_type: str, policy: AlertPolicy) -> None:
    own = {name: level.word for name, level in sorted(policy.severities.items())}
    fields: dict[str, object] = {name: getattr(policy, name) for name in type(policy).__dataclass_fields__}
    fields |= {"least_severity": policy.least_severity.word, "severities": own}
    if session.json:
        session.emit({"plot_type": plot_type, **fields})
        return
    plot_type = plot_type or "usual"
    rows = [(name.replace("_s", " (s)") if name.endswith("_s") else name, value) for name, value in fields.items()]
    session.say(table((plot_type, ""), [(name.replace("_", " "), _words(value)) for name, value in rows]))


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}={level}" for name, level in value.items()) or "–"
    return "–" if value is None else str(value)
