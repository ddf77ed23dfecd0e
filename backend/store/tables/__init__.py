"""All tables. Importing this package fills `metadata`."""

from backend.store.tables.base import metadata
from backend.store.tables.blobs import blob_chunks, blobs
from backend.store.tables.catalogue import (
    classifications,
    group_members,
    plot_groups,
    plot_types,
    runs,
    valid_classifications,
)
from backend.store.tables.histories import (
    activations,
    configuration_events,
    label_events,
    label_gestures,
    model_imports,
    models,
    stations,
    threshold_events,
)
from backend.store.tables.judgements import predictions, verdicts
from backend.store.tables.plots import input_files, plots, quarantine, tallies, work

__all__ = [
    "activations",
    "blob_chunks",
    "blobs",
    "classifications",
    "configuration_events",
    "group_members",
    "input_files",
    "label_events",
    "label_gestures",
    "metadata",
    "model_imports",
    "models",
    "plot_groups",
    "plot_types",
    "plots",
    "predictions",
    "quarantine",
    "runs",
    "stations",
    "tallies",
    "threshold_events",
    "valid_classifications",
    "verdicts",
    "work",
]
