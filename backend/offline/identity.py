"""Which hall a store is: a bundle's labels belong to one hall and to no other."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from backend.domain.errors import StoreRefusedError
from backend.store import Store
from backend.store.tables import hall_identity


def identity_of(store: Store) -> uuid.UUID:
    """Drawn when the schema was made, and the same for as long as the database exists."""
    found: uuid.UUID | None = store.database.read(lambda connection: connection.scalar(select(hall_identity.c.hall)))
    if found is None:
        raise StoreRefusedError(
            "The database does not say which hall it is: the row of hall_identity was removed. No label bundle can be "
            "made or applied. Restore that row from a backup."
        )
    return found
