"""Making a label bundle: a store in one file, with images, guesses, palette and labels, and a manifest.

The file gets its name when it is complete and on the disk; what is interrupted leaves nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Connection, insert, select

from backend.domain.errors import BlobError, LabelBundleError
from backend.domain.label_bundles import SUFFIX, BundleMade, BundleManifest, BundleRequest
from backend.domain.labelling import PlotQuery
from backend.offline import contents, copying
from backend.offline.files import raw_bundle, settle
from backend.offline.identity import identity_of
from backend.offline.schema import empty_store
from backend.store import Store, migrating
from backend.store.blobs.in_database import chunk_rows
from backend.store.database import now
from backend.store.label_bundle_file import is_label_bundle
from backend.store.tables import blob_chunks, blobs, label_bundles, plots

_READERS, _IMAGES = 4, 64

OnProgress = Callable[[int, int], bool]
"""Hears how many images of how many are in the bundle; False ends the making."""


def make_bundle(
    store: Store,
    path: Path,
    request: BundleRequest,
    *,
    who: str,
    experiment: str,
    program: str = "",
    on_progress: OnProgress = lambda done, of: True,
) -> BundleMade:
    """Write the bundle to `path`. LabelBundleError where it cannot be made; UnknownNameError for plot types."""
    target, part = _place(store, path)
    plot_ids = _choose(store, request)
    try:
        part.write_bytes(empty_store())
        with raw_bundle(part, new=True) as engine, engine.begin() as bundle:
            made = _fill(store, bundle, plot_ids, on_progress)
            manifest = _manifest(store, bundle, request, who, experiment, program)
            text = contents.write_manifest(manifest)
            row = {"ticket": manifest.key, "who": who, "at": manifest.made_at}
            row |= {"digest": contents.digest_of(text), "manifest": text}
            bundle.execute(insert(label_bundles).values(row))
        settle(part)
        store.database.write(lambda connection: _note(connection, row))
        part.replace(target)
        settle(target.parent)
    except OSError as error:
        raise LabelBundleError(f"{target} cannot be written ({error.strerror}). Choose another place.") from error
    finally:
        part.unlink(missing_ok=True)
    return BundleMade(manifest, target.stat().st_size, len(plot_ids) - made)


def _place(store: Store, path: Path) -> tuple[Path, Path]:
    if store.database.read(is_label_bundle):
        raise LabelBundleError("This is a label bundle itself. Bundles are made from the store of the hall.")
    target = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
    if target.exists():
        raise LabelBundleError(f"{target} exists already and may hold labels. Choose another name, or move it away.")
    if not target.parent.is_dir():
        raise LabelBundleError(f"There is no folder {target.parent}. Make it, or choose another place.")
    return target, target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")


def _choose(store: Store, request: BundleRequest) -> list[int]:
    found: list[int] = []
    for name in request.plot_types:
        query = PlotQuery(name, request.order, request.scope, request.label, request.labeller, request.runs)
        listed = store.labelling.listing(query).plot_ids
        found += listed[: request.limit] if request.limit else listed
    if not found:
        raise LabelBundleError("No plot matches what was chosen, so there is nothing to take along. Choose more.")
    return sorted(found)


def _fill(store: Store, bundle: Connection, plot_ids: Sequence[int], on_progress: OnProgress) -> int:
    """Returns how many plots are in it: those whose image the store still has whole."""
    whole = _copy_images(store, bundle, plot_ids, on_progress)
    if not whole:
        raise LabelBundleError("The store has no image of these plots any more, so there is nothing to label.")

    def copy(source: Connection) -> None:
        copying.copy_plots(source, bundle, whole)

    names = sorted(_names(store, whole))
    store.database.read(lambda source: copying.copy_catalogue(source, bundle, names))
    store.database.read(copy)
    return len(whole)


def _names(store: Store, plot_ids: Sequence[int]) -> set[str]:
    found: set[str] = set()
    for portion in copying.portions(plot_ids):
        found |= {item.plot.identity.plot_type for item in store.labelling.items(portion)}
    return found


def _copy_images(store: Store, bundle: Connection, plot_ids: Sequence[int], on_progress: OnProgress) -> list[int]:
    whole: list[int] = []
    there: set[str] = set()
    with ThreadPoolExecutor(_READERS, thread_name_prefix="label-bundle") as readers:
        for portion in copying.portions(plot_ids, _IMAGES):
            names = _digests(store, portion)
            wanted = sorted(set(names.values()) - there)
            for name, data in zip(wanted, readers.map(lambda one: _image(store, one), wanted), strict=True):
                if data is not None:
                    _put(bundle, name, data)
                    there.add(name)
            whole += [number for number in portion if names.get(number) in there]
            if not on_progress(len(whole), len(plot_ids)):
                raise LabelBundleError("The label bundle was not made, as you wished. Nothing is left of it.")
    return whole


def _digests(store: Store, plot_ids: Sequence[int]) -> dict[int, str]:
    query = select(plots.c.id, plots.c.sha256).where(plots.c.id.in_(plot_ids))
    return dict(store.database.read(lambda connection: connection.execute(query).all()))


def _image(store: Store, name: str) -> bytes | None:
    try:
        return store.blobs.get(name)
    except BlobError:
        return None


def _put(bundle: Connection, name: str, data: bytes) -> None:
    bundle.execute(insert(blobs).values(sha256=name, size=len(data), touched_at=now()))
    bundle.execute(insert(blob_chunks), chunk_rows(name, data))


def _manifest(
    store: Store, bundle: Connection, request: BundleRequest, who: str, experiment: str, program: str
) -> BundleManifest:
    classes, last_class = contents.classes_digest(bundle)
    return BundleManifest(
        key=uuid.uuid4(),
        hall=identity_of(store),
        experiment=experiment,
        made_by=who,
        made_at=now(),
        program=program,
        schema=migrating.EXPECTED,
        plot_types=request.plot_types,
        plots=copying.count_plots(bundle),
        chosen=_words(request),
        last_event=contents.last_event(bundle),
        last_class=last_class,
        plots_digest=contents.plots_digest(bundle),
        classes_digest=classes,
    )


def _words(request: BundleRequest) -> str:
    """What was asked for, as a person reads it."""
    words = [f"{request.scope} plots", f"order {request.order}"]
    words += [f"labelled {request.label}"] if request.label else []
    words += [f"by {request.labeller}"] if request.labeller else []
    words += [f"runs {','.join(f'{first}-{last}' for first, last in request.runs)}"] if request.runs else []
    words += [f"{request.limit} of each type at most"] if request.limit else []
    return ", ".join(words)


def _note(connection: Connection, row: dict[str, object]) -> None:
    """The hall keeps what it handed out; once, however often this is tried."""
    if connection.scalar(select(label_bundles.c.id).where(label_bundles.c.ticket == row["ticket"])) is None:
        connection.execute(insert(label_bundles).values(row))
