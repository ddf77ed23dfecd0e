"""Disagreements: two people said different things of one plot without knowing of each other. Nobody is overruled.

A label that arrives late, from a label bundle, does not cover one that its giver could not know. Both stay in the
history, what counted before goes on counting (`LabelHow.KEPT`), and the two are shown side by side until somebody
settles it, which is a label like any other (`LabelHow.SETTLED`) and can be undone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.domain.labels import LabelHow
from backend.domain.plots import Plot

_BOOKKEEPING = frozenset({LabelHow.KEPT, LabelHow.RESUMED})


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of a plot's label history, oldest first in a sequence; `label` None for no label.

    `gesture` is the key of the gesture it was made in, `reverts` that of the gesture which that one took back.
    """

    key: uuid.UUID
    who: str
    at: datetime
    label: str | None
    how: str
    gesture: uuid.UUID | None = None
    reverts: uuid.UUID | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Dispute:
    """What counts now, and what somebody else said late; `key` is that of the entry which kept the one before."""

    key: uuid.UUID
    counts: Said
    late: Said
    since: datetime


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A dispute with its plot."""

    plot: Plot
    dispute: Dispute


def open_disputes(history: Sequence[Said]) -> list[Dispute]:
    """Disputes of one plot that nobody has settled yet, oldest first.

    One ends when it is settled, when what was said late comes to count, and when who said it says something else.
    """
    kept = [place for place, entry in enumerate(history) if entry.how == LabelHow.KEPT and place > 0]
    return [dispute for place in kept if (dispute := _dispute(history, place)) is not None]


def _dispute(history: Sequence[Said], place: int) -> Dispute | None:
    late, since = history[place - 1], history[place + 1 :]
    counts = _origin(history)
    if counts.label == late.label or is_settled(since):
        return None
    if any(entry.who == late.who and entry.how not in _BOOKKEEPING for entry in since):
        return None
    return Dispute(history[place].key, counts, late, history[place].at)


def _origin(history: Sequence[Said]) -> Said:
    """The entry that first said what counts now: a label that was kept counts since it was given."""
    return origin_of(history, len(history) - 1)


def origin_of(history: Sequence[Said], place: int) -> Said:
    """The entry which the one at `place` repeats, itself where a person made it."""
    now = history[place]
    if now.how not in _BOOKKEEPING:
        return now
    earlier = (entry for entry in reversed(history[:place]) if entry.how not in _BOOKKEEPING)
    return next((entry for entry in earlier if (entry.label, entry.who) == (now.label, now.who)), now)


def is_settled(entries: Sequence[Said]) -> bool:
    """Whether one of these settles, and was not undone."""
    return any(_settlements(entries))


def _settlements(entries: Sequence[Said]) -> Iterator[bool]:
    """Of every settlement whether it stands; undoing and redoing are gestures that name the one they revert."""
    stands: dict[uuid.UUID, bool] = {}
    root: dict[uuid.UUID, uuid.UUID] = {}
    for entry in entries:
        key = entry.gesture or entry.key
        if entry.how == LabelHow.SETTLED:
            stands[key], root[key] = True, key
        elif entry.reverts in root:
            root[key] = root[entry.reverts]
            stands[root[key]] = entry.how == LabelHow.REDONE
    yield from stands.values()
