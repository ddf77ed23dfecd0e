"""The parts of a running engine, built once the store is open."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from backend.config import InferenceSection, Settings
from backend.domain.beam import Beam
from backend.domain.classifications import Classification
from backend.domain.errors import WorkerUnavailableError
from backend.domain.intake import JudgedPlot
from backend.domain.plots import Plot
from backend.domain.stations import StationRole
from backend.engine.alert_keeper import AlertKeeper
from backend.engine.exact_maps import ExactMaps
from backend.engine.presence import Stations
from backend.events import Event
from backend.feed.images import ImageLimits
from backend.inference.models import ModelCache
from backend.inference.reference.supervisor import ReferenceEngine, WorkerLimits
from backend.inference.reference.worker import WorkerSettings
from backend.inference.runtime import Runtime
from backend.pipeline.claim import Claimer
from backend.pipeline.classify import BatchLimits, Classifier
from backend.pipeline.executors import Executors
from backend.pipeline.hall_state import HallState
from backend.pipeline.intake import Lease
from backend.pipeline.items import ClassifyItem
from backend.pipeline.models import ModelsInForce
from backend.pipeline.previews import PreviewCache
from backend.pipeline.reader import Reader
from backend.pipeline.record import Recorder
from backend.pipeline.sharing import Share
from backend.pipeline.store_link import StoreLink
from backend.pipeline.timings import Timings
from backend.pipeline.work import Beat, WorkKeeper
from backend.store import Store
from backend.training.reference_network import open_network

REFERENCE_LOG = "reference-engine.log"

QUEUE_LENGTH = 64
"""Plots between two stages: enough to keep both busy, few enough that memory and latency stay bounded."""


def new_owner(station: str) -> str:
    """The name in which this life of a station leases work."""
    return f"{station}/{uuid.uuid4()}"


@dataclass(slots=True, eq=False)
class Context:
    """What the stages share."""

    settings: Settings
    store: Store
    executors: Executors
    link: StoreLink
    read_link: StoreLink
    pulse: StoreLink
    beat: StoreLink
    stations: Stations
    previews: PreviewCache
    publish: Callable[[Event], None]
    beam: Callable[[], Beam]
    hall: HallState = field(default_factory=HallState)
    timings: Timings = field(default_factory=Timings)
    classifications: dict[str, Classification] = field(default_factory=dict)
    classify_queue: asyncio.Queue[ClassifyItem] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    record_queue: asyncio.Queue[JudgedPlot] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))

    @property
    def role(self) -> StationRole:
        """What this station does."""
        return self.stations.role


@dataclass(slots=True, eq=False)
class Parts:
    """The stages, ready to run."""

    context: Context
    lease: Lease
    share: Share
    models: ModelsInForce
    reference: ReferenceEngine
    reader: Reader
    classifier: Classifier
    recorder: Recorder
    claimer: Claimer
    keeper: WorkKeeper
    exact_maps: ExactMaps
    alerts: AlertKeeper


def build(context: Context) -> Parts:
    """Wire the stages by constructor; nothing runs yet."""
    settings, store, link = context.settings, context.store, context.link
    lease = Lease(new_owner(context.stations.name), settings.station.lease_s)
    share = _share(context)
    reference = reference_engine(settings.inference)
    cache = _model_cache(settings, store, reference)
    models = ModelsInForce(store, cache)
    reader = Reader(store, models, context.previews, image_limits(settings), context.role.judges)
    stations = context.stations
    beat = Beat(context.beat, lambda: stations.name, lambda: stations.enter_again(store), context.role.judges)
    keeper = WorkKeeper(store, link, beat, lease, context.publish)
    classifier = _classifier(context, _failed(models, keeper))
    alerts = AlertKeeper(store, link, context.read_link, context.beam, context.publish)
    recorder = Recorder(
        store,
        link,
        context.hall,
        lease.owner,
        context.record_queue,
        lambda: classifier.at_work,
        context.publish,
        alerts.wake,
    )
    executors, queue = context.executors, context.classify_queue
    claimer = Claimer(
        store, link, context.pulse, reader, executors, lease, share, queue, keeper.failed, classifier.has_room
    )
    exact_maps = ExactMaps(store, cache, reader, reference)
    return Parts(
        context, lease, share, models, reference, reader, classifier, recorder, claimer, keeper, exact_maps, alerts
    )


def _failed(models: ModelsInForce, keeper: WorkKeeper) -> Callable[[Plot, Exception], None]:
    """Plots of a model that cannot run now wait for it, and the status says why."""

    def failed(plot: Plot, error: Exception) -> None:
        model = models.of(plot.identity.plot_type)
        if isinstance(error, WorkerUnavailableError) and model is not None:
            models.give_up_on(model, error)
        keeper.failed(plot, error)

    return failed


def _share(context: Context) -> Share:
    stations, hall = context.stations, context.hall
    return Share(
        context.classify_queue,
        context.timings,
        context.executors.cpu_threads,
        lambda: stations.other_engines,
        lambda: hall.alarming,
        stations.role.judges,
    )


def image_limits(settings: Settings) -> ImageLimits:
    """The bounds of [input] on one image."""
    return ImageLimits(max_bytes=settings.input.max_bytes, max_pixels=settings.input.max_pixels)


def reference_engine(inference: InferenceSection) -> ReferenceEngine:
    """The reference engine the configuration describes; its worker is started when somebody needs it."""
    settings = WorkerSettings(inference.cache_dir / REFERENCE_LOG, threads=inference.effective_threads)
    limits = WorkerLimits(memory_bytes=inference.worker_memory_mb << 20, idle_s=inference.worker_idle_s)
    return ReferenceEngine(open_network, settings, limits)


def _model_cache(settings: Settings, store: Store, reference: ReferenceEngine) -> ModelCache:
    inference, fetch = settings.inference, store.models.bundle
    runtime = Runtime(
        inference.device, inference.effective_threads, inference.cache_dir, fetch=fetch, reference=reference
    )
    return ModelCache(runtime, inference.cache_dir / "bundles")


def _classifier(context: Context, failed: Callable[[Plot, Exception], None]) -> Classifier:
    return Classifier(
        context.executors,
        BatchLimits(context.settings.inference.batch, context.settings.inference.latency_ms),
        context.timings,
        context.classify_queue,
        context.record_queue,
        lambda: context.classifications,
        context.beam,
        failed,
    )
