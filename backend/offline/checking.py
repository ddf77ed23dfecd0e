"""Looking through a label bundle before it is used: whole, unchanged, of which hall, of a schema this program has."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DatabaseError

from backend.domain.errors import HydraError, LabelBundleError
from backend.domain.label_bundles import BundleManifest, BundleState
from backend.offline import contents
from backend.offline.files import BROKEN, damage, look_at_header, raw_bundle
from backend.offline.reading import read_history
from backend.offline.schema import known, schema_at, schema_of
from backend.store import migrating
from backend.store.connecting import connect, read_url
from backend.store.database import Database

_IMAGES = ("blobs", "blob_chunks")
"""Not looked through here, as that reads the whole file: every image is compared with its digest when it is read."""


def check_bundle(path: Path) -> BundleState:
    """Look through a bundle; one of an older version is brought up to date. LabelBundleError says what is wrong."""
    look_at_header(path)
    notes = _bring_up_to_date(path)
    try:
        with raw_bundle(path) as engine, engine.begin() as connection:
            return _look_through(path, connection, notes)
    except BROKEN as error:
        raise damage(path, error) from error


def bundle_url(path: Path) -> str:
    """The address under which a store is opened in a bundle."""
    return URL.create("sqlite", database=str(path.absolute())).render_as_string()


def _look_through(path: Path, connection: Connection, notes: tuple[str, ...]) -> BundleState:
    _refuse_damage(path, connection)
    manifest = manifest_in(connection)
    if contents.plots_digest(connection) != manifest.plots_digest or not _same_classes(connection, manifest):
        raise LabelBundleError(
            f"Plots, guesses or classes in {path} were edited since the bundle was made. It is not used, as its "
            f"labels could mean something else. Nothing was changed. Have another one made in the hall."
        )
    history = read_history(connection)
    if history.refused:
        raise LabelBundleError(
            f"The label history in {path} was edited or is damaged: {history.refused[0]}. Nothing was changed. What "
            f"can be read is saved with `hydra-gui bundle apply --salvage`."
        )
    return BundleState(manifest, sum(event.number > manifest.last_event for event in history.events), notes)


def _refuse_damage(path: Path, connection: Connection) -> None:
    """Every table but those of images, page by page."""
    tables = sorted(name for kind, name, *_ in schema_of(connection) if kind == "table" and name not in _IMAGES)
    for name in tables:
        for row in connection.exec_driver_sql(f"PRAGMA quick_check('{name}')"):
            if row[0] != "ok":
                raise damage(path, ValueError(f"{name}: {row[0]}"))
        if connection.exec_driver_sql(f"PRAGMA foreign_key_check('{name}')").first() is not None:
            raise damage(path, ValueError(f"{name} names rows that do not exist"))


def _same_classes(connection: Connection, manifest: BundleManifest) -> bool:
    return contents.classes_digest(connection, manifest.last_class)[0] == manifest.classes_digest


def manifest_in(connection: Connection) -> BundleManifest:
    """What the bundle says it is; LabelBundleError where that was changed."""
    rows = connection.exec_driver_sql("SELECT ticket, digest, manifest FROM label_bundles").all()
    if len(rows) != 1 or not isinstance(rows[0][2], str):
        raise LabelBundleError(f"The label bundle does not say what it is. {contents.ANOTHER}")
    _, digest, text = rows[0]
    if not isinstance(digest, bytes) or digest.hex() != contents.digest_of(text):
        raise LabelBundleError(f"What the label bundle says of itself was changed. {contents.ANOTHER}")
    return contents.read_manifest(text)


def _bring_up_to_date(path: Path) -> tuple[str, ...]:
    """Refuse a schema that this program does not know; make one of before into its own, after a copy."""
    try:
        with raw_bundle(path) as engine, engine.begin() as connection:
            revision = migrating.read_revision(connection)
            _refuse_schema(path, revision, connection)
    except BROKEN as error:
        raise damage(path, error) from error
    if revision == migrating.EXPECTED:
        return ()
    return (_upgrade(path, revision),)


def _refuse_schema(path: Path, revision: str | None, connection: Connection) -> None:
    if revision is None or revision not in known():
        raise LabelBundleError(
            f"{path} has schema {revision or 'none'}, which this program ({migrating.EXPECTED}) does not know: it was "
            f"made by a newer version. Nothing was changed. Install that version here, or open it where it was made."
        )
    if schema_of(connection) != schema_at(revision):
        raise LabelBundleError(
            f"The tables in {path} are not those of a label bundle: something was added or changed. It is not used, as "
            f"a file can bring commands along. {contents.ANOTHER}"
        )


def _upgrade(path: Path, revision: str | None) -> str:
    database = Database(connect(read_url(bundle_url(path))))
    try:
        migrating.upgrade(database)
    except (HydraError, DatabaseError) as error:
        raise LabelBundleError(
            f"{path} has schema {revision} and could not be brought to {migrating.EXPECTED} ({error}). A copy as it "
            f"was lies beside it."
        ) from error
    finally:
        database.dispose()
    return f"The bundle was of an older version ({revision}) and is now {migrating.EXPECTED}; a copy lies beside it."
