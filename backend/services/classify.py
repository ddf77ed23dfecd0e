"""Verdicts for files, without a feed: for scripts, for trying a model out, for a check in somebody's pipeline."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.domain.beam import UNKNOWN_BEAM
from backend.domain.classifications import Classification, default_classification
from backend.domain.errors import BundleError, PlotRejectedError, WorkerUnavailableError
from backend.domain.predictions import Prediction
from backend.domain.verdicts import Verdict, judge
from backend.feed.formats import FORMATS
from backend.feed.images import ImageLimits, check_size, open_picture
from backend.feed.memory import keep_freed_memory
from backend.inference.preprocessing import prepare
from backend.services.batches import in_batches
from backend.services.model_choice import JudgingModel, ModelChoice

SUFFIXES = frozenset(suffix for known in FORMATS for suffix in known.suffixes)


@dataclass(frozen=True, slots=True, eq=False)
class FileVerdict:
    """The outcome for one file: a verdict, or why there is none.

    `milliseconds` is this file's share of the time from file to verdict; `trouble` is "" where all went well.
    `map_file` is the picture of its exact heat map, where one was asked for.
    """

    path: Path
    plot_type: str = ""
    verdict: Verdict | None = None
    probabilities: tuple[tuple[str, float], ...] = ()
    milliseconds: float = 0.0
    trouble: str = ""
    map_file: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    path: Path
    plot_type: str
    model: JudgingModel
    tensor: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def image_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and every image below the folders named, in order of their names."""
    for path in paths:
        if path.is_dir():
            found = (Path(folder) / name for folder, _, names in sorted(os.walk(path)) for name in sorted(names))
            yield from (file for file in found if file.suffix.lower() in SUFFIXES)
        else:
            yield path


class FileClassifier:
    """Classifies files in batches on worker threads; results come in the order of the files."""

    def __init__(
        self,
        choice: ModelChoice,
        classifications: Mapping[str, Classification],
        *,
        threads: int = 0,
        batch: int = 16,
        limits: ImageLimits | None = None,
    ) -> None:
        keep_freed_memory()
        self._choice, self._classifications = choice, classifications
        self._threads, self._batch = threads or os.cpu_count() or 1, batch
        self._limits = limits or ImageLimits()

    def run(self, files: Iterable[Path]) -> Iterator[FileVerdict]:
        """Judge every file; one that cannot be judged says why and the others go on."""
        waiting: deque[Future[list[FileVerdict]]] = deque()
        with ThreadPoolExecutor(self._threads, "hydra-classify") as pool:
            for batch in in_batches(files, self._batch):
                waiting.append(pool.submit(self.judge_batch, batch))
                if len(waiting) > 2 * self._threads:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()

    def judge_batch(self, files: list[Path]) -> list[FileVerdict]:
        """Read, predict and judge a few files in the calling thread."""
        start = time.perf_counter()
        read = [self._read(file) for file in files]
        groups: dict[int, list[_Waiting]] = {}
        for item in read:
            if isinstance(item, _Waiting):
                groups.setdefault(id(item.model.loaded), []).append(item)
        predicted = {id(item): found for group in groups.values() for item, found in self._predict(group)}
        share = (time.perf_counter() - start) * 1e3 / len(files)
        return [
            item if isinstance(item, FileVerdict) else self._outcome(item, predicted[id(item)], share) for item in read
        ]

    def _read(self, file: Path) -> _Waiting | FileVerdict:
        plot_type = ""
        try:
            plot_type = self._choice.plot_type(file)
            model = self._choice.model(plot_type)
            if model is None:
                return FileVerdict(file, plot_type, trouble="no model judges this plot type")
            check_size(file.stat().st_size, self._limits)
            picture = open_picture(file.read_bytes(), file.suffix, self._limits)
            return _Waiting(file, plot_type, model, prepare(picture, model.loaded.spec))
        except PlotRejectedError as error:
            return FileVerdict(file, plot_type, trouble=f"{error.reason}: {error}")
        except (BundleError, WorkerUnavailableError) as error:
            return FileVerdict(file, plot_type, trouble=str(error))
        except OSError as error:
            return FileVerdict(file, plot_type, trouble=f"cannot be read: {error.strerror}")

    def _predict(self, group: list[_Waiting]) -> list[tuple[_Waiting, Prediction | str]]:
        """Predictions, or why there is none: one that cannot be judged takes no other with it."""
        try:
            found = group[0].model.loaded.predict(np.stack([item.tensor for item in group]))
        except (PlotRejectedError, BundleError) as error:
            if len(group) == 1:
                return [(group[0], str(error))]
            return [pair for item in group for pair in self._predict([item])]
        except WorkerUnavailableError as error:
            return [(item, str(error)) for item in group]
        return list(zip(group, found, strict=True))

    def _outcome(self, item: _Waiting, prediction: Prediction | str, milliseconds: float) -> FileVerdict:
        if isinstance(prediction, str):
            return FileVerdict(item.path, item.plot_type, trouble=prediction)
        model = item.model.in_force
        known = {label: self._classifications.get(label) or default_classification(label) for label in model.labels}
        verdict = judge(prediction.probabilities, model, known, UNKNOWN_BEAM)
        probabilities = tuple(zip(model.labels, prediction.probabilities, strict=True))
        return FileVerdict(item.path, item.plot_type, verdict, probabilities, milliseconds)
