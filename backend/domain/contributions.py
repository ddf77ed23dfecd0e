"""Contributions: who labelled how many plots, when, and with what. Plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from backend.domain.classifications import Classification

DAYS = 14
"""So many days are told one by one."""


@dataclass(frozen=True, slots=True)
class Contributor:
    """One person: plots labelled today, since Monday, and ever; each plot once, imports included."""

    who: str
    today: int
    week: int
    ever: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """Plots labelled on one day."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class ClassShare:
    """How many plots have this label now."""

    classification: Classification
    count: int


@dataclass(frozen=True, slots=True)
class Contributions:
    """Of one plot type, or of all where `plot_type` is "": people by `ever`, days oldest first, labels most first.

    `labelled` of `plots` have a label.
    """

    plot_type: str
    people: tuple[Contributor, ...]
    days: tuple[DayCount, ...]
    shares: tuple[ClassShare, ...]
    plots: int
    labelled: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The bounds of days as a person lives them: `now` has the time zone of the place."""

    now: datetime

    def start_of(self, day: date) -> datetime:
        """Midnight, in that time zone."""
        return datetime.combine(day, time(), self.now.tzinfo)

    @property
    def today(self) -> datetime:
        """When today began."""
        return self.start_of(self.now.date())

    @property
    def week(self) -> datetime:
        """When this week began, on Monday."""
        return self.start_of(self.now.date() - timedelta(days=self.now.weekday()))

    def days(self, count: int = DAYS) -> Sequence[date]:
        """The last days up to today, oldest first."""
        return [self.now.date() - timedelta(days=ago) for ago in reversed(range(count))]
