"""Stations: running instances of this program, and the configurations they ran with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Station:
    """One running (or once running) instance. `kind` is "gui", "engine", "feeder", …; times are UTC."""

    name: str
    kind: str
    started_at: datetime
    heartbeat_at: datetime


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """One entry of the configuration history; `before` is "" for the first. Never holds secrets."""

    who: str
    at: datetime
    before: str
    after: str
