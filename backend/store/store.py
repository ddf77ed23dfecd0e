"""The store: opens a database, brings or demands its schema, and hands out the repositories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backend.domain.errors import StoreUnavailableError
from backend.store import migrating, setting_aside
from backend.store.alerts import Alerts
from backend.store.archive import Archive
from backend.store.blobs.directory import DirectoryBlobs
from backend.store.blobs.in_database import DatabaseBlobs
from backend.store.blobs.protocol import BlobStore
from backend.store.blobs.sweeping import GUARD_S, sweep
from backend.store.catalogue import Classifications, PlotTypes, Runs
from backend.store.collecting import Collecting
from backend.store.connecting import PasswordSource, connect_twice, read_url
from backend.store.database import Database
from backend.store.dispatches import Dispatches
from backend.store.embeddings import Embeddings
from backend.store.foreign import Foreign
from backend.store.foreign_opinions import ForeignOpinions
from backend.store.gestures import Gestures
from backend.store.hall_alerts import HallAlerts
from backend.store.intake import Intake
from backend.store.label_bundle_file import is_label_bundle
from backend.store.labelling import Labelling
from backend.store.labels import Labels
from backend.store.live import Live
from backend.store.models import Models
from backend.store.news import News
from backend.store.retention import RetentionOfImages
from backend.store.said import Said
from backend.store.stations import Configuration, Stations
from backend.store.synthetic import Synthetic
from backend.store.tallies import tallied
from backend.store.thresholds import Thresholds
from backend.store.values import StoreCounts, StoreStatus, counts_of
from backend.store.verdicts import Verdicts
from backend.store.work import Work

_WITH_PATIENCE = {"read_timeout": 86_400, "write_timeout": 86_400}


class Store:
    """All that is kept. Its methods block, may be called from any thread, and raise StoreUnavailableError (try
    again) or StoreRefusedError (a person must act)."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        """Use `Store.open`."""
        self.database = database
        self.blobs = blobs
        self.plot_types = PlotTypes(database)
        self.classifications = Classifications(database)
        self.runs = Runs(database)
        self.intake = Intake(database, blobs)
        self.work = Work(database)
        self.verdicts = Verdicts(database)
        self.archive = Archive(database)
        self.alerts = Alerts(database)
        self.hall_alerts = HallAlerts(database)
        self.dispatches = Dispatches(database)
        self.live = Live(database)
        self.models = Models(database, blobs)
        self.thresholds = Thresholds(database)
        self.labels = Labels(database)
        self.labelling = Labelling(database)
        self.gestures = Gestures(database)
        self.collecting = Collecting(database, blobs)
        self.embeddings = Embeddings(database)
        self.said = Said(database)
        self.synthetic = Synthetic(database)
        self.stations = Stations(database)
        self.news = News(database)
        self.configuration = Configuration(database)
        self.foreign = Foreign(database, blobs)
        self.opinions = ForeignOpinions(database)
        self.retention = RetentionOfImages(database, blobs)

    @classmethod
    def open(
        cls,
        url: str,
        data_dir: Path,
        blobs: Path | None = None,
        *,
        password: PasswordSource | None = None,
        connect_args: Mapping[str, Any] | None = None,
        failover: Sequence[str] = (),
    ) -> Self:
        """Open a store.

        SQLite is created or migrated by itself, after a backup; a server with another schema revision is refused
        with the command that mends it. Images live in `blobs` if given, else in `data_dir`/blobs (SQLite) or in
        the database (server). `password` is asked at every connection (default: the variable
        HYDRA_STORE_PASSWORD); `connect_args` go to the driver, `{"ssl": ssl.SSLContext}` for TLS. `failover` are
        further addresses of the server, HOST:PORT, tried in order.
        """
        database = _database(url, password, connect_args, failover=failover)
        try:
            if database.embedded:
                migrating.upgrade(database)
            else:
                migrating.refuse_other(migrating.status(database))
            return cls(database, _blobs(database, data_dir, blobs))
        except BaseException:
            database.dispose()
            raise

    @staticmethod
    def upgrade(
        url: str, *, password: PasswordSource | None = None, connect_args: Mapping[str, Any] | None = None
    ) -> StoreStatus:
        """Bring a database's schema to this program's revision (`hydra-gui db upgrade`), however long that takes."""
        database = _database(url, password, _WITH_PATIENCE | dict(connect_args or {}))
        try:
            return migrating.upgrade(database)
        finally:
            database.dispose()

    @staticmethod
    def status(
        url: str,
        *,
        password: PasswordSource | None = None,
        connect_args: Mapping[str, Any] | None = None,
        failover: Sequence[str] = (),
    ) -> StoreStatus:
        """Compare a database's schema with this program's (`hydra-gui db status`); changes nothing."""
        database = _database(url, password, connect_args, create=False, failover=failover)
        try:
            return migrating.status(database)
        finally:
            database.dispose()

    def close(self) -> None:
        """Close connections and threads."""
        self.blobs.close()
        self.database.dispose()

    def __enter__(self) -> Self:
        """For `with Store.open(…) as store`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def counts(self) -> StoreCounts:
        """Plots by state and files set aside; does not depend on how many there are."""

        return self.database.read(lambda connection: counts_of(tallied(connection), setting_aside.counted(connection)))

    def sweep_blobs(self, guard_s: float = GUARD_S) -> int:
        """Remove blobs no row names, unless put within the last `guard_s` seconds; returns how many."""
        return sweep(self.database, self.blobs, guard_s)


def _database(
    url: str,
    password: PasswordSource | None,
    connect_args: Mapping[str, Any] | None,
    create: bool = True,
    failover: Sequence[str] = (),
) -> Database:
    parsed = read_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        _prepare_directory(Path(parsed.database), create)
    return Database(*connect_twice(parsed, password, connect_args, failover))


def _prepare_directory(file: Path, create: bool) -> None:
    if not create and not file.exists():
        raise StoreUnavailableError(f"There is no database {file} yet. It is made when the program first starts.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailableError(
            f"The directory of the database, {file.parent}, cannot be made ({error.strerror}). Nothing is stored: "
            f"choose another store.data_dir or mend its rights."
        ) from error


def _blobs(database: Database, data_dir: Path, chosen: Path | None) -> BlobStore:
    if chosen is not None:
        return DirectoryBlobs(chosen)
    if database.embedded and not database.read(is_label_bundle):
        return DirectoryBlobs(data_dir / "blobs")
    return DatabaseBlobs(database)
