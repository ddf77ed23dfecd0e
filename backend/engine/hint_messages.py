"""What a hint says. Whoever may connect may send anything; no input or output."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FORMAT = b"hydra-events-1"
_LONGEST = 256
_MOST_CHANGES = 10_000


@dataclass(frozen=True, slots=True)
class Hint:
    """Who says something, from which address, under which number, and which kinds of change it is about."""

    life: str
    address: str
    seq: int
    kinds: frozenset[int]


def read_hint(frames: Sequence[bytes]) -> Hint:
    """A message of two frames. ValueError for everything that is no hint."""
    if len(frames) != 2 or frames[0] != FORMAT:
        raise ValueError("it does not have two frames of this format")
    try:
        said = json.loads(frames[1])
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(said, dict):
        raise ValueError("it is no object")
    changes = said.get("changes")
    if not isinstance(changes, list) or len(changes) > _MOST_CHANGES:
        raise ValueError("it has no changes")
    kinds = frozenset(_whole(one[0] if isinstance(one, list) and one else None) for one in changes)
    return Hint(_text(said.get("life")), _text(said.get("address")), _whole(said.get("seq")), kinds)


def _text(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError("a text is missing or too long")
    return value


def _whole(value: Any) -> int:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError("a number is missing or too large")
    return value
