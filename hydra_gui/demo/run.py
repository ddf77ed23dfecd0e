"""One demo from beginning to end: prepare, show, stop, reckon, throw away."""

from __future__ import annotations

import tempfile
from pathlib import Path

from backend.store import Store
from hydra_gui.demo.hall import DemoError, DemoHall
from hydra_gui.demo.options import DemoOptions
from hydra_gui.demo.reckoning import reckon
from hydra_gui.demo.scoring import Score
from hydra_gui.demo.simulator import Simulator


def run_demo(options: DemoOptions) -> Score:
    """Show the demo until it ends or its window is closed, and say what became of its plots. DemoError."""
    from hydra_gui.app import run_window
    from hydra_gui.demo.director import Director

    if options.screenshots is not None:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hydra-demo-", ignore_cleanup_errors=True) as folder:
        hall = DemoHall(Path(folder))
        hall.prepare(options.copies)
        simulator = Simulator(hall.plots, hall.beam, hall.truth, options)
        try:
            director = Director(hall, simulator, options)
            run_window(hall.settings(), director.direct, hall.root / "window.json")
            trouble = simulator.trouble
        finally:
            simulator.stop()
        if trouble:
            raise DemoError(f"The simulated hall stopped by itself: {trouble}")
        section = hall.settings().store
        with Store.open(section.effective_url, section.data_dir, section.blobs) as store:
            return reckon(store, hall.plots, hall.truth, director.painted, finished=options.seconds is not None)
