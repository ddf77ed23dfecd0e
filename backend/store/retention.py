"""Retention in the store: rounds over all plots in small steps, one station at a time, by a lease."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from backend.domain.changes import ChangeKind
from backend.domain.retention import PurgeRound, PurgeStep, Retention, StorageUse
from backend.store.blobs.protocol import BlobStore
from backend.store.blobs.sweeping import GUARD_S, remove_orphans, sweeping
from backend.store.database import Database, shared_now
from backend.store.expiring import Window, expiring, window
from backend.store.journal import note
from backend.store.sizes import database_bytes
from backend.store.tables import plots, upkeep
from backend.store.tables.upkeep import IMAGES

LEASE_S = 120.0
_JOB = upkeep.c.job == IMAGES


class RetentionOfImages:
    """What expires. An account that may not do this gets StoreRefusedError from the server itself."""

    def __init__(self, database: Database, blobs: BlobStore, guard_s: float = GUARD_S) -> None:
        """Blobs put within the last `guard_s` seconds are left to the next sweep."""
        self._database, self._blobs, self.guard_s = database, blobs, guard_s

    def begin(self, owner: str, every_s: float) -> bool:
        """Take the job: go on with a round that nobody works on, or begin one `every_s` seconds after the last.

        False where another has it, or nothing is due.
        """

        def write(connection: Connection) -> bool:
            row, moment = _locked(connection)
            if row.owner not in ("", owner) and row.lease_until > moment:
                return False
            mine = {"owner": owner, "lease_until": moment + timedelta(seconds=LEASE_S)}
            if row.begun_at is not None and row.finished_at is None:
                connection.execute(update(upkeep).where(_JOB).values(mine))
                return True
            if row.finished_at is not None and moment - row.finished_at < timedelta(seconds=every_s):
                return False
            fresh = {"position": 0, "begun_at": moment, "finished_at": None, "images": 0, "bytes": 0}
            connection.execute(update(upkeep).where(_JOB).values(mine | fresh))
            return True

        return self._database.write(write)

    def step(self, owner: str, policy: Retention) -> PurgeStep | None:
        """Look at the next plots and let go of what may; `done` behind the last. None where another station has taken
        the job over: nothing was changed."""
        taken = self._database.write(lambda connection: _step(connection, owner, policy))
        if taken is None:
            return None
        step, gone = taken
        sizes = self._blobs.sizes(gone)
        removed = remove_orphans(self._database, self._blobs, gone, self.guard_s)
        freed = sum(sizes.get(name, 0) for name in removed)
        if freed:
            more = {"bytes": upkeep.c.bytes + freed}
            self._database.write(lambda c: c.execute(update(upkeep).where(_JOB).values(more)))
        return PurgeStep(step.position, step.looked_at, step.images, freed, step.done)

    def sweep(self) -> Iterator[int]:
        """Remove images that no row names, a portion at a time; yields how many went with each."""
        yield from sweeping(self._database, self._blobs, self.guard_s)

    def finish(self, owner: str) -> None:
        """The round is over; the job is free."""

        def write(connection: Connection) -> None:
            _, moment = _locked(connection)
            values = {"owner": "", "finished_at": moment, "lease_until": moment}
            connection.execute(update(upkeep).where(_JOB, upkeep.c.owner == owner).values(values))

        self._database.write(write)

    def release(self, owner: str) -> None:
        """Give the job back in mid-round; the next one goes on where this one was."""
        freed = update(upkeep).where(_JOB, upkeep.c.owner == owner).values(owner="")
        self._database.write(lambda connection: connection.execute(freed))

    def preview(self, policy: Retention) -> Iterator[PurgeStep]:
        """What a round would let go of now, step by step; changes nothing."""
        after = 0
        while True:
            step, gone = self._database.read(lambda c, after=after: _look(c, policy, after))  # type: ignore[misc]
            freed = sum(self._blobs.sizes(gone.values()).values())
            yield PurgeStep(step.position, step.looked_at, len(gone), freed, step.done)
            if step.done:
                return
            after = step.position

    def newest_round(self) -> PurgeRound:
        """The round under way, or the last one."""
        row = self._database.read(lambda connection: connection.execute(select(upkeep).where(_JOB)).one())
        return PurgeRound(row.owner, row.position, row.begun_at, row.finished_at, row.images, row.bytes)

    def use(self) -> StorageUse:
        """How much is stored. Looks at every blob's size: seconds where there are millions."""
        count, size = self._blobs.usage()
        return StorageUse(count, size, self._database.read(database_bytes))


def _locked(connection: Connection) -> tuple[Row[Any], datetime]:
    """The job's row, locked, and the time of the database."""
    row = connection.execute(select(upkeep).where(_JOB).with_for_update()).one()
    return row, connection.execute(select(shared_now(connection))).scalar_one()


def _look(connection: Connection, policy: Retention, after: int) -> tuple[PurgeStep, dict[int, str]]:
    look = window(connection, after)
    if look is None:
        return PurgeStep(after, done=True), {}
    moment = connection.execute(select(shared_now(connection))).scalar_one()
    return PurgeStep(look.last, _count(look)), expiring(connection, policy, look, moment)


def _count(look: Window) -> int:
    return look.last - look.after


def _step(connection: Connection, owner: str, policy: Retention) -> tuple[PurgeStep, set[str]] | None:
    row, moment = _locked(connection)
    if row.owner != owner:
        return None
    step, gone = _look(connection, policy, row.position)
    if gone:
        values = {"image_expired_at": moment}
        connection.execute(update(plots).where(plots.c.id.in_(sorted(gone))).values(values))
        note(connection, ChangeKind.EXPIRED, sorted(gone))
    moved = {"position": step.position, "images": row.images + len(gone)}
    lease = {"lease_until": moment + timedelta(seconds=LEASE_S)}
    connection.execute(update(upkeep).where(_JOB).values(moved | lease))
    return PurgeStep(step.position, step.looked_at, len(gone), 0, step.done), set(gone.values())
