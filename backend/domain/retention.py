"""Retention: which images may go, and when. Predictions, verdicts, labels and alerts never do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_HASHED = 2**32


@dataclass(frozen=True, slots=True)
class Retention:
    """Images of harmless plots expire after `images_days` days; 0: none ever does.

    Harmless is a plot that nobody labelled, with which no alert has to do, and that every model that judged it found
    normal and was sure of. Of these a `share` (0 to 1) stays all the same, drawn without looking: by the digest of the
    image, which nobody chose and on which all stations agree. The newest plot of a type stays as well.
    """

    images_days: float = 0.0
    share: float = 0.02

    @property
    def is_on(self) -> bool:
        """Whether anything ever expires."""
        return self.images_days > 0

    def samples(self, sha256: str) -> bool:
        """Whether the image with this digest (64 hex digits) is in the unbiased sample."""
        return int(sha256[:8], 16) < self.share * _HASHED


@dataclass(frozen=True, slots=True)
class PurgeStep:
    """What one step looked at and let go. `position` is the last plot number it looked at."""

    position: int
    looked_at: int = 0
    images: int = 0
    bytes: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class PurgeRound:
    """The newest round over all plots: who does it, how far it is, what went. `finished_at` is None while it runs."""

    owner: str
    position: int
    begun_at: datetime | None
    finished_at: datetime | None
    images: int
    bytes: int


@dataclass(frozen=True, slots=True)
class StorageUse:
    """What is used: images and bundles as blobs, and bytes of the database without them."""

    blobs: int
    blob_bytes: int
    database_bytes: int
