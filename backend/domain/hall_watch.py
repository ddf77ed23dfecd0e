"""Watching the hall itself: whether plots come, stations live and somebody judges. Pure.

A finding calms an alert only where there is proof that all is well again; what a station cannot know, because it has
not looked for long enough, it leaves undecided. So any station may decide, and it does not matter which.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from backend.domain.alert_watch import Ruling
from backend.domain.alerts import AlertKind
from backend.domain.classifications import Severity
from backend.domain.hall_facts import FEED, JUDGING, HallFacts, HallFinding, Lookout
from backend.domain.hall_policy import HallPolicy
from backend.domain.stations import Station, StationRole

FORGOTTEN_AFTER_S = 7 * 86_400.0
"""A station that is gone for so long is not missed any more."""

_MISSED_FOR_S = 86_400.0
"""One that went longer ago, before anybody looked, is not told of."""

_WATCHED = (StationRole.ENGINE, StationRole.FEEDER)


def look(facts: HallFacts, policy: HallPolicy, eyes: Lookout) -> list[HallFinding]:
    """Everything that can be said of the hall now."""
    found = [_silence(facts, policy, eyes), _judging(facts, policy, eyes)]
    found += [_station(station, facts.now, policy, eyes) for station in facts.stations if station.role in _WATCHED]
    return [finding for finding in found if finding is not None]


# One thing after the other.


def _silence(facts: HallFacts, policy: HallPolicy, eyes: Lookout) -> HallFinding | None:
    newest, bound = facts.newest_plot_at, policy.silent_after_s
    if newest is None or not bound:
        return _off(AlertKind.SILENT, FEED, bound)
    age_s = (facts.now - newest).total_seconds()
    if age_s <= bound:
        return HallFinding(AlertKind.SILENT, FEED, Ruling.CALM)
    if min(age_s, eyes.expecting_s, eyes.seen_s) <= bound or eyes.beam.certainly_off:
        return None
    return _problem(AlertKind.SILENT, FEED, "no plot of any type comes", newest)


def _station(station: Station, now: datetime, policy: HallPolicy, eyes: Lookout) -> HallFinding | None:
    kind, bound = AlertKind.STATION, policy.station_after_s
    if station.alive or station.stopped or not bound or station.age_s > FORGOTTEN_AFTER_S:
        return HallFinding(kind, station.name, Ruling.CALM)
    if min(station.age_s, eyes.seen_s) <= bound or station.age_s > _MISSED_FOR_S:
        return None
    words = f"{station.role.value} on {station.host or 'an unknown machine'}, not heard of any more"
    return _problem(kind, station.name, words, now - timedelta(seconds=station.age_s), Severity.WARNING)


def _judging(facts: HallFacts, policy: HallPolicy, eyes: Lookout) -> HallFinding | None:
    """Nobody judges while plots wait or engines died, or there are engines and yet plots get no verdict."""
    bound = policy.unjudged_after_s
    if not bound:
        return _off(AlertKind.JUDGING, JUDGING, bound)
    engines = [station for station in facts.stations if station.role.judges]
    if not any(station.alive for station in engines):
        return _no_engine(facts, engines, bound, eyes)
    since, words = _unjudged(facts)
    late_s = _since_s(facts.now, since)
    if late_s <= bound:
        return HallFinding(AlertKind.JUDGING, JUDGING, Ruling.CALM)
    return _problem(AlertKind.JUDGING, JUDGING, words, since) if eyes.seen_s > bound else None


def _unjudged(facts: HallFacts) -> tuple[datetime | None, str]:
    """Since when no plot gets a verdict, or those of some types get none; a long queue that moves is neither."""
    if facts.stuck:
        more = f" and {len(facts.stuck) - 3} more" if len(facts.stuck) > 3 else ""
        return facts.stuck_since, f"plots of {', '.join(facts.stuck[:3])}{more} cannot be judged"
    if facts.waiting_since is None:
        return None, ""
    since = max(facts.waiting_since, facts.judged_at or facts.waiting_since)
    return since, f"{facts.waiting} plots wait and none gets a verdict"


def _no_engine(facts: HallFacts, engines: list[Station], bound: float, eyes: Lookout) -> HallFinding | None:
    died = [station for station in engines if not station.stopped and station.age_s <= _MISSED_FOR_S]
    if not facts.waiting and not died:
        return HallFinding(AlertKind.JUDGING, JUDGING, Ruling.CALM)
    last_s = min((station.age_s for station in died), default=_since_s(facts.now, facts.waiting_since))
    if min(last_s, eyes.seen_s) <= bound:
        return None
    wait = f", {facts.waiting} plots wait" if facts.waiting else ""
    words = f"no engine runs{wait}"
    return _problem(AlertKind.JUDGING, JUDGING, words, facts.now - timedelta(seconds=last_s))


def _problem(
    kind: AlertKind, subject: str, words: str, since: datetime | None, severity: Severity = Severity.ALARM
) -> HallFinding:
    return HallFinding(kind, subject, Ruling.PROBLEM, severity, words, since)


def _off(kind: AlertKind, subject: str, bound: float) -> HallFinding | None:
    """Where nobody wants to be told any more, what was told is over."""
    return None if bound else HallFinding(kind, subject, Ruling.CALM)


def _since_s(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else (now - since).total_seconds()
