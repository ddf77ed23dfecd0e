"""Reprocessing: one model judges every stored plot of its type, and what it says is kept beside what counted then.

A campaign may end at any moment and be begun again: what is recorded is not done again. Nothing on the Live screen
changes, and no verdict of a campaign alarms.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field

from backend.config import InferenceSection
from backend.domain.beam import UNKNOWN_BEAM
from backend.domain.classifications import Classification, default_classification
from backend.domain.errors import BlobError, BundleError, ClusterUnavailableError, WorkerUnavailableError
from backend.domain.intake import JudgedPlot
from backend.domain.plots import Plot
from backend.domain.predictions import ModelInForce
from backend.domain.verdicts import judge, reprocessed
from backend.feed.images import ImageLimits
from backend.inference.models import ModelCache
from backend.services.batches import in_batches
from backend.services.model_choice import reference_of, runtime_of
from backend.services.workforce import Answer, Looker, Workforce, local_workforce
from backend.store import ModelInfo, Store

THREADS = "threads"
_AHEAD = 2
"""Batches per worker thread that are on their way: one in work, one waiting, so that nobody runs dry."""

_READ_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Skipped:
    """A plot that was not judged, and why."""

    plot_id: int
    reason: str


@dataclass(slots=True)
class Campaign:
    """How far it is. `before` plots had this model's verdict already when it began, `total` had not."""

    model_id: int
    plot_type: str
    total: int
    before: int = 0
    judged: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Images per second."""
        return self.judged / self.seconds if self.seconds else 0.0


@contextmanager
def workforce_for(
    executor: str, store: Store, info: ModelInfo, section: InferenceSection, limits: ImageLimits
) -> Iterator[Workforce]:
    """The workforce that `executor` names, with the model: "threads" or "dask://host:port"."""
    if executor == THREADS:
        threads = section.threads or os.cpu_count() or 1
        with reference_of(section) as reference:
            runtime = runtime_of(section, store.models.bundle, reference)
            cache = ModelCache(runtime, section.cache_dir / "bundles")
            look = Looker(lambda: cache.get(info.digest, lambda: store.models.bundle(info.digest)), limits)
            look.load().make_ready()
            with local_workforce(look, threads) as local:
                yield local
        return
    with _cluster(executor, store, info, section, limits) as remote:
        yield remote


class Reprocessing:
    """One campaign. `run` blocks and is called once; `on_progress` is called in its thread after every step.

    What `run` raises, a KeyboardInterrupt among them, loses nothing that was recorded.
    """

    def __init__(
        self,
        store: Store,
        info: ModelInfo,
        workforce: Workforce,
        batch: int = 16,
        on_progress: Callable[[Campaign], None] = lambda _: None,
    ) -> None:
        self._store, self._info, self._workforce, self._batch = store, info, workforce, batch
        self._on_progress = on_progress
        self._model = ModelInForce(info.model_id, info.digest, info.labels, info.thresholds)
        self._known = _known(store, info)
        self._campaign = Campaign(info.model_id, info.plot_type, 0)
        self._pending: dict[Future[list[Answer]], list[Plot]] = {}
        self._suspects: list[Plot] = []
        self._trying = False
        self._began = 0.0

    def run(self) -> Campaign:
        """Judge all that this model has not judged. ClusterUnavailableError, StoreUnavailableError, BundleError."""
        self._began = time.monotonic()
        waiting, self._campaign.before = self._store.archive.without_verdict(self._info.model_id)
        self._campaign.total = len(waiting)
        self._tell()
        for plots in in_batches(self._plots(waiting), self._batch):
            self._submit(plots)
            while len(self._pending) >= _AHEAD * self._workforce.width:
                self._gather()
        while self._pending:
            self._gather()
        self._try_suspects()
        return self._campaign

    def _plots(self, waiting: list[int]) -> Iterator[Plot]:
        for numbers in in_batches(waiting, _READ_AT_ONCE):
            yield from self._store.archive.plots(numbers)

    def _submit(self, plots: list[Plot]) -> None:
        """Send the images of those plots that have one."""
        found = [(plot, image) for plot in plots if (image := self._image(plot)) is not None]
        if found:
            future = self._workforce.submit([image for _, image in found])
            self._pending[future] = [plot for plot, _ in found]

    def _image(self, plot: Plot) -> bytes | None:
        try:
            return self._store.blobs.get(plot.sha256)
        except BlobError as error:
            self._skip(plot, str(error))
            return None

    def _gather(self) -> None:
        """Wait until something is ready, and record it."""
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        outcomes = [item for future in done for item in self._outcomes(future, self._pending.pop(future))]
        recorded = self._store.archive.record(outcomes)
        self._campaign.judged += len(recorded)
        self._campaign.verdicts.update(
            item.verdict.classification for item in outcomes if item.verdict and item.plot.plot_id in recorded
        )
        self._tell()

    def _outcomes(self, future: Future[list[Answer]], plots: list[Plot]) -> list[JudgedPlot]:
        try:
            answers = future.result()
        except CancelledError as error:
            raise ClusterUnavailableError(
                f"The cluster has gone. {self._campaign.judged} plots were judged and are recorded; begin again when "
                "it is back, and the rest is done."
            ) from error
        except (BundleError, WorkerUnavailableError):
            raise
        except Exception as error:
            self._blame(plots, error)
            return []
        return [found for plot, answer in zip(plots, answers, strict=True) if (found := self._outcome(plot, answer))]

    def _outcome(self, plot: Plot, answer: Answer) -> JudgedPlot | None:
        if isinstance(answer, str):
            self._skip(plot, answer)
            return None
        verdict = judge(answer.probabilities, self._model, self._known, UNKNOWN_BEAM)
        return JudgedPlot(plot, self._model, answer, reprocessed(verdict))

    def _blame(self, plots: list[Plot], error: Exception) -> None:
        """One of them is to blame, or none: which, shows when each is tried with nobody else at work."""
        if not self._trying:
            self._suspects += plots
            return
        died = "Every worker that was given this plot died; look at their logs and at the plot."
        for plot in plots:
            self._skip(plot, died if self._workforce.died(error) else f"{type(error).__name__}: {error}")

    def _try_suspects(self) -> None:
        self._trying = True
        for plot in self._suspects:
            self._submit([plot])
            while self._pending:
                self._gather()

    def _skip(self, plot: Plot, reason: str) -> None:
        self._campaign.skipped.append(Skipped(plot.plot_id, reason))

    def _tell(self) -> None:
        self._campaign.seconds = time.monotonic() - self._began
        self._on_progress(self._campaign)


def _known(store: Store, info: ModelInfo) -> Mapping[str, Classification]:
    registered = {item.name: item for item in store.classifications.all()}
    return {label: registered.get(label) or default_classification(label) for label in info.labels}


@contextmanager
def _cluster(
    address: str, store: Store, info: ModelInfo, section: InferenceSection, limits: ImageLimits
) -> Iterator[Workforce]:
    try:
        from backend.services.cluster import cluster_workforce
    except ModuleNotFoundError as error:
        raise ClusterUnavailableError(
            f"A cluster needs {error.name}, which is not installed. Nothing was judged. Install it with: "
            "pip install 'hydra-gui[cluster]', or judge on this machine with --executor threads."
        ) from error
    zip_bytes = store.models.bundle(info.digest)
    with cluster_workforce(address, info.digest, zip_bytes, section.device, limits) as workforce:
        yield workforce
