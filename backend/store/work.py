"""Work: plots that wait for a verdict, shared between stations by leases."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, func, select, update

from backend.domain.changes import ChangeKind
from backend.domain.plots import Plot, PlotState
from backend.domain.quarantine import QuarantinedFile, QuarantineReason
from backend.store import setting_aside
from backend.store.catalogue import known_plot_type
from backend.store.database import Database, now, shared_now
from backend.store.journal import note
from backend.store.leases import LATER_PRIORITY, claim_free, extend, freed, is_free, of_station, queue
from backend.store.rows import PLOT_COLUMNS, as_plot, plots_named
from backend.store.tables import plot_types, plots, work
from backend.store.tallies import tally
from backend.store.verdicts import lock_plots


class Work:
    """The queue. An owner is "<station name>/<identity of this start>"."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, owner: str, limit: int, lease_s: float, exclude: Collection[int] = ()) -> list[Plot]:
        """Lease up to `limit` plots nobody holds for `lease_s` seconds, except the plot ids in `exclude`."""

        def write(connection: Connection) -> list[Plot]:
            found = claim_free(connection, owner, limit, lease_s, exclude)
            if not found:
                return []
            query = select(*PLOT_COLUMNS).select_from(plots_named()).where(plots.c.id.in_(found)).order_by(plots.c.id)
            return [as_plot(row) for row in connection.execute(query)]

        return self._database.write(write)

    def extend(self, owner: str, lease_s: float) -> int:
        """Renew all leases of `owner`; returns how many it holds."""

        return self._database.write(lambda connection: extend(connection, owner, lease_s))

    def release_station(self, station: str, except_owner: str | None = None) -> int:
        """Free the leases of a station's former lives; returns how many. `except_owner` is its present life."""
        theirs = of_station(station)
        if except_owner is not None:
            theirs &= work.c.owner != except_owner
        freeing = update(work).where(theirs).values(freed())
        return self._database.write(lambda connection: connection.execute(freeing).rowcount)

    def release(self, owner: str) -> int:
        """Free all leases of one life of a station; returns how many."""
        freeing = update(work).where(work.c.owner == owner).values(freed())
        return self._database.write(lambda connection: connection.execute(freeing).rowcount)

    def postpone(self, plot_ids: Collection[int], owner: str, seconds: float) -> None:
        """Give plots back that `owner` holds and cannot judge just now; they are free again after `seconds`."""
        mine = work.c.plot_id.in_(plot_ids) & (work.c.owner == owner)

        def write(connection: Connection) -> None:
            later = {"owner": None, "lease_until": shared_now(connection, seconds)}
            connection.execute(update(work).where(mine).values(later))

        self._database.write(write)

    def pending_count(self) -> int:
        """How many plots wait, leased or not."""
        query = select(func.count()).select_from(work)
        return self._database.read(lambda connection: connection.scalar(query)) or 0

    def fail(self, plot_id: int, owner: str, message: str) -> int:
        """Note a failed attempt and free the plot; returns the attempts so far.

        0 where it no longer waits or another station has it now: its attempt is not over.
        """
        mine = (work.c.plot_id == plot_id) & (work.c.owner == owner)

        def write(connection: Connection) -> int:
            failed = {"attempts": work.c.attempts + 1, "message": message, **freed()}
            if not connection.execute(update(work).where(mine).values(failed)).rowcount:
                return 0
            return connection.scalar(select(work.c.attempts).where(work.c.plot_id == plot_id)) or 0

        return self._database.write(write)

    def give_up(self, plot_id: int, message: str) -> QuarantinedFile | None:
        """Take a plot on which inference keeps failing out of the queue and show it in quarantine.

        Returns its entry there, or None where the plot no longer waited.
        """

        def write(connection: Connection) -> QuarantinedFile | None:
            if not _settle(connection, [plot_id], PlotState.QUARANTINED):
                return None
            file = _crashed(connection, plot_id, message)
            setting_aside.set_aside(connection, file, None)
            return file

        return self._database.write(write)

    def skip_older(self, seconds: float, limit: int = 500) -> int:
        """Give up plots that nobody holds and that came more than `seconds` ago; returns how many.

        They stay in the store, counted as skipped. When they came is what the station said that took them in.
        """
        joined = select(work.c.plot_id).join(plots, plots.c.id == work.c.plot_id)

        def write(connection: Connection) -> int:
            before = shared_now(connection, -seconds)
            old = joined.where(plots.c.received_at < before, plots.c.seen_at < before, is_free(connection))
            found = list(connection.scalars(old.order_by(work.c.plot_id).limit(limit)))
            skipped = _settle(connection, found, PlotState.SKIPPED) if found else []
            note(connection, ChangeKind.SKIPPED, skipped)
            return len(skipped)

        return self._database.write(write)

    def requeue(self, plot_type: str, limit: int = 1) -> int:
        """Queue the newest `limit` live plots of a plot type that no model has judged; returns how many.

        For the moment when a plot type gets its first model.
        """

        def write(connection: Connection) -> int:
            number = known_plot_type(connection, plot_type)
            newest = _unjudged(connection, number, limit)
            queue(connection, newest, LATER_PRIORITY)
            connection.execute(update(plots).where(plots.c.id.in_(newest)).values(state=PlotState.PENDING.value))
            note(connection, ChangeKind.ARRIVED, newest)
            tally(connection, {PlotState.NO_MODEL: -len(newest), PlotState.PENDING: len(newest)})
            return len(newest)

        return self._database.write(write)


def _settle(connection: Connection, plot_ids: Collection[int], state: PlotState) -> list[int]:
    """End the work on plots that still wait; returns which those were. Plots are locked before work, as in `record`."""
    waiting = [number for number, now_in in lock_plots(connection, plot_ids).items() if now_in is PlotState.PENDING]
    if waiting:
        connection.execute(delete(work).where(work.c.plot_id.in_(waiting)))
        connection.execute(update(plots).where(plots.c.id.in_(waiting)).values(state=state.value))
        tally(connection, {PlotState.PENDING: -len(waiting), state: len(waiting)})
    return waiting


def _crashed(connection: Connection, plot_id: int, message: str) -> QuarantinedFile:
    query = select(plots.c.source, plots.c.sha256, plot_types.c.name).join(plot_types).where(plots.c.id == plot_id)
    row = connection.execute(query).one()
    path = row.source or row.sha256
    return QuarantinedFile(path, QuarantineReason.CRASHED_INFERENCE, message, 0, now(), row.name)


def _unjudged(connection: Connection, plot_type_id: int, limit: int) -> list[int]:
    """Among the newest `limit` plots of a type, those without a model's verdict; locked."""
    newest = (
        select(plots.c.id, plots.c.state)
        .where(plots.c.plot_type_id == plot_type_id, plots.c.seen_at.is_not(None))
        .order_by(plots.c.seen_at.desc(), plots.c.id.desc())
        .limit(limit)
        .with_for_update()
    )
    return [row.id for row in connection.execute(newest) if row.state == PlotState.NO_MODEL]
