"""The import: every part in turn, portion by portion, each portion with its progress in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from backend.domain.errors import PlotRejectedError
from backend.domain.foreign import ForeignPlot, Part, PartProgress, Portion, Refusal, RefusedRows
from backend.feed.images import ImageLimits
from backend.services.hydra import rows as reading
from backend.services.hydra.images import ImageFolder
from backend.services.hydra.rows import DoesNotFitError, Names
from backend.services.hydra.source import Fields, HydraSource, SourceTable
from backend.services.hydra.trial import Trial
from backend.services.labels import read_labelled
from backend.store import Store

NO_IMAGE = "there is no image of it in the folder"
BAD_IMAGE = "its image cannot be used (empty, damaged or too large)"
_PORTION = 2000
_PLOTS_PORTION = 256

T = TypeVar("T")
Take = Callable[[int, Portion, Sequence[T]], None]
Step = Callable[[Portion, Sequence[Fields]], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`images` is the folder of images; without it, plots and their labels wait for another time. `again` looks at
    every row once more."""

    images: Path | None = None
    again: bool = False
    limits: ImageLimits = field(default_factory=ImageLimits)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What there is and what became of it. `waiting` are parts that need a folder of images; `absent` are not there."""

    source: str
    parts: tuple[PartProgress, ...]
    refused: tuple[RefusedRows, ...]
    waiting: tuple[Part, ...] = ()
    absent: tuple[Part, ...] = ()


def import_hydra(
    source: HydraSource,
    store: Store | None,
    options: ImportOptions,
    on_progress: Callable[[Part, int, int], None] = lambda *_: None,
) -> ImportReport:
    """Bring everything there is; `on_progress` hears of a part, its rows so far and all of them.

    `store` is None for a dry run. Killed at any moment it may be begun again, and goes on where it was. Raises the
    store's errors, of either database, and ImagesError.
    """
    folder = ImageFolder(options.images) if options.images else None
    with ThreadPoolExecutor(thread_name_prefix="hydra-images") as pool:
        return _Importer(source, store, options, folder, pool, on_progress).run()


class _Importer:
    """One run of an import."""

    def __init__(
        self,
        source: HydraSource,
        store: Store | None,
        options: ImportOptions,
        folder: ImageFolder | None,
        pool: ThreadPoolExecutor,
        on_progress: Callable[[Part, int, int], None],
    ) -> None:
        self._source, self._options, self._folder, self._tell = source, options, folder, on_progress
        self._pool, self._read_images = pool, False
        self._target = Trial() if store is None else store.foreign
        self._names = Names()
        self._number = 0

    def run(self) -> ImportReport:
        """All parts."""
        tables = self._source.tables()
        self._number = self._target.source(self._source.name)
        if self._options.again:
            self._target.begin_again(self._number)
        self._remember_names(tables)
        steps = self._steps(tables)
        waiting = [part for part in (Part.PLOTS, Part.LABELS) if part in tables and self._folder is None]
        for part in Part:
            if part in tables and part not in waiting:
                self._bring(part, tables[part], steps[part])
        progress = self._target.progress(self._number)
        return ImportReport(
            self._source.name,
            tuple(progress[part] for part in Part if part in tables),
            tuple(self._target.refused(self._number)),
            tuple(waiting),
            tuple(part for part in Part if part not in tables),
        )

    def _remember_names(self, tables: dict[Part, SourceTable]) -> None:
        """What numbers stand for, also where the rows were brought by an earlier run."""
        for row in self._source.all_rows(tables[Part.PLOT_TYPES]):
            _fits(partial(reading.read_plot_type, names=self._names), row)
        for row in self._source.all_rows(tables[Part.CLASSIFICATIONS]):
            _fits(partial(reading.read_classification, names=self._names), row)

    def _steps(self, tables: dict[Part, SourceTable]) -> dict[Part, Step]:
        """How each part is read and where it goes."""
        names, to = self._names, self._target
        time = next(iter(tables[Part.LABELS].times), None) if Part.LABELS in tables else None
        return {
            Part.PLOT_TYPES: self._step(partial(reading.read_plot_type, names=names), to.plot_types),
            Part.CLASSIFICATIONS: self._step(partial(reading.read_classification, names=names), to.classifications),
            Part.VALID: self._step(partial(reading.read_valid, names=names), to.valid),
            Part.THRESHOLDS: self._step(partial(reading.read_threshold, names=names), to.thresholds),
            Part.PLOTS: self._step(self._read_plot, to.plots),
            Part.LABELS: self._step(partial(reading.read_label, names=names, time_column=time), to.labels),
            Part.LABEL_HISTORY: self._step(reading.read_record, to.records),
            Part.VERDICTS: self._step(partial(reading.read_verdict, names=names), to.verdicts),
        }

    def _bring(self, part: Part, table: SourceTable, step: Step) -> None:
        self._read_images = part is Part.PLOTS
        progress = self._target.progress(self._number)[part]
        after, read = progress.last_id, progress.read
        self._tell(part, read, table.rows)
        while rows := self._source.rows(table, after, _PLOTS_PORTION if part is Part.PLOTS else _PORTION):
            last_id = int(rows[-1]["ID"])
            step(Portion(part, after, last_id, len(rows)), rows)
            after, read = last_id, read + len(rows)
            self._tell(part, read, max(read, table.rows))

    def _step(self, read: Callable[[Fields], T], take: Take[T]) -> Step:
        def step(portion: Portion, rows: Sequence[Fields]) -> None:
            outcomes = list(self._map(partial(_fits, read), rows))
            refusals = tuple(outcome for outcome in outcomes if isinstance(outcome, Refusal))
            items = [outcome for outcome in outcomes if not isinstance(outcome, Refusal)]
            take(self._number, replace(portion, refusals=refusals), items)

        return step

    def _map(self, read: Callable[[Fields], T], rows: Sequence[Fields]) -> Iterator[T]:
        """Images are read and decoded by several threads; other rows are quicker without."""
        return self._pool.map(read, rows) if self._read_images else map(read, rows)

    def _read_plot(self, row: Fields) -> ForeignPlot:
        identity = reading.read_identity(row, self._names)
        path = self._folder.find(identity) if self._folder else None
        if path is None:
            raise DoesNotFitError(NO_IMAGE)
        try:
            plot = read_labelled(path, identity, self._options.limits)
        except (PlotRejectedError, OSError, ValueError) as error:
            raise DoesNotFitError(BAD_IMAGE) from error
        return ForeignPlot(int(row["ID"]), plot, *reading.training_marks(row))


def _fits(read: Callable[[Fields], T], row: Fields) -> T | Refusal:
    try:
        return read(row)
    except DoesNotFitError as error:
        return Refusal(int(row["ID"]), str(error))
