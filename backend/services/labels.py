"""Labels into the store: images with what people said of them, from a CSV file.

Importing is a stream of batches, each committed by itself: memory stays flat, an interruption keeps what was
done, and importing the same file again adds nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath

from backend.domain.errors import PlotRejectedError
from backend.domain.intake import NewPlot
from backend.domain.labels import LabelledPlot, NewLabel
from backend.domain.plots import Plot, PlotIdentity
from backend.feed.images import ImageLimits, check_size, decode
from backend.feed.naming import identify
from backend.services.batches import in_batches
from backend.services.label_files import LabelRow, RejectedRow, read_rows
from backend.store import Store

BATCH = 64
HOW = "import"


@dataclass(slots=True)
class LabelImport:
    """What an import did. `superseded` rows were imported before and changed by a person since: left alone."""

    labelled: int = 0
    unchanged: int = 0
    superseded: int = 0
    new_plots: int = 0
    by_label: Counter[str] = field(default_factory=Counter)
    rejected: list[RejectedRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows looked at so far."""
        return self.labelled + self.unchanged + self.superseded + len(self.rejected)


def import_labels(
    store: Store,
    file: Path,
    *,
    who: str,
    root: Path | None = None,
    limits: ImageLimits | None = None,
    runs: Callable[[int], bool] = lambda _: True,
    on_progress: Callable[[LabelImport], None] = lambda _: None,
) -> LabelImport:
    """Import a label file; paths are relative to `root`, or to the file's own folder.

    Rows that cannot be used are reported and the others go on. `runs` chooses run numbers. Labels nobody
    described yet become classifications. Raises LabelFileError and the store's errors.
    """
    importer = _Importer(store, f"from {file.name}", who, root or file.parent, limits or ImageLimits())
    with ThreadPoolExecutor(thread_name_prefix="hydra-labels") as pool:
        for rows in in_batches(_chosen(read_rows(file), runs), BATCH):
            importer.take(rows, pool)
            on_progress(importer.done)
    return importer.done


def _chosen(rows: Iterable[LabelRow | RejectedRow], runs: Callable[[int], bool]) -> Iterator[LabelRow | RejectedRow]:
    return (row for row in rows if isinstance(row, RejectedRow) or runs(row.identity.run))


class _Importer:
    """The state of one import: what is done, and what the store knew before."""

    def __init__(self, store: Store, source: str, who: str, root: Path, limits: ImageLimits) -> None:
        self._store, self._source, self._who = store, source, who
        self._root, self._limits = root, limits
        self._latest: dict[str, dict[int, LabelledPlot]] = {}
        self._ensured: set[tuple[str, str]] = set()
        self.done = LabelImport()

    def take(self, rows: Sequence[LabelRow | RejectedRow], pool: ThreadPoolExecutor) -> None:
        """Read, store and label one batch."""
        read = list(pool.map(self._read, rows))
        self.done.rejected += [item for item in read if isinstance(item, RejectedRow)]
        usable = [item for item in read if not isinstance(item, RejectedRow)]
        if not usable:
            return
        for row, _ in usable:
            self._prepare(row)
        stored = self._store.intake.import_plots([plot for _, plot in usable])
        self.done.new_plots += sum(item.new for item in stored)
        self._label([(row, item.plot) for (row, _), item in zip(usable, stored, strict=True)])

    def _read(self, row: LabelRow | RejectedRow) -> tuple[LabelRow, NewPlot] | RejectedRow:
        if isinstance(row, RejectedRow):
            return row
        try:
            return row, read_labelled(self._root / row.path, with_run_period(row, self._root), self._limits)
        except PlotRejectedError as error:
            return RejectedRow(row.line, row.path, f"{error.reason}: {error}")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return RejectedRow(row.line, row.path, reason)

    def _prepare(self, row: LabelRow) -> None:
        plot_type = row.identity.plot_type
        if plot_type not in self._latest:
            self._store.plot_types.ensure(plot_type)
            self._latest[plot_type] = {item.plot.plot_id: item for item in self._store.labels.latest(plot_type)}
        if (plot_type, row.label) not in self._ensured:
            self._store.classifications.ensure([row.label], plot_type)
            self._ensured.add((plot_type, row.label))

    def _label(self, rows: Sequence[tuple[LabelRow, Plot]]) -> None:
        new: dict[int, NewLabel] = {}
        for row, plot in rows:
            if plot.plot_id in new:
                self.done.rejected.append(RejectedRow(row.line, row.path, "the same plot stands twice in the file"))
            elif self._wanted(row, plot):
                new[plot.plot_id] = NewLabel(plot.plot_id, row.label, self._who, HOW, self._source)
        self._store.labels.add_many(list(new.values()))
        self.done.labelled += len(new)
        self.done.by_label.update(label.classification for label in new.values())

    def _wanted(self, row: LabelRow, plot: Plot) -> bool:
        """False, and counted, where this row has nothing to add."""
        latest = self._latest[row.identity.plot_type].get(plot.plot_id)
        if latest is None:
            return True
        if latest.label == row.label:
            self.done.unchanged += 1
            return False
        mine = [entry for entry in self._store.labels.history(plot.plot_id) if entry.comment == self._source]
        if mine and mine[-1].after == row.label:
            self.done.superseded += 1
            return False
        return True


def read_labelled(path: Path, identity: PlotIdentity, limits: ImageLimits) -> NewPlot:
    """A checked image whose identity is given. Raises PlotRejectedError where it is no image, OSError unread."""
    status = path.stat()
    check_size(status.st_size, limits)
    data = path.read_bytes()
    height, width = decode(data, path.suffix, limits).shape[:2]
    now = datetime.now(UTC)
    taken = min(datetime.fromtimestamp(status.st_mtime, UTC), now)
    return NewPlot(identity, data, hashlib.sha256(data).hexdigest(), width, height, taken, now)


def with_run_period(row: LabelRow, root: Path) -> PlotIdentity:
    """The row's identity with the run period that its path tells, if it tells one."""
    try:
        return replace(row.identity, run_period=identify(PurePath(row.path), above=root).run_period)
    except PlotRejectedError:
        return row.identity
