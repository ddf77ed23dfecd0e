"""What the store says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """Plots by state, and files set aside. `plots` is their sum; `quarantined` counts files, not plots."""

    plots: int
    judged: int
    pending: int
    no_model: int
    imported: int
    given_up: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Schema of a database: `revision` is None where there is none yet; `expected` is what this program needs."""

    url: str
    revision: str | None
    expected: str

    @property
    def current(self) -> bool:
        """Whether this program can use it as it is."""
        return self.revision == self.expected
