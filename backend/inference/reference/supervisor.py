"""The supervisor: owns the worker process, starts it when needed and again when it dies, bounds its memory.

A request on which the worker died is asked again, so that nothing is lost. Which plot is to blame shows when each is
looked at alone: one on which the worker crashes twice is condemned. A worker that is killed from outside says little of
the plot it looked at (the system ends processes when memory runs out), so that counts less; and before a plot is
condemned, a grey image must not end the worker as well.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.domain.errors import BundleError, PlotKillsWorkerError, WorkerUnavailableError
from backend.inference.bundles import Bundle
from backend.inference.manifest import KERAS_NAME
from backend.inference.outputs import Outputs
from backend.inference.reference.process import WorkerDiedError, WorkerProcess
from backend.inference.reference.wire import Answer, Close, Explain, Explained, Look, Looked, Message, Open, Refused
from backend.inference.reference.worker import Opener, WorkerSettings

log = logging.getLogger(__name__)

MOST_IMAGES = 8
"""Images that are handed over together: more gain nothing and hold up whoever waits for a heat map."""

_ENOUGH, _CRASH, _KILLED = 6, 3, 1
"""A plot is condemned at six points: two crashes, or six times killed from outside, while it was alone."""

_STARTS = 3
_CONDEMNED = 4096
_GREY = 128
_SEND_S = 30.0

T = TypeVar("T", bound=Answer)


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """Bounds: `memory_bytes` it may hold between two requests, `idle_s` seconds it lives on without any, seconds for
    opening a network and for an answer, and how many networks it holds."""

    memory_bytes: int = 4 * 2**30
    idle_s: float = 600.0
    open_s: float = 300.0
    answer_s: float = 120.0
    networks: int = 3


class ReferenceEngine:
    """Looks at images with networks in one worker process, which it starts at the first request.

    Any thread may ask; they take turns. `close` ends it; whoever waits then gets a WorkerUnavailableError.
    """

    def __init__(self, opener: Opener, settings: WorkerSettings, limits: WorkerLimits | None = None) -> None:
        self._opener, self._settings, self._limits = opener, settings, limits or WorkerLimits()
        self._turn = threading.Lock()
        self._process: WorkerProcess | None = None
        self._open: OrderedDict[str, None] = OrderedDict()
        self._condemned: OrderedDict[bytes, str] = OrderedDict()
        self._closing = threading.Event()
        self._watch: threading.Thread | None = None
        self._used_at = 0.0
        self._open_before_end: tuple[str, ...] = ()
        self.starts = 0

    # -- what it is asked ----------------------------------------------------

    def check_installed(self) -> None:
        """WorkerUnavailableError where the library that the worker needs is not installed; nothing is imported."""
        if importlib.util.find_spec(self._settings.needs) is None:
            raise WorkerUnavailableError(
                f"This needs the reference engine, {self._settings.needs}, which is not installed here, as on stations "
                "that only watch. Plots of models that need it wait. Install hydra-gui[train], or do it elsewhere."
            )

    def make_ready(self, bundle: Bundle) -> None:
        """Start the worker and load the network. WorkerUnavailableError."""
        with self._turn:
            self._ready(bundle)

    def look(self, bundle: Bundle, images: NDArray[np.uint8]) -> list[Outputs]:
        """What the network of `bundle` gives for each of `images`, uint8 (B, H, W, C).

        PlotKillsWorkerError where one of them ends the worker again and again, the others can be asked again without
        it; WorkerUnavailableError where no worker can be had that opens the network; BundleError where it gives no
        answer to these images.
        """
        found: list[Outputs] = []
        for at in range(0, len(images), MOST_IMAGES):
            found += self._looked(bundle, images[at : at + MOST_IMAGES])
        return found

    def explain(self, bundle: Bundle, image: NDArray[np.uint8], label: int, layer: str) -> Explained:
        """The exact map of one image, uint8 (H, W, C); see `wire.Explain`. WorkerUnavailableError, BundleError."""
        if KERAS_NAME not in bundle.manifest.files:
            raise BundleError(f"The model of {bundle.manifest.plot_type} came without {KERAS_NAME}, which maps need.")
        request = Explain(digest=bundle.digest, image=image[np.newaxis], label=label, layer=layer)
        for attempt in (1, 2):
            try:
                return self._ask(bundle, request, Explained)
            except WorkerDiedError as death:
                log.warning("the reference engine %s while it computed an exact map (attempt %d)", death, attempt)
                last = str(death)
        raise WorkerUnavailableError(
            f"The exact map could not be computed: the reference engine {last}, twice. The verdict still stands. "
            f"Choose another layer, and look into {self._settings.log}."
        )

    @property
    def pid(self) -> int | None:
        """Of the worker that runs now."""
        process = self._process
        return process.pid if process is not None else None

    def close(self) -> None:
        """End the worker and everything that belongs to it."""
        self._closing.set()
        process = self._process
        if process is not None:
            process.kill()  # whoever has the turn gives it up
        with self._turn:
            self._end()
        if self._watch is not None:
            self._watch.join()

    # -- blame ---------------------------------------------------------------

    def _looked(self, bundle: Bundle, images: NDArray[np.uint8]) -> list[Outputs]:
        if len(images) > 1:
            try:
                return self._ask_to_look(bundle, images)
            except WorkerDiedError as death:
                log.warning("the reference engine %s with %d plots; each is tried alone", death, len(images))
        return [self._alone(bundle, image) for image in images]

    def _alone(self, bundle: Bundle, image: NDArray[np.uint8]) -> Outputs:
        """Ask until there is an answer, or until there is no doubt that this image is to blame."""
        key, points = hashlib.sha256(bundle.digest.encode() + image.tobytes()).digest(), 0
        why = self._condemned.get(key, "")
        while not why and points < _ENOUGH:
            try:
                return self._ask_to_look(bundle, image[np.newaxis])[0]
            except WorkerDiedError as death:
                points, last = points + (_KILLED if death.from_outside else _CRASH), str(death)
                log.warning("the reference engine %s while it looked at one plot alone", death)
        if not why:
            self._look_at_grey(bundle)
            why = last
            self._condemn(key, why)
        raise PlotKillsWorkerError(
            f"The reference engine {why} whenever it looks at this plot with the model of "
            f"{bundle.manifest.plot_type}. It gets no verdict, the others are judged."
        )

    def _condemn(self, key: bytes, why: str) -> None:
        while len(self._condemned) >= _CONDEMNED:
            self._condemned.popitem(last=False)
        self._condemned[key] = why

    def _look_at_grey(self, bundle: Bundle) -> None:
        try:
            self._ask_to_look(bundle, np.full((1, *bundle.manifest.input.shape), _GREY, np.uint8))
        except WorkerDiedError as death:
            raise self._unavailable(f"it {death} whatever it looks at") from death

    # -- asking --------------------------------------------------------------

    def _ask_to_look(self, bundle: Bundle, images: NDArray[np.uint8]) -> list[Outputs]:
        looked = self._ask(bundle, Look(digest=bundle.digest, images=images), Looked)
        count, labels = len(images), len(bundle.manifest.labels)
        cams = looked.cam
        shapes = (looked.logits.shape == (count, labels), looked.embedding.shape[0] == count)
        if not all(shapes) or looked.embedding.ndim != 2 or (cams is not None and cams.shape[0::3] != (count, labels)):
            raise BundleError(f"The model of {bundle.manifest.plot_type} gives something else than its manifest says.")
        return [Outputs(looked.logits[i], looked.embedding[i], None if cams is None else cams[i]) for i in range(count)]

    def _ask(self, bundle: Bundle, request: Message, kind: type[T]) -> T:
        """One request and its answer; what the worker refuses is a BundleError, its death a WorkerDiedError."""
        with self._turn:
            process = self._ready(bundle)
            try:
                answer: Answer = process.ask(request, self._limits.answer_s)
            except WorkerDiedError:
                self._end()
                self._check_open()
                raise
            self._used_at = time.monotonic()
            if answer.resident > self._limits.memory_bytes:
                log.info("the reference engine holds %d MB and is started anew", answer.resident >> 20)
                self._end()
            if isinstance(answer, Refused):
                raise BundleError(answer.message)
            if not isinstance(answer, kind):
                raise BundleError(f"The reference engine answered a {kind.__name__} with {type(answer).__name__}.")
            return answer

    # -- the process; with the turn held -------------------------------------

    def _ready(self, bundle: Bundle) -> WorkerProcess:
        """A worker that has this network open."""
        last = ""
        for _ in range(_STARTS):
            self._check_open()
            if self._process is not None and not self._process.is_alive:
                self._end()
            try:
                return self._opened(self._process or self._started(), bundle)
            except (WorkerDiedError, OSError) as error:
                last = str(error)
                log.warning("the reference engine cannot be made ready: it %s", error)
                self._end()
        self._check_open()
        raise self._unavailable(f"it {last} when the model is loaded, {_STARTS} times in a row")

    def _started(self) -> WorkerProcess:
        self.check_installed()
        self._settings.log.parent.mkdir(parents=True, exist_ok=True)
        self._process = WorkerProcess(self._opener, self._settings, _SEND_S)
        self._open.clear()
        self.starts += 1
        self._used_at = time.monotonic()
        if self._watch is None:
            self._watch = threading.Thread(target=self._end_when_idle, name="hydra-reference", daemon=True)
            self._watch.start()
        if self._closing.is_set():  # `close` may have looked for it before it was there
            self._process.kill()
        return self._process

    def _opened(self, process: WorkerProcess, bundle: Bundle) -> WorkerProcess:
        digest = bundle.digest
        if digest in self._open:
            self._open.move_to_end(digest)
            return process
        while len(self._open) >= self._limits.networks:
            process.tell(Close(digest=self._open.popitem(last=False)[0]))
        answer: Answer = process.ask(Open(digest=digest, folder=str(bundle.path)), self._limits.open_s)
        if isinstance(answer, Refused):
            waiting = f"Plots of {bundle.manifest.plot_type} wait for another model."
            raise WorkerUnavailableError(f"{answer.message} {waiting}")
        self._open[digest] = None
        self._used_at = time.monotonic()
        if answer.resident <= self._limits.memory_bytes:
            return process
        self._end()
        if len(self._open_before_end) > 1:
            return self._opened(self._started(), bundle)
        raise WorkerUnavailableError(
            f"The model of {bundle.manifest.plot_type} needs {answer.resident >> 20:,} MB in the reference engine, "
            f"which may hold {self._limits.memory_bytes >> 20:,} MB. Its plots wait and are not lost. Raise "
            "[inference] worker_memory_mb, or activate another model."
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        self._open_before_end = tuple(self._open)
        self._open.clear()
        if process is not None:
            process.end()

    def _end_when_idle(self) -> None:
        """Until `close`: give its memory back when nobody has asked for long."""
        while not self._closing.wait(self._idle_left()):
            with self._turn:
                if self._process is not None and self._idle_left() <= _TICK_S:
                    log.info("the reference engine has had nothing to do for %.0f s and ends", self._limits.idle_s)
                    self._end()

    def _idle_left(self) -> float:
        if self._process is None:
            return self._limits.idle_s
        return max(_TICK_S, self._used_at + self._limits.idle_s - time.monotonic())

    def _check_open(self) -> None:
        if self._closing.is_set():
            raise self._unavailable("the program is ending")

    def _unavailable(self, why: str) -> WorkerUnavailableError:
        return WorkerUnavailableError(
            f"The reference engine is not available: {why}. Plots of its models wait and are not lost. Look into "
            f"{self._settings.log}, and at the memory of this machine; or activate another model."
        )


_TICK_S = 0.05
