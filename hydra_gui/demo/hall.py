"""Preparing the demo: a folder that is thrown away, a store in it that knows the hall, models that judge it."""

from __future__ import annotations

from pathlib import Path

from backend.config import Settings, load
from backend.domain.errors import HydraError
from backend.services.bundles import register_bundle, shipped_bundles
from backend.simulation.catalogue import SimulatedPlotType, plot_types
from backend.store import Store

WHO = "demo"


class DemoError(HydraError):
    """The demo cannot run here."""


class DemoHall:
    """Paths and settings of one demo below `root`, which the caller removes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.plots, self.data = root / "plots", root / "data"
        self.beam, self.truth = root / "beam.txt", root / "truth.csv"

    def settings(self) -> Settings:
        """The configuration of the demo; a person's own is left out, whatever it says of stores and folders."""
        empty = self.root / "demo.toml"
        empty.touch()
        return load(
            empty,
            {
                "experiment": {"name": "Simulated hall"},
                "input": {"directory": self.plots, "after": "leave"},
                "store": {"url": f"sqlite:///{self.data / 'hydra.db'}", "data_dir": self.data, "blobs": None},
                "beam": {"file": self.beam, "threshold": 20.0, "unit": "nA"},
                "station": {"name": WHO},
            },
        )

    def prepare(self, copies: int) -> None:
        """Make folders and store, describe the plot types, put the shipped models in force."""
        for folder in (self.plots, self.data):
            folder.mkdir(parents=True)
        section = self.settings().store
        with Store.open(section.effective_url, section.data_dir, section.blobs) as store:
            kinds = plot_types(copies)
            for kind in kinds:
                store.plot_types.ensure(kind.name, kind.group, kind.description, kind.contact, kind.guidance)
                store.classifications.ensure(list(kind.classes), kind.name)
            activate_shipped(store, kinds)


def activate_shipped(store: Store, kinds: tuple[SimulatedPlotType, ...]) -> None:
    """Put the shipped models in force: each for the plot type it was trained for, and for those that look like it."""
    bundles = shipped_bundles()
    if not bundles:
        raise DemoError(
            "No model is shipped with this installation, so nothing could be judged. Install the program again, or "
            "train the models of the demo with scripts/train_demo_models.py."
        )
    for bundle in bundles:
        model = store.models.get(register_bundle(store, bundle, WHO))
        for kind in kinds:
            if model.plot_type in (kind.name, kind.like):
                store.models.activate(model.model_id, WHO, kind.name, "shipped with the program")
