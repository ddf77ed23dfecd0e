"""Loaded models by digest: each is fetched, verified and compiled once, and the least used are let go."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from backend.domain.errors import BundleError
from backend.inference.bundles import Bundle, reopen_bundle, unpack
from backend.inference.manifest import ADVICE
from backend.inference.model import Model
from backend.inference.pruning import keep_newest
from backend.inference.runtime import Runtime

_ON_DISK_BYTES = 8 * 2**30


class ModelCache:
    """The models in memory, at most `max_models` and `max_bytes` of memory; unpacked bundles lie in `directory`.

    Thread-safe. A model that was let go works on for whoever still holds it.
    """

    def __init__(self, runtime: Runtime, directory: Path, *, max_models: int = 512, max_bytes: int = 4 * 2**30) -> None:
        self._runtime, self._directory = runtime, directory
        self._max_models, self._max_bytes = max_models, max_bytes
        self._lock = threading.Lock()
        self._models: OrderedDict[str, Future[Model]] = OrderedDict()

    def get(self, digest: str, fetch_zip: Callable[[], bytes]) -> Model:
        """The model whose packed bundle has that SHA-256, loaded in the calling thread unless another already does.

        `fetch_zip` is called only where the bundle is not on this machine; its errors go through to everybody who
        waits. BundleError when the bundle is damaged or cannot run. The next call tries again.
        """
        with self._lock:
            future = self._models.get(digest)
            if mine := future is None:
                future = self._models[digest] = Future()
            self._models.move_to_end(digest)
        if mine:
            self._load(digest, fetch_zip, future)
        return future.result()

    def folder(self, digest: str) -> Path:
        """Where the bundle lies once it was asked for; nothing is looked at."""
        return self._directory / digest

    def is_ready(self, digest: str) -> bool:
        """Whether `get` would return at once."""
        with self._lock:
            future = self._models.get(digest)
        return future is not None and future.done() and future.exception() is None

    def _load(self, digest: str, fetch_zip: Callable[[], bytes], future: Future[Model]) -> None:
        try:
            model = self._runtime.load(self.bundle(digest, fetch_zip))
        except BaseException as error:
            with self._lock:
                del self._models[digest]
            future.set_exception(error)
            return
        future.set_result(model)
        self._let_go()

    def bundle(self, digest: str, fetch_zip: Callable[[], bytes]) -> Bundle:
        """The bundle itself, on this machine and verified. BundleError, and what `fetch_zip` raises."""
        path = self._directory / digest
        try:
            bundle = reopen_bundle(path, digest)
            os.utime(path)
        except (BundleError, OSError):
            pass  # not here, or damaged here: unpack puts a sound one in its place
        else:
            return bundle
        data = fetch_zip()
        if (found := hashlib.sha256(data).hexdigest()) != digest:
            raise BundleError(f"The stored bundle should be {digest[:12]}…, its bytes are {found[:12]}…. {ADVICE}")
        bundle = unpack(data, self._directory)
        keep_newest(self._directory, _ON_DISK_BYTES)
        return bundle

    def _let_go(self) -> None:
        with self._lock:
            ready = [(digest, future.result()) for digest, future in self._models.items() if future.done()]
            total = sum(model.held_bytes for _, model in ready)
            while len(ready) > 1 and (len(ready) > self._max_models or total > self._max_bytes):
                digest, model = ready.pop(0)
                total -= model.held_bytes
                del self._models[digest]
