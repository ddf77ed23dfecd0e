"""What schema a configured database has, also where an embedded one has not been made yet."""

from __future__ import annotations

from pathlib import Path

from backend.access.opening import store_status
from backend.config import StoreSection
from backend.store import StoreStatus

_SQLITE = "sqlite:///"


def schema(section: StoreSection) -> StoreStatus | None:
    """The schema, None where the embedded database is still to be made at the first start. The store's errors."""
    url = section.effective_url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        return None
    return store_status(section)
