"""Choosing run numbers by a short text, as people write them."""

from __future__ import annotations

from collections.abc import Callable

from backend.domain.errors import HydraError


class RunRangeError(HydraError):
    """The text does not choose runs."""


def choose_runs(text: str) -> Callable[[int], bool]:
    """ "even", "odd", or numbers and ranges such as "297031,297100-297200"; "" chooses every run."""
    word = text.strip().lower()
    if word in ("", "all"):
        return lambda run: True
    if word in ("even", "odd"):
        return lambda run: run % 2 == int(word == "odd")
    ranges = [_range(part, text) for part in word.split(",")]
    return lambda run: any(first <= run <= last for first, last in ranges)


def run_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Numbers and ranges such as "297031,297100-297200" as spans, both ends included; "" is none, for every run."""
    if not text.strip():
        return ()
    try:
        spans = tuple(_range(part, text) for part in text.split(","))
        if any(first > last for first, last in spans):
            raise RunRangeError("a range ends before it begins")
        return spans
    except RunRangeError as error:
        raise RunRangeError(
            f'"{text.strip()}" does not choose runs. Write numbers and ranges: 297031,297100-297200'
        ) from error


def _range(part: str, text: str) -> tuple[int, int]:
    first, _, last = part.strip().partition("-")
    try:
        return int(first), int(last or first)
    except ValueError as error:
        raise RunRangeError(
            f'"{text}" does not choose runs. Write even, odd, all, or numbers and ranges: 297031,297100-297200'
        ) from error
