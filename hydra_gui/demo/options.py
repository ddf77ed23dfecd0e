"""What the demo is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`seconds` None runs until the window is closed; `cycle_s` seconds lie between two sets of plots; every plot
    type has `copies` - 1 look-alikes; pictures and summary go into `screenshots`, None for nowhere."""

    seconds: float | None = None
    screenshots: Path | None = None
    seed: int = 7
    cycle_s: float = 10.0
    copies: int = 1


HEADLESS_SECONDS = 60.0
HEADLESS_FOLDER = Path("demo-output")


def has_display() -> bool:
    """Whether a person can see a window here."""
    if os.environ.get("QT_QPA_PLATFORM"):
        return os.environ["QT_QPA_PLATFORM"] not in ("offscreen", "minimal")
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def for_this_machine(options: DemoOptions) -> DemoOptions:
    """The same where there is a display; without one bounded in time and leaving pictures."""
    if has_display():
        return options
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    seconds = HEADLESS_SECONDS if options.seconds is None else options.seconds
    folder = HEADLESS_FOLDER if options.screenshots is None else options.screenshots
    return DemoOptions(seconds, folder, options.seed, options.cycle_s, options.copies)
