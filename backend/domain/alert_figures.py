"""Figures on alerts: how soon people come, how many there are, which are for nothing. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles

from backend.domain.alerts import LOUD, SYSTEM, AlertAction
from backend.domain.incidents import FLOOD, FLOOD_WITHIN

SHIFT = timedelta(hours=8)
CHATTER, CHATTER_WITHIN = 3, timedelta(minutes=1)
"""An alert that begins so often in this time chatters."""

_ANSWERS = frozenset({AlertAction.ACKNOWLEDGED, AlertAction.FALSE_ALARM, AlertAction.SHELVED})
_BEGINS = LOUD | {AlertAction.RETURNED}


@dataclass(frozen=True, slots=True)
class FigureEvent:
    """One entry of the history of an alert about `name`; `plot_type` is "" for the hall, `model_id` None without."""

    alert_id: int
    at: datetime
    who: str
    action: AlertAction
    name: str
    plot_type: str = ""
    model_id: int | None = None


@dataclass(frozen=True, slots=True)
class Offender:
    """What alarms most. `false_alarms` of its `alerts` were for nothing; `chattering` is how often it began to."""

    name: str
    plot_type: str
    alerts: int
    false_alarms: int
    chattering: int
    models: tuple[tuple[int, int, int], ...] = ()
    """Model, its alerts, and those for nothing."""

    @property
    def false_share(self) -> float:
        """0 to 1."""
        return self.false_alarms / self.alerts if self.alerts else 0.0


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """From `since` to `until` (UTC). Times in seconds, None where nothing was acknowledged; shares 0 to 1.

    `alerts` counts how often a person was called; `unanswered` how often nobody came yet. `operators` is who answered
    how many, `shifts` how many there were in each full or begun shift of eight hours before `until`, newest first.
    """

    since: datetime
    until: datetime
    alerts: int = 0
    unanswered: int = 0
    median_s: float | None = None
    ninety_s: float | None = None
    shifts: tuple[int, ...] = ()
    operators: tuple[tuple[str, int], ...] = ()
    flood_share: float = 0.0
    chattering: int = 0
    false_alarms: int = 0
    offenders: tuple[Offender, ...] = ()

    @property
    def per_shift(self) -> float:
        """Mean number of alerts in eight hours."""
        return self.alerts * SHIFT / (self.until - self.since)


def figures(events: Iterable[FigureEvent], since: datetime, until: datetime) -> AlertFigures:
    """Of what happened from `since` to `until`, in the order of time."""
    told = sorted(events, key=lambda event: event.at)
    calls = [event for event in told if event.action in LOUD]
    waits, unanswered = _waits(told)
    offenders = _offenders(told)
    return AlertFigures(
        since,
        until,
        len(calls),
        unanswered,
        median(waits) if waits else None,
        _ninety(waits),
        _shifts([event.at for event in calls], since, until),
        tuple(Counter(event.who for event in told if event.action in _ANSWERS).most_common()),
        _flood_share([event.at for event in calls], since, until),
        sum(one.chattering for one in offenders),
        sum(event.action is AlertAction.FALSE_ALARM for event in told),
        offenders,
    )


def _waits(told: Sequence[FigureEvent]) -> tuple[list[float], int]:
    """Seconds from each call to the person who answered it, and how many calls nobody has answered."""
    called: dict[int, datetime] = {}
    waits: list[float] = []
    for event in told:
        if event.action in LOUD:
            called.setdefault(event.alert_id, event.at)
        elif event.action in _ANSWERS and event.who != SYSTEM and event.alert_id in called:
            waits.append((event.at - called.pop(event.alert_id)).total_seconds())
    return waits, len(called)


def _ninety(waits: Sequence[float]) -> float | None:
    if len(waits) < 2:
        return waits[0] if waits else None
    return quantiles(waits, n=10, method="inclusive")[-1]


def _shifts(calls: Sequence[datetime], since: datetime, until: datetime) -> tuple[int, ...]:
    number = max(1, -(-(until - since) // SHIFT))
    counts = Counter(int((until - at) // SHIFT) for at in calls)
    return tuple(counts[place] for place in range(number))


def _flood_share(calls: Sequence[datetime], since: datetime, until: datetime) -> float:
    """Share of the time in which more than `FLOOD` calls lay in the `FLOOD_WITHIN` before."""
    flooded, free_from = timedelta(), since
    for last in range(FLOOD, len(calls)):
        end = calls[last - FLOOD] + FLOOD_WITHIN
        start = max(calls[last], free_from)
        if end > start:
            flooded += min(end, until) - start
            free_from = end
    return flooded / (until - since)


def _offenders(told: Sequence[FigureEvent]) -> tuple[Offender, ...]:
    by_name: defaultdict[tuple[str, str], list[FigureEvent]] = defaultdict(list)
    for event in told:
        by_name[event.plot_type, event.name].append(event)
    found = [_offender(name, plot_type, mine) for (plot_type, name), mine in by_name.items()]
    worst = sorted(found, key=lambda one: (-one.alerts, -one.false_alarms, one.name))
    return tuple(one for one in worst if one.alerts)


def _offender(name: str, plot_type: str, mine: Sequence[FigureEvent]) -> Offender:
    calls = Counter(event.model_id for event in mine if event.action in LOUD)
    false = Counter(event.model_id for event in mine if event.action is AlertAction.FALSE_ALARM)
    models = tuple((model, count, false[model]) for model, count in calls.most_common() if model is not None)
    return Offender(name, plot_type, calls.total(), false.total(), _chatters(mine), models)


def _chatters(mine: Sequence[FigureEvent]) -> int:
    """How many beginnings had two others in the minute before."""
    begins = [event.at for event in mine if event.action in _BEGINS]
    first = CHATTER - 1
    return sum(at - before <= CHATTER_WITHIN for at, before in zip(begins[first:], begins, strict=False))
