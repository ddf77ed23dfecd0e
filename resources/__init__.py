"""Icons, fonts and other files that travel with the program."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).parent


def resource(*parts: str) -> Path:
    """The path of a shipped file or folder, such as ``resource("fonts", "Inter-Regular.otf")``."""
    return _ROOT.joinpath(*parts)
