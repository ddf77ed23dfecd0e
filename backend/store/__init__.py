"""The store: the truth about plots, verdicts, models and labels, on SQLite or a MySQL/MariaDB server.

Everything goes through `Store`. No other room is imported here, and no driver's error leaves.
"""

from backend.domain.labels import LabelChange, LabelledPlot, NewLabel
from backend.domain.models import Activation, ModelInfo, ModelState, ThresholdChange
from backend.store.blobs.protocol import BlobStore
from backend.store.store import Store
from backend.store.values import StoreCounts, StoreStatus

__all__ = [
    "Activation",
    "BlobStore",
    "LabelChange",
    "LabelledPlot",
    "ModelInfo",
    "ModelState",
    "NewLabel",
    "Store",
    "StoreCounts",
    "StoreStatus",
    "ThresholdChange",
]
