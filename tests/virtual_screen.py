"""A screen that nobody sees, with a window manager: for trials that drive the real window by mouse and keyboard."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAMS = ("Xvfb", "openbox", "xdotool")
_DEADLINE_S = 60.0


def missing_programs() -> list[str]:
    """Which of the programs needed are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class VirtualScreen:
    """Xvfb and openbox while inside the with block; `environment` is for programs that are to appear on it."""

    def __init__(self, folder: Path, size: str = "1680x1000") -> None:
        self._log = folder / "screen.log"
        self._size = size
        self._processes: list[subprocess.Popen[bytes]] = []
        self.display = ""

    def __enter__(self) -> Self:
        read, write = os.pipe()
        with self._log.open("wb") as log:
            command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{self._size}x24", "-nolisten", "tcp"]
            self._processes.append(subprocess.Popen(command, pass_fds=[write], stdout=log, stderr=log))
            os.close(write)
            with os.fdopen(read) as number:
                self.display = f":{number.readline().strip()}"
            self._processes.append(subprocess.Popen(["openbox"], env=self.environment, stdout=log, stderr=log))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            process.terminate()
            process.wait(30)

    @property
    def environment(self) -> dict[str, str]:
        """The environment with this screen."""
        return os.environ | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def xdotool(self, *words: object) -> str:
        """Run xdotool; returns what it says."""
        command = ["xdotool", *map(str, words)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=_DEADLINE_S)
        return done.stdout.strip()

    def window(self, title: str) -> str:
        """Number of the window of that title, once it is there and active."""
        end = time.monotonic() + _DEADLINE_S
        while time.monotonic() < end:
            found = self.xdotool("search", "--onlyvisible", "--name", title).splitlines()
            if found:
                self.xdotool("windowactivate", "--sync", found[0])
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no window {title!r} appeared")
