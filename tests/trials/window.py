"""One window of the trial, off screen, in a process of its own: `python -m tests.trials.window PLACE REPORT`.

It notes when it learned of the verdict on which plot: lines "plot id, seconds since 1970". Closed by SIGTERM.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from backend.config import load
from backend.domain.hall import Tile
from hydra_gui.app import run_window
from hydra_gui.application import Application


def main(place: Path, report: Path) -> int:
    """Run until the window is closed; configuration comes from the environment."""
    with report.open("a", buffering=1) as out:

        def note(tiles: list[Tile]) -> None:
            now = time.time()
            out.writelines(f"{tile.plot.plot_id},{now:.6f}\n" for tile in tiles if tile.plot and tile.verdict)

        async def companion(application: Application) -> None:
            begun = asyncio.Event()
            application.started.connect(begun.set)
            await begun.wait()
            application.presenter._bridge.tiles_changed.connect(note)
            await asyncio.Event().wait()

        return run_window(load(), companion, place / "window.json")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
