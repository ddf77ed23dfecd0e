"""A desktop of its own: a virtual display with a window manager, for what depends on focus."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

NEEDED = ("Xvfb", "openbox", "xdotool")
_DEADLINE_S = 60.0


def need_desktop() -> None:
    """Skip where the programs are not installed; a failure where CI=true."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing and os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{', '.join(missing)} not installed; tests of focus need them")
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")


class Desktop:
    """Xvfb on a free display, openbox on it; everything that was started is ended at the end of the with block."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end
        self.display = ""

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        reading, writing = os.pipe()
        self._start("Xvfb", "-displayfd", str(writing), "-screen", "0", "1680x1050x24", "-nolisten", "tcp", fd=writing)
        os.close(writing)
        with os.fdopen(reading) as answer:
            self.display = f":{answer.readline().strip()}"
        self._start("openbox", "--sm-disable")
        self.until(lambda: self.xdotool("get_desktop") != "", "a window manager")

    def close(self) -> None:
        """End what was started, last started first."""
        while self._processes:
            process = self._processes.pop()
            process.terminate()
            process.wait(30)
        self._log.close()

    @property
    def environment(self) -> dict[str, str]:
        """For programs that are to be seen here."""
        plain = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
        return plain | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def start(self, *words: str, cwd: Path | None = None) -> subprocess.Popen[bytes]:
        """Run a program here until the end."""
        return self._start(*words, cwd=cwd)

    def _start(self, *words: str, fd: int | None = None, cwd: Path | None = None) -> subprocess.Popen[bytes]:
        kept = (fd,) if fd is not None else ()
        process = subprocess.Popen(
            words, env=self.environment, stdout=self._log, stderr=self._log, pass_fds=kept, cwd=cwd
        )
        self._processes.append(process)
        return process

    def xdotool(self, *words: str) -> str:
        """What xdotool answers; "" where it fails."""
        done = subprocess.run(["xdotool", *words], env=self.environment, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    def until(self, true: Callable[[], object], what: str) -> None:
        """Wait for a condition, asked again and again."""
        end = time.monotonic() + _DEADLINE_S
        while not true():
            assert time.monotonic() < end, f"{what} did not come about: {self.log()}"
            time.sleep(0.05)

    def log(self) -> str:
        """What the programs said."""
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")[-2000:]
