"""What a whole tile says, in words: on the tile, in its tool tip and to a screen reader. No Qt."""

from __future__ import annotations

from datetime import datetime

from backend.domain.hall import Tile
from backend.domain.verdicts import AlarmGate, Verdict
from ui.wording import age_of, class_title, clock, number, percent, verdict_word

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def tile_word(tile: Tile) -> str:
    """What was decided, in a word or two; a problem that does not alarm for want of beam says so."""
    word = verdict_word(tile.verdict, tile.plot)
    gate = tile.verdict.gate if tile.verdict else None
    return f"{word} · no beam" if gate is AlarmGate.NO_BEAM else word


def spoken_age(since: datetime, now: datetime) -> str:
    """Time passed in whole words: "4 seconds ago"."""
    seconds = max(0, int((now - since).total_seconds()))
    for length, word in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= length:
            return _ago(seconds // length, word)
    return _ago(seconds, "second")


def _ago(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'} ago"


def spoken(tile: Tile, now: datetime) -> str:
    """The whole tile as one sentence: "CDC_occupancy, Bad, 99 percent, confirmed, 4 seconds ago"."""
    parts = [tile.plot_type.name]
    parts += _spoken_verdict(tile.verdict) if tile.verdict else [verdict_word(None, tile.plot)]
    if tile.plot is not None:
        parts.append(spoken_age(tile.plot.received_at, now))
    return ", ".join(parts)


def _spoken_verdict(verdict: Verdict) -> list[str]:
    parts = [class_title(verdict.classification), f"{int(verdict.confidence * 100)} percent"]
    parts.append("confirmed" if verdict.confirmed else "unconfirmed")
    if verdict.gate is AlarmGate.NO_BEAM:
        parts.append("does not alarm without beam")
    return parts


def tool_tip(tile: Tile, now: datetime) -> str:
    """What the tile has no room for: whole name, description, run, when drawn and when received."""
    lines = [tile.plot_type.name, tile.plot_type.description]
    verdict = tile.verdict
    lines.append(tile_word(tile) + (f", {percent(verdict.confidence)}" if verdict else ""))
    if tile.plot is not None:
        identity = tile.plot.identity
        chunk = "" if identity.chunk is None else f", chunk {identity.chunk}"
        lines.append(f"Run {number(identity.run)}{chunk}")
        lines.append(f"Drawn {clock(tile.plot.taken_at, now)}, received {age_of(tile.plot.received_at, now)} ago")
    return "\n".join(line for line in lines if line)
