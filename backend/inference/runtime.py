"""Running models: images in, predictions out. OpenVINO itself is imported when the first model is loaded."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from backend.domain.errors import BundleError
from backend.domain.predictions import Prediction
from backend.inference import networks
from backend.inference.backbone_network import read_backbone_network
from backend.inference.backbones import BackboneShelf, Fetch
from backend.inference.bundles import Bundle
from backend.inference.compiled_cache import CompiledCache
from backend.inference.forms import Form
from backend.inference.heads import HeadModel, LoadedBackbone, read_head
from backend.inference.manifest import IR_BIN, IR_XML, EngineName, InputSpec, Manifest
from backend.inference.model import Model, check_batch
from backend.inference.openvino_quietly import openvino
from backend.inference.outputs import Outputs, interpret
from backend.inference.pace import Pace
from backend.inference.reference.model import ReferenceModel
from backend.inference.reference.supervisor import ReferenceEngine
from backend.inference.sizing import Sizing, sizing

Precision = Literal["auto", "f32", "bf16"]

log = logging.getLogger(__name__)


class LoadedModel:
    """A compiled model. `predict` may be called from any number of threads at once.

    `precision` is what it calculates in. A large network is compiled a second time, for several images at once, when
    as many are first handed over together.
    """

    def __init__(
        self, bundle: Bundle, single: Form, sizes: Sizing, compile_several: Callable[[], Form] | None = None
    ) -> None:
        self.manifest: Manifest = bundle.manifest
        self.digest = bundle.digest
        self.precision = single.precision
        self._single, self._several, self._sizes = single, single, sizes
        self._compile_several = compile_several
        self._lock = threading.Lock()
        self._pace = Pace()

    @property
    def runs_on(self) -> str:
        """Itself: its network is its own."""
        return self.digest

    @property
    def spec(self) -> InputSpec:
        """What `predict` wants to be given, see `backend.inference.preprocessing.prepare`."""
        return self.manifest.input

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the probabilities."""
        return self.manifest.labels

    @property
    def held_bytes(self) -> int:
        """About how much memory it holds, in each form it is compiled in."""
        several = 0 if self._several is self._single else self._sizes.held(self._several.batch)
        return self._sizes.held(1) + several

    @property
    def is_wide(self) -> bool:
        """Whether one call keeps all cores busy, so that a second one beside it would gain nothing."""
        return self._sizes.is_wide

    @property
    def runs_apart(self) -> bool:
        """No: in the calling thread."""
        return False

    def make_ready(self) -> None:
        """It is, once it is loaded."""

    def images_within(self, milliseconds: float) -> int:
        """How many images one call takes in that time, as fast as it was so far; 1 before the first, never less."""
        return self._pace.images_within(milliseconds)

    def predict(self, batch: NDArray[np.uint8]) -> list[Prediction]:
        """A prediction for each image of `batch`, uint8 (B, H, W, C), in the calling thread.

        ValueError for another shape, BundleError when the network does not give numbers.
        """
        check_batch(batch, self.spec)
        if not len(batch):
            return []
        start = time.perf_counter()
        predictions = [interpret(outputs, self.manifest, self.precision) for outputs in self._forward(batch)]
        share = (time.perf_counter() - start) * 1e3 / len(predictions)
        self._pace.note(share)
        return [replace(prediction, milliseconds=share) for prediction in predictions]

    def _forward(self, batch: NDArray[np.uint8]) -> Iterator[Outputs]:
        at = 0
        while at < len(batch):
            form = self._form(len(batch) - at)
            yield from form.run(batch[at : at + form.batch])
            at += form.batch

    def _form(self, left: int) -> Form:
        """For several images at once where so many are left and the network gains by it."""
        if left < self._sizes.several:
            return self._single
        with self._lock:
            if self._compile_several is not None:
                compile_several, self._compile_several = self._compile_several, None
                try:
                    self._several = compile_several()
                except BundleError as error:
                    log.warning("plots of %s are judged one at a time: %s", self.manifest.plot_type, error)
        return self._several


class Runtime:
    """Loads bundles for one device. `threads` images can be in work at once; thread-safe.

    `device` is OpenVINO's name ("CPU", "GPU", "NPU") or "AUTO"; compiled networks are kept in `cache_dir`. Precision
    "auto" takes bfloat16 for large networks where the processor calculates in it and float32 otherwise; predictions
    say which it was. Backbones that are neither on this machine nor shipped are had by `fetch`. What OpenVINO cannot
    run is given to `reference`.
    """

    def __init__(
        self,
        device: str,
        threads: int,
        cache_dir: Path,
        precision: Precision = "auto",
        fetch: Fetch | None = None,
        reference: ReferenceEngine | None = None,
    ) -> None:
        self._wanted, self._threads, self._precision = device, threads, precision
        self._reference = reference
        self._cache = CompiledCache(cache_dir / "compiled")
        self._shelf = BackboneShelf(cache_dir / "backbones", fetch)
        self._backbones: WeakValueDictionary[str, LoadedBackbone] = WeakValueDictionary()
        self._lock, self._turn, self._loading = threading.Lock(), threading.Lock(), threading.Lock()
        self._core: Any = None
        self._device = device

    def load(self, bundle: Bundle) -> Model:
        """The model of `bundle`, ready to run (blocking, in the calling thread). BundleError when it cannot run."""
        if bundle.manifest.runs_in is EngineName.REFERENCE:
            return self._apart(bundle)
        shared = bundle.manifest.backbone
        return self._network(bundle) if shared is None else self._head(bundle, shared)

    def backbone(self, digest: str) -> LoadedBackbone:
        """The backbone of that digest, one for all that ask as long as any of them uses it. BundleError."""
        with self._loading:
            found = self._backbones.get(digest)
            if found is None:
                backbone = self._shelf.get(digest)
                sizes = sizing(len(backbone.files[IR_BIN]), backbone.manifest.input, self._threads)
                compiled = self._compiled(digest, sizes, lambda core: read_backbone_network(core, backbone))
                found = self._backbones[digest] = LoadedBackbone(backbone, compiled)
            return found

    def _head(self, bundle: Bundle, shared: str) -> HeadModel:
        backbone = self.backbone(shared)
        return HeadModel(bundle, backbone, read_head(bundle, backbone.manifest))

    def _apart(self, bundle: Bundle) -> ReferenceModel:
        if self._reference is None:
            raise BundleError(
                f"The model of {bundle.manifest.plot_type} runs in the reference engine only, which there is none of "
                "here. Its plots are not judged; let another model judge them, or do it where hydra-gui[train] is."
            )
        self._reference.check_installed()
        return ReferenceModel(bundle, self._reference)

    def _network(self, bundle: Bundle) -> LoadedModel:
        xml, weights = bundle.read(IR_XML), bundle.read(IR_BIN)
        sizes = sizing(len(weights), bundle.manifest.input, self._threads)
        single = self._form(bundle, sizes, 1, (xml, weights))
        if sizes.several == 1:
            return LoadedModel(bundle, single, sizes)

        def compile_several() -> Form:
            return self._form(bundle, sizes, sizes.several, (bundle.read(IR_XML), bundle.read(IR_BIN)))

        return LoadedModel(bundle, single, sizes, compile_several)

    def _form(self, bundle: Bundle, sizes: Sizing, batch: int, files: tuple[bytes, bytes]) -> Form:
        def read(core: Any) -> Any:  # noqa: ANN401
            return networks.read_network(core, *files, bundle.manifest, batch)

        compiled = self._compiled(f"{bundle.digest} {batch}", sizes, read)
        return Form(compiled, bundle.manifest.outputs, batch, self._turn if sizes.is_wide else contextlib.nullcontext())

    def _compiled(self, name: str, sizes: Sizing, read: Callable[[Any], Any]) -> Any:  # noqa: ANN401
        """The network of that name, compiled: kept from another time, or made of what `read` gives."""
        core = self._opened()
        settings = networks.settings(self._device, self._threads, sizes.streams, self._precision_for(sizes))
        key = f"{name} {networks.fingerprint(core, self._device, settings)}"
        compiled = self._cached(core, key, settings)
        if compiled is None:
            compiled = networks.compile_network(core, read(core), self._device, settings)
            self._keep(key, compiled)
        return compiled

    def _precision_for(self, sizes: Sizing) -> Precision:
        """A small network gains two milliseconds by bfloat16; its confidence moves by up to 0.06 (docs/adr/0003)."""
        small = self._device == "CPU" and not sizes.is_wide
        return "f32" if self._precision == "auto" and small else self._precision

    def _opened(self) -> Any:  # noqa: ANN401
        with self._lock:
            if self._core is None:
                self._core = _core_with_plugin(self._wanted)
                self._device = networks.choose_device(self._core, self._wanted)
            return self._core

    def _cached(self, core: Any, key: str, settings: dict[str, Any]) -> Any | None:  # noqa: ANN401
        data = self._cache.get(key)
        return None if data is None else networks.import_compiled(core, data, self._device, settings)

    def _keep(self, key: str, compiled: Any) -> None:  # noqa: ANN401
        data = networks.export_compiled(compiled)
        if data is not None:
            self._cache.put(key, data)


def _core_with_plugin(device: str) -> Any:  # noqa: ANN401
    """OpenVINO with the plugin of `device` loaded, on a thread that ends with this call.

    The CPU plugin gives the thread that loads it an alternate stack for signals and frees that when it is unloaded,
    on whichever thread that happens: the first would then crash at its next signal. So it is no thread that lives on.
    """
    with ThreadPoolExecutor(1, "openvino-load") as pool:
        return pool.submit(_load_plugin, device).result()


def _load_plugin(device: str) -> Any:  # noqa: ANN401
    core = openvino().Core()
    for name in (*core.available_devices, "CPU") if device == networks.AUTO else (device,):
        with contextlib.suppress(RuntimeError):  # an unknown device is told when a network is compiled for it
            core.get_versions(name)
    return core
