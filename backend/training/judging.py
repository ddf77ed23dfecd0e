"""What validation says of a trained model, and how its bundle tells it. No TensorFlow."""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from backend.inference.manifest import Provenance
from backend.training.datasets import Dataset
from backend.training.evaluation import (
    Evaluation,
    best_thresholds,
    calibration_error,
    evaluate,
    fit_temperature,
    softmax,
)
from backend.training.progress import EpochDone, Finished, TrainingRequest

EVALUATION_NAME = "evaluation.json"


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What validation says: calibrated probabilities (N, labels) and everything that follows from them."""

    temperature: float
    thresholds: tuple[float, ...]
    probabilities: NDArray[np.float64]
    evaluation: Evaluation
    raw_calibration_error: float


def judge_validation(logits: NDArray[np.floating], data: Dataset) -> Judgement:
    """Temperature, thresholds and figures from the logits of the validation images, (N, labels)."""
    truth, labels = data.classes[data.validates], data.summary.labels
    exact = logits.astype(np.float64)
    temperature = fit_temperature(exact, truth)
    probabilities = softmax(exact, temperature)
    return Judgement(
        temperature,
        best_thresholds(probabilities, truth),
        probabilities,
        evaluate(probabilities, truth, labels),
        calibration_error(softmax(exact), truth),
    )


def write_evaluation(data: Dataset, judged: Judgement, history: Sequence[EpochDone], directory: Path) -> None:
    """Every validation image with what the model says of it, and the course of the training."""
    rows = np.flatnonzero(data.validates)
    images = [
        {
            "index": int(row),
            "run": int(data.runs[row]),
            "label": data.summary.labels[data.classes[row]],
            "probabilities": [round(float(p), 6) for p in probabilities],
        }
        for row, probabilities in zip(rows, judged.probabilities, strict=True)
    ]
    about = {
        "labels": list(data.summary.labels),
        "validation": images,
        "history": [{k: v for k, v in asdict(done).items() if k != "eta_s"} for done in history],
    }
    (directory / EVALUATION_NAME).write_text(json.dumps(about) + "\n", encoding="utf-8")


def validation_metrics(judged: Judgement) -> dict[str, JsonValue]:
    """The part of a manifest's metrics that validation gives."""
    found = judged.evaluation
    return {
        "validation_images": int(found.confusion.sum()),
        "accuracy": found.accuracy,
        "balanced_accuracy": found.balanced_accuracy,
        "confusion": found.confusion.tolist(),
        "labels": {score.label: asdict(score) for score in found.scores},
        "calibration_error": found.calibration_error,
        "calibration_error_before": judged.raw_calibration_error,
        "loss": found.loss,
        "threshold_method": "max_f1",
    }


def provenance(
    request: TrainingRequest, data: Dataset, seconds: float, libraries: Sequence[str], **more: JsonValue
) -> Provenance:
    """Where a model comes from: its data, its recipe, the versions of `libraries` it was made with, and `more`."""
    summary = data.summary
    extra: dict[str, JsonValue] = {
        "recipe": asdict(request.recipe),
        **more,
        "validation_counts": {count.label: count.validate for count in summary.counts},
        "synthetic_counts": {count.label: count.synthetic for count in summary.counts},
        "left_out": [asdict(item) for item in summary.left_out],
        "notes": list(summary.notes),
        "runs": summary.runs,
        "training_seconds": round(seconds, 1),
        "threads": request.threads,
        "processor_cores": os.cpu_count(),
    }
    return Provenance.model_validate(
        {
            "created": datetime.now(UTC),
            "author": request.author,
            "data_sha256": summary.data_sha256,
            "seed": request.seed,
            "versions": {name: _version(name) for name in libraries},
            "counts": {count.label: count.train for count in summary.counts},
            **extra,
        }
    )


def finished(
    data: Dataset, judged: Judgement, epochs: int, best_epoch: int, seconds: float, note: str = ""
) -> Finished:
    """The last message of a training; `note` as there."""
    found = judged.evaluation
    return Finished(
        data.summary.labels,
        epochs,
        best_epoch,
        seconds,
        found.accuracy,
        found.balanced_accuracy,
        found.calibration_error,
        judged.temperature,
        judged.thresholds,
        tuple(tuple(row) for row in found.confusion.tolist()),
        note,
    )


def _version(name: str) -> str:
    """The installed version; TensorFlow's processor-only package goes by another name."""
    for candidate in (name, f"{name}-cpu"):
        try:
            return importlib.metadata.version(candidate)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "unknown"
