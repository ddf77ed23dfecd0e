"""Health: whether the application can see, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """State of one part of the application."""

    OK = "ok"
    STARTING = "starting"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part: `word` is shown beside the symbol ("11 ms", "3 set aside", "away"), `advice` says what to do."""

    condition: Condition
    word: str = ""
    advice: str = ""


STARTING = PartHealth(Condition.STARTING, "starting")


@dataclass(frozen=True, slots=True)
class Health:
    """Feed, database and inference, as the status strip shows them."""

    feed: PartHealth = STARTING
    database: PartHealth = STARTING
    inference: PartHealth = STARTING

    @property
    def blind(self) -> str:
        """Why the application cannot see, in words; "" when it can. A stale green is never shown."""
        for name, part in (("database", self.database), ("inference", self.inference), ("feed", self.feed)):
            if part.condition is Condition.FAILED:
                return f"{name}: {part.word}"
        return ""
