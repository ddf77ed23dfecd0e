"""The simulated hall as a process of its own: it knows nothing of the application, and the application not of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from hydra_gui.demo.options import DemoOptions

# It must not outlive the demo even when that is killed, and drawing must not slow down judging.
_LAUNCH = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGTERM); os.nice(10); "
    "from backend.simulation.__main__ import main; sys.exit(main())"
)
_STOP_S = 10


class Simulator:
    """Started by the constructor, ended by `stop`; must be made on a thread that lives as long as it."""

    def __init__(self, folder: Path, beam: Path, truth: Path, options: DemoOptions) -> None:
        arguments = {
            "--into": folder,
            "--beam-file": beam,
            "--truth-file": truth,
            "--seed": options.seed,
            "--cycle": options.cycle_s,
            "--copies": options.copies,
        }
        words = [str(word) for pair in arguments.items() for word in pair]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", _LAUNCH, *words],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    @property
    def trouble(self) -> str:
        """Why it ended by itself; "" while it runs."""
        if self._process.poll() in (None, 0, -signal.SIGTERM):
            return ""
        words = self._process.stderr.read() if self._process.stderr and not self._process.stderr.closed else ""
        return words.strip() or f"it ended with status {self._process.returncode}"

    def stop(self) -> None:
        """Let it finish the plot it draws, then end it; again does no harm."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
