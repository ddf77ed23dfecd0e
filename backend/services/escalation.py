"""A trial of the configured plan on the alerts a store remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.alarms.planning import plan_of
from backend.config_alarms import AlarmsSection
from backend.domain.escalation_trial import Sending, would_send
from backend.store import Store
from backend.store.alert_lives import read_lives


@dataclass(frozen=True, slots=True)
class Trial:
    """What would have been sent of so many alerts; `plot_types` by the number of the alert."""

    alerts: int
    plot_types: dict[int, str]
    sendings: tuple[Sending, ...]


def try_plan(store: Store, section: AlarmsSection, since: datetime, until: datetime, run_type: str = "") -> Trial:
    """Replay the alerts from `since` to `until` (UTC). Reads and changes nothing."""
    lives = read_lives(store.database, since, until)
    pause = timedelta(seconds=section.pause_s)
    sendings = would_send(plan_of(section), lives, since, until, pause, run_type)
    names = {life.alert.alert_id: life.alert.plot_type for life in lives}
    return Trial(len(lives), names, tuple(sendings))
