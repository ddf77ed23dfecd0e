"""The configuration of the ways out as a person reads it; never a secret."""

from __future__ import annotations

from urllib.parse import urlsplit

from backend.alarms.registry import STATIONS
from backend.config_alarms import AlarmsSection, DestinationSection, QuietSection, RouteSection
from backend.domain.escalation import DayPart
from backend.domain.outward import DestinationView, OutwardView, RouteView, TierView


def view_of(section: AlarmsSection, carries_out: bool) -> OutwardView:
    """What a window shows."""
    destinations = tuple(_destination(name, found, section) for name, found in section.destinations.items())
    return OutwardView(
        destinations,
        tuple(map(_route, section.routes)),
        tuple(map(_quiet, section.quiet)),
        tuple(_facts(section)),
        carries_out,
    )


def _destination(name: str, found: DestinationSection, section: AlarmsSection) -> DestinationView:
    where = {
        "mail": ", ".join(found.to),
        "webhook": f"a chat server ({found.form.value})",
        "elog": f"{urlsplit(found.url).hostname or ''}{urlsplit(found.url).path}",
        "files": str(found.directory or ""),
        STATIONS: f"stations of the role {found.role}" if found.role else "every station",
    }.get(found.kind, "a plug-in")
    return DestinationView(name, found.kind, found.role, where, found.kind != STATIONS, name in section.logbook.to)


def _route(route: RouteSection) -> RouteView:
    parts = [f"{route.least} or worse" if route.least != "alarm" else "alarms"]
    parts += [", ".join(route.groups)] if route.groups else []
    parts += [f"{'/'.join(route.run_types)} runs"] if route.run_types else []
    parts += [f"by {route.when.value}"] if route.when is not DayPart.ALWAYS else []
    tiers = tuple(TierView(after, names) for after, names in zip(route.after_min, route.to, strict=False))
    return RouteView(route.name, " · ".join(parts), tiers)


def _quiet(quiet: QuietSection) -> str:
    passes = f"only {quiet.least} or worse" if quiet.least not in ("", "alarm") else "only alarms"
    return f"{quiet.role}: {quiet.begins:%H:%M} to {quiet.ends:%H:%M}, {passes if quiet.least else 'nothing'}"


def _facts(section: AlarmsSection) -> list[tuple[str, str]]:
    mail, epics = section.mail, section.epics
    found = [("Mail server", f"{mail.server}:{mail.effective_port}, {mail.security.value}")] if mail.server else []
    found.append(("This station", section.station_role or "no role"))
    found.append(("Day", f"{section.day[0]:%H:%M} to {section.day[1]:%H:%M} {section.time_zone or 'of this machine'}"))
    if epics.prefix:
        found.append(("EPICS", f"{epics.prefix}… served here"))
    return found
