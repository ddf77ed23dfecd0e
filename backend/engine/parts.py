"""The parts of a running engine, built once the store is open."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from backend.config import Settings
from backend.domain.beam import Beam
from backend.domain.classifications import Classification
from backend.domain.intake import JudgedPlot
from backend.engine.alert_keeper import AlertKeeper
from backend.events import Event
from backend.feed.images import ImageLimits
from backend.inference.models import ModelCache
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
from backend.pipeline.store_link import StoreLink
from backend.pipeline.timings import Timings
from backend.pipeline.work import WorkKeeper
from backend.store import Store

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
    previews: PreviewCache
    publish: Callable[[Event], None]
    beam: Callable[[], Beam]
    read_link: StoreLink
    hall: HallState = field(default_factory=HallState)
    timings: Timings = field(default_factory=Timings)
    classifications: dict[str, Classification] = field(default_factory=dict)
    classify_queue: asyncio.Queue[ClassifyItem] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    record_queue: asyncio.Queue[JudgedPlot] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))


@dataclass(slots=True, eq=False)
class Parts:
    """The stages, ready to run."""

    context: Context
    lease: Lease
    models: ModelsInForce
    reader: Reader
    classifier: Classifier
    recorder: Recorder
    claimer: Claimer
    keeper: WorkKeeper
    alerts: AlertKeeper


def build(context: Context) -> Parts:
    """Wire the stages by constructor; nothing runs yet."""
    settings, store, link = context.settings, context.store, context.link
    lease = Lease(new_owner(settings.station.name), settings.station.lease_s)
    models = ModelsInForce(store, _model_cache(settings, store))
    reader = Reader(store, models, context.previews, image_limits(settings))
    keeper = WorkKeeper(store, link, lease, context.publish)
    classifier = _classifier(context, keeper)
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
    claimer = Claimer(store, link, reader, context.executors, lease, context.classify_queue, keeper.failed)
    return Parts(context, lease, models, reader, classifier, recorder, claimer, keeper, alerts)


def image_limits(settings: Settings) -> ImageLimits:
    """The bounds of [input] on one image."""
    return ImageLimits(max_bytes=settings.input.max_bytes, max_pixels=settings.input.max_pixels)


def _model_cache(settings: Settings, store: Store) -> ModelCache:
    inference, fetch = settings.inference, store.models.bundle
    runtime = Runtime(inference.device, inference.effective_threads, inference.cache_dir, fetch=fetch)
    return ModelCache(runtime, inference.cache_dir / "bundles")


def _classifier(context: Context, keeper: WorkKeeper) -> Classifier:
    return Classifier(
        context.executors,
        BatchLimits(context.settings.inference.batch, context.settings.inference.latency_ms),
        context.timings,
        context.classify_queue,
        context.record_queue,
        lambda: context.classifications,
        context.beam,
        keeper.failed,
    )
