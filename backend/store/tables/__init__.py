"""All tables. Importing this package fills `metadata`."""

from backend.store.tables.alerts import (
    alert_changes,
    alert_events,
    alert_policies,
    alert_watches,
    alerts,
    hall_setting_events,
    hall_settings,
    hall_watch,
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
from backend.store.tables.labelling_aids import collecting_events, kept_images, second_labels, synthetic_plots
from backend.store.tables.offline import hall_identity, label_bundles
from backend.store.tables.plots import input_files, plots, quarantine, tallies, work
from backend.store.tables.stations import journal, stations
from backend.store.tables.upkeep import upkeep

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
    "collecting_events",
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
    "hall_identity",
    "hall_setting_events",
    "hall_settings",
    "hall_watch",
    "input_files",
    "journal",
    "kept_images",
    "label_bundles",
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
    "second_labels",
    "stations",
    "synthetic_plots",
    "tallies",
    "threshold_events",
    "upkeep",
    "valid_classifications",
    "verdicts",
    "work",
]
