"""All tables. Importing this package fills `metadata`."""

from backend.store.tables.alerts import (
    alert_changes,
    alert_events,
    alert_policies,
    alert_watches,
    alerts,
    policy_events,
)
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
from backend.store.tables.dispatches import dispatch_events, dispatches
from backend.store.tables.foreign import (
    foreign_plots,
    foreign_progress,
    foreign_records,
    foreign_refusals,
    foreign_sources,
    foreign_thresholds,
    foreign_verdicts,
)
from backend.store.tables.histories import (
    activations,
    configuration_events,
    grant_events,
    label_events,
    label_gestures,
    model_imports,
    models,
    threshold_events,
)
from backend.store.tables.judgements import predictions, verdicts
from backend.store.tables.plots import input_files, plots, quarantine, tallies, work
from backend.store.tables.stations import journal, stations

__all__ = [
    "activations",
    "alert_changes",
    "alert_events",
    "alert_policies",
    "alert_watches",
    "alerts",
    "blob_chunks",
    "blobs",
    "classifications",
    "configuration_events",
    "dispatch_events",
    "dispatches",
    "foreign_plots",
    "foreign_progress",
    "foreign_records",
    "foreign_refusals",
    "foreign_sources",
    "foreign_thresholds",
    "foreign_verdicts",
    "grant_events",
    "group_members",
    "input_files",
    "journal",
    "label_events",
    "label_gestures",
    "metadata",
    "model_imports",
    "models",
    "plot_groups",
    "plot_types",
    "plots",
    "policy_events",
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
