"""What is said of alerts that went out besides the screen."""

from __future__ import annotations

from backend.domain.alerts import SYSTEM
from backend.domain.dispatches import DispatchNote, Outcome

_SENT = {
    "mail": "Mailed to",
    "stations": "Loud now on",
    "webhook": "Told to",
    "elog": "Entered in",
    "files": "Entered in",
}
KINDS = {"mail": "Mail", "webhook": "Chat", "stations": "Stations", "elog": "Logbook", "files": "Files"}
"""Kinds of destinations as a person reads them."""

_FAILED = {"mail": "Mail to", "elog": "Entry in", "files": "Entry in"}


def note_line(note: DispatchNote) -> str:
    """``Mailed to calorimeter expert``, ``Mail to calorimeter expert failed``."""
    who, name = "" if note.who in ("", SYSTEM) else f" by {note.who}", note.destination
    match note.outcome:
        case Outcome.LOGGED:
            return f"Entered in {name}{who}"
        case Outcome.SENT:
            return f"{_SENT.get(note.kind, 'Told to')} {name}"
        case Outcome.GIVEN_UP:
            return f"{_FAILED.get(note.kind, 'Message to')} {name} failed for good"
        case Outcome.FAILED:
            return f"{_FAILED.get(note.kind, 'Message to')} {name} failed{who}"


def note_detail(note: DispatchNote) -> str:
    """What the other side said, and what happens next."""
    again = "; it is tried again" if note.outcome is Outcome.FAILED and note.tier else ""
    return f"{note.words}{again}" if note.words else ""


def tier_words(after_min: float) -> str:
    """``after 2 min``, ``at once``."""
    return f"after {after_min:g} min" if after_min else "at once"
