"""Intake: plots become rows. The same plot twice is one plot, whoever brings it and however often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from backend.domain.intake import FileStamp, NewPlot, StoredPlot
from backend.domain.plots import PlotState
from backend.domain.quarantine import QuarantinedFile
from backend.store import setting_aside
from backend.store.blobs.protocol import BlobStore
from backend.store.database import Database
from backend.store.entering import Entry, enter_plots, stored
from backend.store.leases import lease
from backend.store.ledger import enter, known_paths, path_hash, quarantined_paths
from backend.store.tallies import tally

_PORTION = 256


class Intake:
    """The way into the store."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    def known(self, stamps: Sequence[FileStamp]) -> set[str]:
        """Paths whose exact stamp was taken in, is a duplicate or is quarantined."""
        return self._database.read(lambda connection: known_paths(connection, stamps))

    def quarantined_paths(self, stamps: Sequence[FileStamp]) -> set[str]:
        """Paths whose exact stamp was set aside; a part of what `known` answers."""
        return self._database.read(lambda connection: quarantined_paths(connection, stamps))

    def commit(self, plots: Sequence[NewPlot], owner: str, lease_s: float) -> list[StoredPlot]:
        """Keep the images, then in one transaction: plots, work leased to `owner` for `lease_s` seconds, ledger.

        For 0 seconds the work is nobody's yet. Idempotent; returns one value per plot given, in order. Unknown plot
        types are registered. A plot that was only imported becomes a live one.
        """
        return self._take_in(plots, lambda connection: _commit(connection, plots, owner, lease_s))

    def import_plots(self, plots: Sequence[NewPlot]) -> list[StoredPlot]:
        """Store plots for labelling: no work, never on the live grid. Those that are there stay what they are.

        Any number may be given: they are stored in portions, and a repetition finds those that were.
        """
        portions = [plots[start : start + _PORTION] for start in range(0, len(plots), _PORTION)]
        return [kept for portion in portions for kept in self._take_in(portion, partial(_import, plots=portion))]

    def quarantine(self, file: QuarantinedFile, stamp: FileStamp | None) -> None:
        """Set a file aside; with its stamp it is not looked at again until it changes."""
        self._database.write(lambda connection: setting_aside.set_aside(connection, file, stamp))

    def quarantined(self, limit: int = 200) -> list[QuarantinedFile]:
        """Files set aside now, newest first."""
        return self._database.read(lambda connection: setting_aside.listed(connection, limit))

    def quarantined_count(self) -> int:
        """How many files are set aside now."""
        return self._database.read(setting_aside.counted)

    def _take_in(self, plots: Sequence[NewPlot], work: Callable[[Connection], list[StoredPlot]]) -> list[StoredPlot]:
        if not plots:
            return []
        self._blobs.put_many({plot.sha256: plot.data for plot in plots})
        return self._database.write(work)


def _commit(connection: Connection, plots: Sequence[NewPlot], owner: str, lease_s: float) -> list[StoredPlot]:
    entries = enter_plots(connection, plots, PlotState.PENDING)
    waiting = [entry.plot_id for entry in entries if entry.state is PlotState.PENDING]
    claimed = lease(connection, waiting, owner, lease_s)
    _write_ledger(connection, plots, entries)
    fresh = {entry.plot_id: entry for entry in entries if entry.new or entry.revived}
    revived = sum(entry.revived for entry in fresh.values())
    tally(connection, {PlotState.PENDING: len(fresh), PlotState.IMPORTED: -revived})
    return [stored(plot, entry, entry.plot_id in claimed) for plot, entry in zip(plots, entries, strict=True)]


def _import(connection: Connection, plots: Sequence[NewPlot]) -> list[StoredPlot]:
    entries = enter_plots(connection, plots, PlotState.IMPORTED)
    fresh = {entry.plot_id for entry in entries if entry.new}
    tally(connection, {PlotState.IMPORTED: len(fresh)})
    return [stored(plot, entry, claimed=False) for plot, entry in zip(plots, entries, strict=True)]


def _write_ledger(connection: Connection, plots: Sequence[NewPlot], entries: Sequence[Entry]) -> None:
    arrivals = [(plot.source, entry) for plot, entry in zip(plots, entries, strict=True) if plot.source]
    enter(connection, [(stamp, {"plot_id": entry.plot_id}) for stamp, entry in arrivals])
    newest = max(plot.received_at for plot in plots)
    setting_aside.resolve(connection, {path_hash(stamp.path) for stamp, _ in arrivals}, newest)
