"""Bringing a bundle's labels home: each entry of its history once, whatever order, repetition or interruption."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from backend.domain.errors import LabelBundleError
from backend.domain.label_bundles import Applied, BundleManifest
from backend.offline import contents
from backend.offline.checking import check_bundle, manifest_in
from backend.offline.copying import portions
from backend.offline.files import BROKEN, damage, raw_bundle
from backend.offline.identity import identity_of
from backend.offline.merging import Merged, Portion, merge
from backend.offline.reading import EventRow, History, PlotKey, read_history
from backend.store import Store
from backend.store.tables import label_bundles, plot_types, plots, runs

_PORTION = 400
_TOLD = 20

OnProgress = Callable[[int, int], bool]
"""Hears how many entries of how many are in the hall; False ends the bringing, and what is there stays."""


def apply_bundle(
    store: Store, path: Path, *, salvage: bool = False, on_progress: OnProgress = lambda done, of: True
) -> Applied:
    """Bring all labels of a bundle into the store it was made from. May be interrupted and repeated at any time.

    `salvage` takes what can be read of a bundle that is damaged or was changed, for plots that are found again by
    image, run, plot type and chunk. LabelBundleError where it is not used; StoreRefusedError where this account may
    not label.
    """
    manifest, history = _read(path, salvage)
    refused = list(history.refused)
    if not salvage:
        _refuse_foreign(store, path, manifest)
    events = [event for event in history.events if manifest is None or event.number > manifest.last_event]
    places = _find(store, {event.plot for event in events})
    if missing := [event for event in events if event.plot not in places]:
        refused.append(f"{len(missing)} labels are of plots that this hall does not have")
    mine = [(event, places[event.plot]) for event in events if event.plot in places]
    merged = _merge_all(store, mine, history, places, manifest, on_progress)
    people = tuple(sorted({event.who for event, _ in mine}))
    return Applied(len(events), merged.written, merged.known, merged.disagreements, _told(refused), people)


def _read(path: Path, salvage: bool) -> tuple[BundleManifest | None, History]:
    if not salvage:
        check_bundle(path)
    try:
        with raw_bundle(path) as engine, engine.begin() as connection:
            return _manifest(connection, salvage), read_history(connection, salvage=salvage)
    except BROKEN as error:
        raise damage(path, error) from error


def _manifest(connection: Connection, salvage: bool) -> BundleManifest | None:
    try:
        return manifest_in(connection)
    except (LabelBundleError, *BROKEN):
        if salvage:
            return None
        raise


def _refuse_foreign(store: Store, path: Path, manifest: BundleManifest | None) -> None:
    assert manifest is not None  # noqa: S101 - only a salvage does without
    if manifest.hall != identity_of(store):
        raise LabelBundleError(
            f"{path} was made from another hall's database ({manifest.experiment}), so its labels do not belong here. "
            f"Nothing was changed. Name the right database with --store."
        )
    issued = store.database.read(
        lambda connection: connection.scalar(
            select(label_bundles.c.digest).where(label_bundles.c.ticket == manifest.key)
        )
    )
    if issued != contents.digest_of(contents.write_manifest(manifest)):
        raise LabelBundleError(
            f"{path} says it was made here, but this database {'made another' if issued else 'does not know it'}: it "
            f"was edited, or the database is older than the bundle. Nothing was changed. If you trust the file, bring "
            f"its labels with --salvage."
        )


def _find(store: Store, keys: Iterable[PlotKey]) -> dict[PlotKey, int]:
    """Where the plots of a bundle are in this store."""
    wanted = set(keys)
    digests = sorted({key.sha256 for key in wanted})
    found: dict[PlotKey, int] = {}
    for portion in portions(digests):
        found |= store.database.read(lambda connection, some=portion: _look_up(connection, some, wanted))  # type: ignore[misc]
    return found


def _look_up(connection: Connection, digests: Sequence[str], wanted: set[PlotKey]) -> dict[PlotKey, int]:
    source = plots.join(runs, runs.c.id == plots.c.run_id).join(plot_types, plot_types.c.id == plots.c.plot_type_id)
    columns = (plots.c.sha256, runs.c.number, runs.c.period, plot_types.c.name, plots.c.chunk, plots.c.id)
    rows = connection.execute(select(*columns).select_from(source).where(plots.c.sha256.in_(digests)))
    return {key: row.id for row in rows if (key := PlotKey(*row[:5])) in wanted}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the bundle knows of each plot, by its number in the hall."""

    tickets: dict[int, set[uuid.UUID]]
    base: dict[int, str | None]


def _known(history: History, places: dict[PlotKey, int], last_event: int) -> _Known:
    tickets: defaultdict[int, set[uuid.UUID]] = defaultdict(set)
    base: dict[int, str | None] = {}
    for event in history.events:
        if event.plot in places:
            tickets[places[event.plot]].add(event.ticket)
            if event.number <= last_event:
                base[places[event.plot]] = event.label
    return _Known(tickets, base)


def _merge_all(
    store: Store,
    events: Sequence[tuple[EventRow, int]],
    history: History,
    places: dict[PlotKey, int],
    manifest: BundleManifest | None,
    on_progress: OnProgress,
) -> Merged:
    known = _known(history, places, manifest.last_event if manifest else 0)
    total, done = Merged(), 0
    for start in range(0, len(events), _PORTION):
        some = events[start : start + _PORTION]
        portion = Portion(some, history.gestures, known.tickets, known.base)
        merged = store.database.write(lambda connection, portion=portion: merge(connection, portion))  # type: ignore[misc]
        total.written += merged.written
        total.known += merged.known
        total.disagreements += merged.disagreements
        done += len(some)
        if not on_progress(done, len(events)):
            break
    return total


def _told(refused: Sequence[str]) -> tuple[str, ...]:
    more = len(refused) - _TOLD
    return (*refused[:_TOLD], *((f"and {more} more",) if more > 0 else ()))
