"""Checks of the database and of the models in it."""

from __future__ import annotations

from collections.abc import Iterator

from backend.access.opening import open_store
from backend.config import Settings
from backend.domain.errors import BundleError, StoreRefusedError, StoreUnavailableError, WorkerUnavailableError
from backend.domain.predictions import ModelInForce
from backend.inference.models import ModelCache
from backend.services.database import schema
from backend.services.doctor.findings import Finding, failed, ok, warning
from backend.services.model_choice import reference_of, runtime_of
from backend.store import Store


def check_database_and_models(settings: Settings) -> Iterator[Finding]:
    """Whether the database answers with the right schema, and every model in force can be loaded."""
    section = settings.store
    try:
        status = schema(section)
    except StoreUnavailableError as error:
        yield failed("database", str(error), "Start the server, check the URL and the network.")
        return
    except StoreRefusedError as error:
        yield failed("database", str(error), "Correct [store] url or the permissions of its user.")
        return
    if status is None:
        yield ok("database", f"{section.effective_url} is made at the first start")
        return
    if not status.current:
        detail = f"{status.url} has schema {status.revision}, this program needs {status.expected}"
        yield failed("database", detail, "The administrator runs: hydra-gui db upgrade")
        return
    yield from _open(settings)


def _open(settings: Settings) -> Iterator[Finding]:
    section, store = settings.store, open_store(settings.store)
    try:
        counts = store.counts()
        yield ok("database", f"{section.effective_url}: {counts.plots} plots, {counts.judged} judged")
        if counts.quarantined:
            remedy = "Look at the reasons on the Live screen and correct the sender."
            yield warning("quarantine", f"{counts.quarantined} files were set aside", remedy)
        yield from _models(settings, store)
    finally:
        store.close()


def _models(settings: Settings, store: Store) -> Iterator[Finding]:
    in_force = store.models.in_force()
    if not in_force:
        remedy = "Import labels and train: hydra-gui labels import FILE; hydra-gui train PLOT_TYPE --activate"
        yield warning("models", "none is in force; plots are taken in but not judged", remedy)
        return
    section = settings.inference
    with reference_of(section) as reference:
        cache = ModelCache(runtime_of(section, store.models.bundle, reference), section.cache_dir / "bundles")
        broken = [finding for model in _different(in_force) if (finding := _load(store, cache, model)) is not None]
    yield from broken
    if not broken:
        yield ok(
            "models", f"{len(_different(in_force))} in force for {len(in_force)} plot types, all loaded and verified"
        )


def _different(in_force: dict[str, ModelInForce]) -> list[ModelInForce]:
    return list({model.digest: model for model in in_force.values()}.values())


def _load(store: Store, cache: ModelCache, model: ModelInForce) -> Finding | None:
    try:
        cache.get(model.digest, lambda: store.models.bundle(model.digest)).make_ready()
    except (BundleError, WorkerUnavailableError) as error:
        return failed(
            "models", f"model {model.model_id}: {error}", "Activate another one: hydra-gui models activate ID"
        )
    return None
