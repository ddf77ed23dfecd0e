"""Which model judges a file: the one in force for its plot type, a registered one, or a bundle on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Protocol

from backend.config import InferenceSection
from backend.domain.predictions import ModelInForce
from backend.engine.parts import reference_engine
from backend.feed.naming import identify
from backend.inference.backbones import Fetch
from backend.inference.bundles import Bundle
from backend.inference.model import Model
from backend.inference.models import ModelCache
from backend.inference.reference.supervisor import ReferenceEngine
from backend.inference.runtime import Runtime
from backend.services.bundles import opened_bundle
from backend.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class JudgingModel:
    """A model ready to judge. `bundle` gives all of it, for who wants to look deeper (blocking)."""

    in_force: ModelInForce
    loaded: Model
    bundle: Callable[[], Bundle] | None = None


class ModelChoice(Protocol):
    """Says which model judges a file."""

    def plot_type(self, path: PurePath) -> str:
        """The plot type of a file; PlotRejectedError where its name tells none."""

    def model(self, plot_type: str) -> JudgingModel | None:
        """The model for a plot type, None where there is none; BundleError where it is damaged."""


class OneModel:
    """One model for every file, whatever it is called."""

    def __init__(self, plot_type: str, model: JudgingModel) -> None:
        self._plot_type, self._model = plot_type, model

    @classmethod
    def from_bundle(cls, bundle: Bundle, runtime: Runtime) -> OneModel:
        """A bundle that need not be in any store; its own thresholds hold."""
        loaded = runtime.load(bundle)
        manifest = bundle.manifest
        thresholds = tuple(manifest.thresholds[label] for label in manifest.labels)
        in_force = ModelInForce(0, "", tuple(manifest.labels), thresholds)
        return cls(manifest.plot_type, JudgingModel(in_force, loaded, lambda: bundle))

    def plot_type(self, path: PurePath) -> str:
        """The plot type the model was trained for."""
        return self._plot_type

    def model(self, plot_type: str) -> JudgingModel | None:
        """Always the same."""
        return self._model


class ModelsOfStore:
    """The model in force for the plot type that a file's name tells. Not loaded before it is needed."""

    def __init__(self, store: Store, cache: ModelCache) -> None:
        self._store, self._cache = store, cache
        self._in_force = store.models.in_force()

    def plot_type(self, path: PurePath) -> str:
        """As the name tells."""
        return identify(path).plot_type

    def model(self, plot_type: str) -> JudgingModel | None:
        """The model in force."""
        model = self._in_force.get(plot_type)
        if model is None:
            return None
        return _judging(self._store, self._cache, model)


def _judging(store: Store, cache: ModelCache, model: ModelInForce) -> JudgingModel:
    def fetch() -> bytes:
        return store.models.bundle(model.digest)

    return JudgingModel(model, cache.get(model.digest, fetch), lambda: cache.bundle(model.digest, fetch))


@contextmanager
def reference_of(section: InferenceSection) -> Iterator[ReferenceEngine]:
    """The reference engine the configuration describes, ended afterwards; nothing is started before it is needed."""
    engine = reference_engine(section.without_window)
    try:
        yield engine
    finally:
        engine.close()


def runtime_of(
    section: InferenceSection, fetch: Fetch | None = None, reference: ReferenceEngine | None = None
) -> Runtime:
    """The runtime the configuration describes; every core is ours, as there is no window to be kept alive.

    `fetch` is where backbones are had that are not on this machine; `reference` runs what OpenVINO cannot.
    """
    threads = section.without_window.threads
    return Runtime(section.device, threads, section.cache_dir, fetch=fetch, reference=reference)


@contextmanager
def bundle_of_file(
    path: Path, section: InferenceSection, reference: ReferenceEngine | None = None
) -> Iterator[ModelChoice]:
    """A bundle on disk, a folder or a zip, with the caller's reference engine or its own.

    BundleError where it is damaged or none.
    """
    with opened_bundle(path) as bundle, nullcontext(reference) if reference else reference_of(section) as engine:
        yield OneModel.from_bundle(bundle, runtime_of(section, reference=engine))


def choose_from_store(
    store: Store, section: InferenceSection, model_id: int | None, reference: ReferenceEngine | None = None
) -> ModelChoice:
    """The models in force, or one registered model for every file. UnknownNameError where there is no such model.

    Without a `reference` engine, models that need one cannot judge.
    """
    cache = ModelCache(runtime_of(section, store.models.bundle, reference), section.cache_dir / "bundles")
    if model_id is None:
        return ModelsOfStore(store, cache)
    info = store.models.get(model_id)
    in_force = ModelInForce(info.model_id, info.digest, info.labels, info.thresholds)
    return OneModel(info.plot_type, _judging(store, cache, in_force))
