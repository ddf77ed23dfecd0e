"""The log: past verdicts with the plots they were given on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.domain.plots import Plot
from backend.domain.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class LoggedVerdict:
    """One verdict of the log; `at` is the UTC time it was recorded."""

    plot: Plot
    verdict: Verdict
    at: datetime
