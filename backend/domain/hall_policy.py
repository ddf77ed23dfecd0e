"""What about the hall itself is an alert, and after how long. Shared by all stations. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class HallPolicy:
    """All in seconds; 0 switches the alert off.

    No plot of any type for `silent_after_s`; an engine or a feeder not heard of for `station_after_s` that did not say
    goodbye; plots without a verdict, or no engine, for `unjudged_after_s`; a database that does not answer for
    `database_after_s`.
    """

    silent_after_s: float = 600.0
    station_after_s: float = 60.0
    unjudged_after_s: float = 120.0
    database_after_s: float = 10.0

    def __post_init__(self) -> None:
        """ValueError, in a sentence, where a number does not fit."""
        for name, value, least in (
            ("silent after", self.silent_after_s, 10.0),
            ("station gone after", self.station_after_s, 15.0),
            ("not judged after", self.unjudged_after_s, 10.0),
            ("database away after", self.database_after_s, 1.0),
        ):
            if value and not least <= value <= _DAY_S:
                raise ValueError(f"{name} is {value:g} s; accepted is {least:g} to {_DAY_S:.0f} s, or 0 for never")


USUAL_HALL_POLICY = HallPolicy()
"""Holds where nobody has decided otherwise."""
