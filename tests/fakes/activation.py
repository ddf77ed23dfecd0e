"""A model in force, made and activated in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backend.store import Store
from tests.fakes.bundles import make_packed


def activate_bundle(store: Store, directory: Path, plot_type: str, **changes: Any) -> int:
    """Make a bundle below `directory`, register it and let it judge `plot_type`; returns the model's number."""
    manifest, zipped = make_packed(directory / plot_type, plot_type, **changes)
    model_id = store.models.register(manifest, zipped, "tests")
    store.models.activate(model_id, "tests")
    return model_id
