"""Bringing a made-up database of Hydra into a store, and looking at what came."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Table, func, select

from backend.access.opening import Access
from backend.domain.foreign import Part
from backend.services.hydra.importing import ImportOptions, ImportReport, import_hydra
from backend.services.hydra.source import HydraSource
from backend.store import Store
from tests.fakes.hydra_database import HydraDatabase
from tests.mariadb import PASSWORD

PLOTS, LABELS, VERDICTS = 240, 500, 2500


def bring(
    made: HydraDatabase,
    store: Store | None,
    folder: Path | None = None,
    again: bool = False,
    zone: str = "UTC",
    on_progress: Callable[[Part, int, int], None] = lambda *_: None,
) -> ImportReport:
    source = HydraSource(Access(made.url, lambda: PASSWORD, {}), ZoneInfo(zone))
    try:
        return import_hydra(source, store, ImportOptions(folder, again), on_progress)
    finally:
        source.close()


def counted(store: Store, table: Table) -> int:
    return store.database.read(lambda connection: connection.scalar(select(func.count()).select_from(table)))


def taken(report: ImportReport) -> dict[Part, int]:
    return {part.part: part.taken for part in report.parts}


EVERYTHING = {
    Part.PLOT_TYPES: 6,
    Part.CLASSIFICATIONS: 5,
    Part.VALID: 30,
    Part.THRESHOLDS: 30,
    Part.PLOTS: PLOTS,
    Part.LABELS: LABELS,
    Part.LABEL_HISTORY: 10,
    Part.VERDICTS: VERDICTS,
}
