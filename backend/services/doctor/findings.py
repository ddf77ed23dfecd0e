"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing. `remedy` says what to do; "" where nothing need be done."""

    subject: str
    outcome: Outcome
    detail: str
    remedy: str = ""


def ok(subject: str, detail: str) -> Finding:
    """All is well."""
    return Finding(subject, Outcome.OK, detail)


def warning(subject: str, detail: str, remedy: str) -> Finding:
    """It works, but not as well as it could."""
    return Finding(subject, Outcome.WARNING, detail, remedy)


def failed(subject: str, detail: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(subject, Outcome.FAILED, detail, remedy)
