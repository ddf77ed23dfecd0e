"""Which program of this system can play a sound."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.domain.classifications import Severity
from resources import resource

_KNOWN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("paplay", ()),
    ("pw-play", ()),
    ("canberra-gtk-play", ("-f",)),
    ("aplay", ("-q",)),
    ("afplay", ()),
)

ADVICE = "Install one of paplay (pulseaudio-utils), pw-play (pipewire-bin), canberra-gtk-play or aplay (alsa-utils)."


@dataclass(frozen=True, slots=True)
class Player:
    """A program that plays the file named last on its command line, and ends with 0 when it was heard."""

    program: str
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How a person knows it."""
        return Path(self.program).name


def find_player(which: Callable[[str], str | None] = shutil.which) -> Player | None:
    """The first of those known that is installed; None where there is none."""
    for name, arguments in _KNOWN:
        path = which(name)
        if path is not None:
            return Player(path, arguments)
    return None


def sound_of(severity: Severity) -> Path:
    """The sound file of a severity."""
    name = {Severity.ALARM: "alarm", Severity.WARNING: "warning"}.get(severity, "information")
    return resource("sounds", f"{name}.wav")
