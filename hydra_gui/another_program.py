"""Starting the program once more from its window, on a store of its own: the demo, or a label bundle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_OPEN = "import sys; from hydra_gui.cli import main; sys.exit(main(sys.argv[1:]))"


def open_program(*arguments: str) -> None:
    """Start it with these arguments and leave it alone; it goes on when this window is closed."""
    quiet = subprocess.DEVNULL
    # The shell of a double fork: nobody waits for the program, so nothing may be left to be waited for.
    launch = (
        f"import subprocess, sys; "
        f"subprocess.Popen([sys.executable, '-c', {_OPEN!r}, *sys.argv[1:]], start_new_session=True)"
    )
    subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-S", "-c", launch, *arguments],
        cwd=Path(__file__).resolve().parents[1],
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        check=False,
    )
