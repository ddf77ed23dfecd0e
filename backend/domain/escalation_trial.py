"""A trial of the plan on alerts of the past: what would have been sent? Pure; nothing is sent, nothing changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backend.domain.alert_views import AlertEvent
from backend.domain.alerts import LOUD, Alert, AlertState
from backend.domain.classifications import Severity
from backend.domain.escalation import Case, Plan, Step, overtake, steps


@dataclass(frozen=True, slots=True)
class AlertLife:
    """An alert with everything that happened to it, oldest first."""

    alert: Alert
    events: tuple[AlertEvent, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """A time from `begins` to `until` in which an alert was raised, and was as `case` says.

    It went on waiting, perhaps as another problem, until `ends`. None: it still does.
    """

    case: Case
    begins: datetime
    until: datetime | None
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Sending:
    """One message that would have been sent to `destination` at `at`, with these steps in it."""

    at: datetime
    destination: str
    steps: tuple[Step, ...]


_Planned = tuple[Step, Wait]


def would_send(
    plan: Plan, lives: Iterable[AlertLife], since: datetime, until: datetime, pause: timedelta, run_type: str = ""
) -> list[Sending]:
    """Every message from `since` to `until` (UTC), as the escalator would have sent it, oldest first.

    What comes for a destination within `pause` after a message waits for the next one, and is dropped where somebody
    acknowledged meanwhile. `run_type` is taken for that of all runs.
    """
    planned: defaultdict[str, list[_Planned]] = defaultdict(list)
    for life in lives:
        for step, wait in _planned(plan, waits_of(life), until, run_type):
            planned[step.destination].append((step, wait))
    found = [one for name, mine in planned.items() for one in _messages(name, sorted(mine, key=_due_at), pause)]
    return sorted((one for one in found if since <= one.at <= until), key=lambda one: (one.at, one.destination))


def _messages(destination: str, planned: Sequence[_Planned], pause: timedelta) -> Iterator[Sending]:
    """What one destination is told; `planned` in the order of time."""
    free: datetime | None = None
    place = 0
    while place < len(planned):
        due_at = planned[place][0].due_at
        at = due_at if free is None else max(due_at, free)
        first = place
        while place < len(planned) and planned[place][0].due_at <= at:
            place += 1
        alive = tuple(step for step, wait in planned[first:place] if wait.ends is None or wait.ends > at)
        if alive:
            free = at + pause
            yield Sending(at, destination, alive)


def waits_of(life: AlertLife) -> list[Wait]:
    """The times in which an alert waited for a person, oldest first."""
    found: list[Wait] = []
    episode, told_at = 0, life.alert.since
    for place, event in enumerate(life.events):
        if event.action in LOUD:
            episode, told_at = place, event.at
        if event.after is AlertState.RAISED:
            after = life.events[place + 1 :]
            until = after[0].at if after else None
            ends = next((later.at for later in after if later.after is not AlertState.RAISED), None)
            found.append(Wait(_case(life.alert, episode, told_at, event.severity), event.at, until, ends))
    return found


def _case(alert: Alert, episode: int, told_at: datetime, severity: Severity) -> Case:
    return Case(alert.alert_id, episode, told_at, alert.plot_type, alert.group, severity)


def _planned(plan: Plan, waits: Iterable[Wait], until: datetime, run_type: str) -> Iterator[_Planned]:
    """Steps with the wait each falls into; what fell due before it began, while the problem was gone, begins it."""
    taken: set[tuple[int, str, int, str]] = set()
    for wait in waits:
        ends = until if wait.until is None else wait.until
        mine = [step for step in steps(plan, wait.case, run_type) if _key(step) not in taken and step.due_at < ends]
        taken |= set(map(_key, mine))
        late = overtake([step for step in mine if step.due_at <= wait.begins])
        yield from ((replace(step, due_at=wait.begins), wait) for step in late if not step.overtaken)
        yield from ((step, wait) for step in mine if step.due_at > wait.begins)


def _key(step: Step) -> tuple[int, str, int, str]:
    return step.episode, step.route, step.tier, step.destination


def _due_at(planned: _Planned) -> datetime:
    return planned[0].due_at
