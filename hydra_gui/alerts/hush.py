"""Quiet hours of this station: what may sound now, and how an alert sounds that nobody acknowledges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backend.alarms.planning import plan_of
from backend.config_alarms import AlarmsSection
from backend.domain.classifications import Severity
from backend.domain.escalation import Plan, QuietHours, quiet_now


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Hush:
    """By the configuration of this station; `role` is what its window is, "" where quiet hours do not concern it."""

    plan: Plan = field(default_factory=Plan)
    role: str = ""
    escalated_ms: int = 5000
    clock: Callable[[], datetime] = _now

    def allows(self, severity: Severity) -> bool:
        """Whether this may sound now."""
        hours = self._hours()
        return hours is None or (hours.passes is not None and severity >= hours.passes)

    @property
    def words(self) -> str:
        """``quiet until 07:00, only alarms sound``; "" outside of quiet hours."""
        hours = self._hours()
        if hours is None:
            return ""
        heard = "nothing sounds" if hours.passes is None else f"only {hours.passes.word} or worse sounds"
        return f"quiet until {hours.ends:%H:%M}, {heard.replace('alarm or worse sounds', 'alarms sound')}"

    def _hours(self) -> QuietHours | None:
        return quiet_now(self.plan, self.role, self.clock()) if self.role else None


def hush_of(section: AlarmsSection) -> Hush:
    """As it is configured."""
    return Hush(plan_of(section), section.station_role, round(section.sound.every_s * 1000))
