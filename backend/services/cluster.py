"""A Dask cluster as a workforce: `dask://scheduler:8786`. Needs the extra `cluster`, here and on the workers.

The model goes to every worker once, as a plugin: also to those that come or come back while a campaign runs. It is
loaded when the first plot arrives. Encryption and certificates are Dask's own configuration.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from distributed import Client, KilledWorker, Worker, WorkerPlugin, get_worker

from backend.domain.errors import ClusterUnavailableError
from backend.feed.images import ImageLimits
from backend.inference.model import Model
from backend.inference.models import ModelCache
from backend.inference.runtime import Runtime
from backend.services.workforce import Answer, Looker

SCHEME = "dask://"
CONNECT_S = 15.0
WORKERS_S = 60.0
"""Workers may just be starting, or starting again."""


class ModelOnWorker(WorkerPlugin):  # type: ignore[misc]
    """Holds a packed bundle on a worker, and the loaded model once somebody asked for it."""

    def __init__(self, digest: str, zip_bytes: bytes, device: str, limits: ImageLimits) -> None:
        self.name = f"hydra-gui model {digest} {uuid.uuid4()}"  # another campaign's end must not take it away
        self._digest, self._zip_bytes, self._device, self._limits = digest, zip_bytes, device, limits

    def setup(self, worker: Worker) -> None:
        """Called on the worker when it joins or when the campaign begins."""
        place = Path(worker.local_directory) / "hydra-gui"
        self._cache = ModelCache(Runtime(self._device, worker.state.nthreads, place), place / "bundles", max_models=1)
        self.look = Looker(self._load, self._limits)

    def _load(self) -> Model:
        return self._cache.get(self._digest, lambda: self._zip_bytes)


def look_on_worker(name: str, images: Sequence[bytes]) -> list[Answer]:
    """Runs on a worker."""
    plugin: ModelOnWorker = get_worker().plugins[name]
    return plugin.look(images)


@dataclass(frozen=True, slots=True, eq=False)
class ClusterWorkforce:
    """The workers of a cluster."""

    width: int
    name: str
    executor: Executor

    def submit(self, images: Sequence[bytes]) -> Future[list[Answer]]:
        """On whichever worker the scheduler chooses; again on another where one dies, as often as Dask allows."""
        return self.executor.submit(look_on_worker, self.name, images)

    def died(self, error: BaseException) -> bool:
        """Whether Dask gave up on it."""
        return isinstance(error, KilledWorker)


@contextmanager
def cluster_workforce(
    address: str, digest: str, zip_bytes: bytes, device: str, limits: ImageLimits
) -> Iterator[ClusterWorkforce]:
    """The cluster behind `address`. ClusterUnavailableError where it does not answer or has no worker that can."""
    with _connected(address) as client:
        plugin = ModelOnWorker(digest, zip_bytes, device, limits)
        try:
            client.register_plugin(plugin)
        except Exception as error:  # whatever goes wrong on a worker is raised here
            raise ClusterUnavailableError(
                f"A worker of {address} cannot take the model ({type(error).__name__}: {error}). Nothing was judged; "
                "the workers need the same version of hydra-gui as this machine, with the extra cluster."
            ) from error
        executor = client.get_executor(pure=False)
        try:
            yield ClusterWorkforce(max(1, sum(client.nthreads().values())), plugin.name, executor)
        finally:
            _leave(client, executor, plugin.name)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    protocol = "tls" if dask.config.get("distributed.comm.require-encryption") else "tcp"
    try:
        client = Client(f"{protocol}://{address.removeprefix(SCHEME)}", timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:
        raise ClusterUnavailableError(
            f"No Dask scheduler answers at {address} ({error}). Nothing was judged; check the address and the network, "
            "or judge on this machine with --executor threads."
        ) from error
    try:
        _wait_for_workers(client, address)
        yield client
    finally:
        client.close()


def _wait_for_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError as error:
        raise ClusterUnavailableError(
            f"The cluster at {address} has no workers. Nothing was judged; start some, and begin again."
        ) from error


def _leave(client: Client, executor: Any, name: str) -> None:  # noqa: ANN401 - has no types
    """Drop what is queued and let the workers forget the model; a cluster that is gone has forgotten it already."""
    if client.status == "running":
        executor.shutdown(wait=False)
        client.unregister_worker_plugin(name)
