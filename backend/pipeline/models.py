"""Which model judges which plot type now, loaded and ready."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping

from backend.domain.errors import BundleError, WorkerUnavailableError
from backend.domain.predictions import ModelInForce
from backend.inference.model import Model
from backend.inference.models import ModelCache
from backend.store import Store

log = logging.getLogger(__name__)


class ModelsInForce:
    """The activations of the store, refreshed from time to time. Loading happens in the calling worker thread.

    Where another model is activated, the one before judges on until the new one is loaded, so that no plot waits for
    the change; one plot is judged by one of the two.
    """

    def __init__(self, store: Store, cache: ModelCache) -> None:
        self._store = store
        self._cache = cache
        self._by_type: dict[str, ModelInForce] = {}
        self._activated: dict[str, ModelInForce] = {}
        self._broken: dict[str, str] = {}

    def refresh(self) -> dict[str, ModelInForce]:
        """Read the activations (blocking); returns those that are new or changed. `warm_up` completes the change."""
        return self.take(self._store.models.in_force())

    def take(self, now: Mapping[str, ModelInForce]) -> dict[str, ModelInForce]:
        """The same where they have been read."""
        changed = {name: model for name, model in now.items() if self._activated.get(name) != model}
        self._by_type = {name: self._next(name, model) for name, model in now.items()}
        self._activated = dict(now)
        return changed

    def _next(self, plot_type: str, model: ModelInForce) -> ModelInForce:
        """`model`, or the one before while that is ready and this one is not."""
        before = self._by_type.get(plot_type, model)
        if before.digest == model.digest or self._cache.is_ready(model.digest):
            return model
        return before if self._cache.is_ready(before.digest) else model

    def of(self, plot_type: str) -> ModelInForce | None:
        """The model of a plot type, None where there is none."""
        return self._by_type.get(plot_type)

    @property
    def count(self) -> int:
        """Different models in force."""
        return len({model.digest for model in self._by_type.values()})

    @property
    def broken(self) -> dict[str, str]:
        """Why models in force cannot be loaded, by digest."""
        return dict(self._broken)

    def load(self, model: ModelInForce) -> Model:
        """The model, ready to run (blocking: fetches and compiles it the first time). BundleError when damaged,
        WorkerUnavailableError where it needs a reference engine and there is none."""
        try:
            loaded = self._cache.get(model.digest, lambda: self._store.models.bundle(model.digest))
        except (BundleError, WorkerUnavailableError) as error:
            if model.digest not in self._broken:
                log.error("model %d cannot be loaded: %s", model.model_id, error)
            self.give_up_on(model, error)
            raise
        self._broken.pop(model.digest, None)
        return loaded

    def give_up_on(self, model: ModelInForce, error: Exception) -> None:
        """It cannot judge for now; its plots wait until `warm_up` has tried it again."""
        self._broken[model.digest] = f"model {model.model_id}: {error}"

    def warm_up(self) -> None:
        """Load every model in force (blocking), so that no plot waits for it; those that fail are noted anew.

        From then on they judge: plots of one that fails wait for another to be activated.
        """
        self._broken.clear()
        activated = dict(self._activated)
        for model in {model.digest: model for model in activated.values()}.values():
            self._make_ready(model)
        self._by_type = activated

    def _make_ready(self, model: ModelInForce) -> None:
        with contextlib.suppress(BundleError, WorkerUnavailableError):
            loaded = self.load(model)
            try:
                loaded.make_ready()
            except (BundleError, WorkerUnavailableError) as error:
                log.error("model %d cannot be made ready: %s", model.model_id, error)
                self.give_up_on(model, error)
