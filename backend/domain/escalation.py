"""Escalation: who is told of an alert that nobody acknowledges, when, and who is left to sleep. A pure plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType

from backend.domain.classifications import Severity

USUAL_TIERS = (timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=10))
"""So long after it was raised an alert that nobody acknowledged is told to the next in line."""


class DayPart(StrEnum):
    """When a route holds, by the clock of the hall."""

    ALWAYS = "always"
    DAY = "day"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Tier:
    """After so long without acknowledgement these destinations are told."""

    after: timedelta
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Which alerts go up these tiers: of these detector groups and run types (none named: all), from `least` on.

    A run type that is not known fits every route: what is not known must not hide an alert.
    """

    name: str
    tiers: tuple[Tier, ...]
    groups: tuple[str, ...] = ()
    least: Severity = Severity.WARNING
    when: DayPart = DayPart.ALWAYS
    run_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Destinations of this role are told later, at `ends`, unless the severity is at least `passes` (None: whatever).

    `begins` and `ends` are times of the hall's day; quiet hours may go over midnight.
    """

    role: str
    begins: time
    ends: time
    passes: Severity | None = Severity.ALARM

    def end_of(self, at: datetime) -> datetime | None:
        """When the quiet hours end that `at`, in the hall's time zone, lies in; None outside of them."""
        if not within(at.time(), self.begins, self.ends):
            return None
        ends = at.replace(hour=self.ends.hour, minute=self.ends.minute, second=0, microsecond=0)
        return ends if ends > at else ends + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was decided. `roles` by destination; `zone` is the hall's, None for that of this machine.

    The day lasts from `day_begins` to `day_ends`; the rest is night.
    """

    routes: tuple[Route, ...] = ()
    roles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    quiet: tuple[QuietHours, ...] = ()
    day_begins: time = time(7)
    day_ends: time = time(19)
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An alert that waits for a person, as the plan looks at it.

    `told_at` (UTC) is when people were last told of something new and `episode` the number of that entry in its
    history: a problem that goes and comes back before anybody acknowledged it goes on where it was.
    """

    alert_id: int
    episode: int
    told_at: datetime
    plot_type: str
    group: tuple[str, ...] = ()
    severity: Severity = Severity.ALARM


@dataclass(frozen=True, slots=True)
class Step:
    """One destination to be told of one alert, once, at `due_at` (UTC) or as soon as possible afterwards.

    `overtaken`: the same destination is told the same by a later step, so it is not told by this one.
    """

    alert_id: int
    episode: int
    route: str
    tier: int
    destination: str
    due_at: datetime
    overtaken: bool = False


def within(at: time, begins: time, ends: time) -> bool:
    """Whether a time of day lies in [begins, ends), which may go over midnight; equal ends are the whole day."""
    at = at.replace(tzinfo=None)
    if begins < ends:
        return begins <= at < ends
    return at >= begins or at < ends


def steps(plan: Plan, case: Case, run_type: str = "") -> list[Step]:
    """Everything that becomes due for an alert while nobody acknowledges it, first due first."""
    made = [
        Step(case.alert_id, case.episode, route.name, number, destination, _not_in_quiet(plan, case, destination, at))
        for route in plan.routes
        if _fits(route, case, run_type)
        for number, tier in enumerate(route.tiers, 1)
        if _holds(plan, route, at := case.told_at + tier.after)
        for destination in dict.fromkeys(tier.to)
    ]
    return sorted(made, key=_due_at)


def due(plan: Plan, cases: Iterable[Case], now: datetime, run_type: str = "") -> list[Step]:
    """What is due at `now`. After an outage several tiers may be: then each destination is told once, by the last."""
    found: list[Step] = []
    for case in cases:
        found += overtake([step for step in steps(plan, case, run_type) if step.due_at <= now])
    return found


def overtake(together: Sequence[Step]) -> list[Step]:
    """Steps of one alert that are taken together: of each destination all but the last are overtaken."""
    last = {step.destination: place for place, step in enumerate(together)}
    return [replace(step, overtaken=last[step.destination] != place) for place, step in enumerate(together)]


def _due_at(step: Step) -> datetime:
    return step.due_at


def _fits(route: Route, case: Case, run_type: str) -> bool:
    groups = {name.casefold() for name in case.group}
    return (
        case.severity >= route.least
        and (not route.groups or any(name.casefold() in groups for name in route.groups))
        and (not route.run_types or not run_type or run_type.casefold() in {one.casefold() for one in route.run_types})
    )


def _holds(plan: Plan, route: Route, at: datetime) -> bool:
    if route.when is DayPart.ALWAYS:
        return True
    is_day = within(at.astimezone(plan.zone).time(), plan.day_begins, plan.day_ends)
    return is_day is (route.when is DayPart.DAY)


def _not_in_quiet(plan: Plan, case: Case, destination: str, at: datetime) -> datetime:
    """The same time, or the end of the quiet hours it lies in."""
    role, local = plan.roles.get(destination, ""), at.astimezone(plan.zone)
    for hours in plan.quiet:
        passes = hours.passes is not None and case.severity >= hours.passes
        ends = hours.end_of(local) if role and hours.role == role and not passes else None
        if ends is not None:
            return ends.astimezone(at.tzinfo)
    return at


def quiet_now(plan: Plan, role: str, at: datetime) -> QuietHours | None:
    """The quiet hours that hold at `at` (UTC) for a role; None outside of them."""
    local = at.astimezone(plan.zone)
    return next((hours for hours in plan.quiet if role and hours.role == role and hours.end_of(local)), None)
