"""Tables of models and the append-only histories.

Every history row carries a `ticket` drawn before the transaction: when the connection is lost during the
commit and the transaction is repeated, the entry is not written twice. Triggers refuse updates and deletions.
"""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, Text, Uuid
from sqlalchemy.dialects import mysql

from backend.store.tables.alerts import alert_events, hall_setting_events, policy_events
from backend.store.tables.base import table
from backend.store.tables.dispatches import dispatch_events
from backend.store.tables.entries import entry
from backend.store.tables.labelling_aids import collecting_events, second_labels
from backend.store.tables.offline import label_bundles
from backend.store.types import BIG_ID, Digest, UtcDateTime, Words

LONG_TEXT = Text().with_variant(mysql.MEDIUMTEXT(), "mysql")

models = table(
    "models",
    Column("id", Integer, primary_key=True),
    Column("plot_type_id", ForeignKey("plot_types.id"), nullable=False, index=True),
    Column("digest", Digest, nullable=False, unique=True),
    Column("labels", Words(), nullable=False),
    Column("architecture", Words(255), nullable=False),
    Column("manifest", LONG_TEXT, nullable=False),
    Column("state", Words(16), nullable=False),
    Column("author", Words(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)


NO_LABEL = 0
"""`label_after` of an event that takes the label away; no classification has this number."""

# `gesture_id` is the gesture an event was made in, NULL for imported labels.
label_events = table(
    "label_events",
    *entry(
        Column("plot_id", ForeignKey("plots.id"), nullable=False),
        Column("plot_type_id", ForeignKey("plot_types.id"), nullable=False),
        Column("label_before", Integer),
        Column("label_after", Integer, nullable=False),
        Column("how", Words(32), nullable=False),
        Column("comment", Words(), nullable=False),
        Column("gesture_id", BIG_ID),
        Index("ix_label_events_plot_id_id", "plot_id", "id"),
        Index("ix_label_events_plot_type_id_id", "plot_type_id", "id"),
        Index("ix_label_events_gesture_id", "gesture_id"),
        Index("ix_label_events_how_id", "how", "id"),
    ),
)

# What a person did in one stroke: its events are saved and undone together. `ticket` is drawn by the window;
# `reverts` is the ticket of the gesture that this one took back.
label_gestures = table(
    "label_gestures",
    *entry(
        Column("plot_type_id", ForeignKey("plot_types.id"), nullable=False),
        Column("how", Words(32), nullable=False),
        Column("reverts", Uuid(native_uuid=False)),
        Index("ix_label_gestures_plot_type_id_who_id", "plot_type_id", "who", "id"),
    ),
)

activations = table(
    "activations",
    *entry(
        Column("plot_type_id", ForeignKey("plot_types.id"), nullable=False),
        Column("model_before", Integer),
        Column("model_after", ForeignKey("models.id"), nullable=False, index=True),
        Column("note", Words(), nullable=False),
        Index("ix_activations_plot_type_id_id", "plot_type_id", "id"),
    ),
)

threshold_events = table(
    "threshold_events",
    *entry(
        Column("model_id", ForeignKey("models.id"), nullable=False),
        Column("classification_id", Integer, nullable=False),
        Column("value_before", Double),
        Column("value_after", Double, nullable=False),
        Column("method", Words(64), nullable=False),
        Index("ix_threshold_events_model_id_classification_id_id", "model_id", "classification_id", "id"),
    ),
)

# `signed_by` is the public key of a signature that was found right, "" where there was none.
model_imports = table(
    "model_imports",
    *entry(
        Column("model_id", ForeignKey("models.id"), nullable=False, index=True),
        Column("file", Words(), nullable=False),
        Column("signed_by", Words(255), nullable=False),
    ),
)

configuration_events = table(
    "configuration_events",
    *entry(
        Column("text_before", LONG_TEXT, nullable=False),
        Column("text_after", LONG_TEXT, nullable=False),
    ),
)

# `subject` is an account, "name@host"; roles are names of `backend.domain.roles`, "" for none.
grant_events = table(
    "grant_events",
    *entry(
        Column("subject", Words(255), nullable=False),
        Column("role_before", Words(32), nullable=False),
        Column("role_after", Words(32), nullable=False),
    ),
)

APPEND_ONLY = (
    label_events,
    label_gestures,
    label_bundles,
    activations,
    threshold_events,
    model_imports,
    configuration_events,
    grant_events,
    alert_events,
    policy_events,
    second_labels,
    collecting_events,
    hall_setting_events,
    dispatch_events,
)
