"""From a data set to a sealed bundle with a head on a shared backbone. For the training worker; no TensorFlow."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backend.domain.errors import TrainingError
from backend.inference.backbones import shipped_backbones
from backend.inference.bundles import seal
from backend.inference.heads import LoadedBackbone, write_head
from backend.inference.manifest import HEAD_NAME, ModelFacts
from backend.inference.runtime import Runtime
from backend.training.datasets import Dataset, read_dataset
from backend.training.head_fitting import FittedHead, HeadFitter
from backend.training.judging import (
    Judgement,
    finished,
    judge_validation,
    provenance,
    validation_metrics,
    write_evaluation,
)
from backend.training.progress import EpochDone, Exporting, Finished, Progress, Started, TrainingRequest

_LIBRARIES = ("hydra-gui", "scikit-learn", "openvino", "numpy", "Pillow")


def make_head(request: TrainingRequest, say: Callable[[Progress], None], check: Callable[[], bool]) -> Finished:
    """Fit and write the bundle folder, which must exist and be empty.

    `check` is called often: it raises to give up. TrainingError, BundleError.
    """
    began = time.monotonic()
    data = read_dataset(request.dataset)
    with tempfile.TemporaryDirectory(prefix="head-", dir=request.dataset.parent) as work:
        backbone = Runtime("CPU", request.threads, Path(work), "f32").backbone(_newest())
        _refuse_other_input(data, backbone)
        fitter = HeadFitter(backbone, data, request.recipe, check)
        say(Started(data.summary.labels, data.summary.train, data.summary.validate, fitter.parameters))
        fitted = fitter.run()
    judged = judge_validation(fitted.logits[data.validates], data)
    course = [_only_epoch(fitted, data, judged)]
    say(course[0])
    say(Exporting(1))
    (request.bundle / HEAD_NAME).write_bytes(write_head(fitted.head))
    write_evaluation(data, judged, course, request.bundle)
    seconds = time.monotonic() - began
    seal(request.bundle, _facts(request, data, backbone, fitted, judged, seconds))
    return finished(data, judged, 1, 1, seconds)


def _newest() -> str:
    known = list(shipped_backbones())
    if not known:
        raise TrainingError(
            "No backbone is shipped with this installation, so no head can be trained on one. Nothing was trained; "
            "install the program again, or train with another recipe."
        )
    return known[-1]


def _refuse_other_input(data: Dataset, backbone: LoadedBackbone) -> None:
    if data.summary.input != backbone.manifest.input:
        raise TrainingError(
            f"The data set was prepared for {data.summary.input.shape}, the backbone looks at "
            f"{backbone.manifest.input.shape}. Nothing was trained; prepare it anew."
        )


def _only_epoch(fitted: FittedHead, data: Dataset, judged: Judgement) -> EpochDone:
    """What other trainings say after every epoch: a head is fitted in one."""
    learnt, truth = fitted.logits[~data.validates], data.classes[~data.validates]
    accuracy = float((learnt.argmax(axis=1) == truth).mean())
    found = judged.evaluation
    return EpochDone(1, 1, fitted.loss, accuracy, found.loss, found.accuracy, 0.0)


def _facts(
    request: TrainingRequest,
    data: Dataset,
    backbone: LoadedBackbone,
    fitted: FittedHead,
    judged: Judgement,
    seconds: float,
) -> ModelFacts:
    labels = data.summary.labels
    parameters = int(sum(np.size(values) for values in fitted.head.arrays().values()))
    return ModelFacts(
        plot_type=request.plot_type,
        labels=labels,
        input=data.summary.input,
        preprocessing=backbone.manifest.preprocessing,
        architecture=backbone.manifest.architecture.model_copy(update={"name": request.recipe.architecture}),
        backbone=backbone.digest,
        thresholds=dict(zip(labels, judged.thresholds, strict=True)),
        temperature=judged.temperature,
        metrics={**validation_metrics(judged), "epochs": 1, "best_epoch": 1, "regularisation": fitted.strength},
        provenance=provenance(request, data, seconds, _LIBRARIES, parameters=parameters),
    )
