"""Starting the demo from the window, as a program of its own: its store has nothing to do with this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_OPEN = "import sys; from hydra_gui.cli import main; sys.exit(main(['demo']))"


def open_demo() -> None:
    """Start the demo and leave it alone; it goes on when this window is closed."""
    quiet = subprocess.DEVNULL
    # The shell of a double fork: nobody waits for the demo, so nothing may be left to be waited for.
    launch = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_OPEN!r}], start_new_session=True)"
    subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-S", "-c", launch],
        cwd=Path(__file__).resolve().parents[1],
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        check=False,
    )
