"""From the configuration to the plan."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from backend.alarms.registry import as_plan_roles
from backend.config_alarms import AlarmsSection, QuietSection, RouteSection
from backend.domain.classifications import Severity
from backend.domain.escalation import Plan, QuietHours, Route, Tier

_LONGEST = 64


def plan_of(section: AlarmsSection) -> Plan:
    """Everything that is configured about who is told when."""
    return Plan(
        tuple(map(_route, section.routes)),
        MappingProxyType(dict(as_plan_roles(section))),
        tuple(map(_quiet, section.quiet)),
        *section.day,
        zone=ZoneInfo(section.time_zone) if section.time_zone else None,
    )


def _route(section: RouteSection) -> Route:
    tiers = tuple(
        Tier(timedelta(minutes=after), names) for after, names in zip(section.after_min, section.to, strict=False)
    )
    return Route(section.name, tiers, section.groups, Severity[section.least.upper()], section.when, section.run_types)


def _quiet(section: QuietSection) -> QuietHours:
    passes = Severity[section.least.upper()] if section.least else None
    return QuietHours(section.role, section.begins, section.ends, passes)


def read_run_type(file: Path | None) -> str:
    """The type of the run, one word in a file; "" where that is not known, which fits every route."""
    if file is None:
        return ""
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            words = stream.read(_LONGEST).split()
    except OSError:
        return ""
    return words[0] if words else ""
