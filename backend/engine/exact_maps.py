"""Exact heat maps on demand: for models without the closed form, and for inner layers of any."""

from __future__ import annotations

import time

from backend.domain.errors import BundleError, WorkerUnavailableError
from backend.domain.hall import ExactMap, MapOffer, MapRequest
from backend.inference.heat_maps import drawn
from backend.inference.manifest import KERAS_NAME, Manifest, parse_manifest
from backend.inference.map_layers import map_layers
from backend.inference.models import ModelCache
from backend.inference.preprocessing import prepare
from backend.inference.reference.supervisor import ReferenceEngine
from backend.pipeline.reader import Reader
from backend.store import ModelInfo, Store


class ExactMaps:
    """Everything here is blocking; `offer` takes milliseconds, `compute` seconds."""

    def __init__(self, store: Store, cache: ModelCache, reader: Reader, reference: ReferenceEngine) -> None:
        self._store, self._cache, self._reader, self._reference = store, cache, reader, reference
        self._offers: dict[int, MapOffer] = {}

    def offer(self, model_id: int) -> MapOffer:
        """What may be asked of this model. Remembered: models never change."""
        found = self._offers.get(model_id)
        if found is None or not (found.layers or found.refused):  # the bundle may have come since
            found = self._offers[model_id] = self._offered(self._store.models.get(model_id))
        return found

    def compute(self, request: MapRequest) -> ExactMap:
        """The map. BundleError, WorkerUnavailableError, and what reading the plot raises."""
        began = time.monotonic()
        info = self._store.models.get(request.model_id)
        if request.classification not in info.labels:
            raise BundleError(f"{info.title} does not know {request.classification}. Choose one of its classes.")
        bundle = self._cache.bundle(info.digest, lambda: self._store.models.bundle(info.digest))
        image = prepare(self._reader.image(request.plot), bundle.manifest.input)
        label = info.labels.index(request.classification)
        explained = self._reference.explain(bundle, image, label, request.layer)
        return ExactMap(request, drawn(explained.evidence), explained.layer, time.monotonic() - began)

    def _offered(self, info: ModelInfo) -> MapOffer:
        try:
            refused = _refusal(parse_manifest(info.manifest_json))
            self._reference.check_installed()
        except BundleError as error:
            return MapOffer(refused=str(error))
        except WorkerUnavailableError:
            return MapOffer(refused="TensorFlow, which computes them, is not installed on this station.")
        return MapOffer(refused=refused) if refused else MapOffer(map_layers(self._cache.folder(info.digest)))


def _refusal(manifest: Manifest) -> str:
    if manifest.backbone is not None:
        return "This model shares its network with others, which comes without what they are computed from."
    if KERAS_NAME not in manifest.files:
        return "This model came without its Keras network, from which they are computed."
    return ""
