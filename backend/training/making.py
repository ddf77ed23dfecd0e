"""From a data set to a sealed bundle: build, fit, calibrate, export, verify. Imported in the training worker only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from pydantic import JsonValue

from backend.domain.errors import TrainingError
from backend.inference.bundles import open_bundle, seal
from backend.inference.manifest import Architecture as NamedArchitecture
from backend.inference.manifest import ModelFacts, OutputNames, Preprocessing
from backend.training.architectures import Architecture, architecture, build, layers_of, load_parent
from backend.training.catalogue import Takes
from backend.training.datasets import Dataset, read_dataset
from backend.training.exporting import Agreement, save_ir, verify_ir
from backend.training.fitting import Fit, Fitter
from backend.training.judging import (
    Judgement,
    finished,
    judge_validation,
    provenance,
    validation_metrics,
    write_evaluation,
)
from backend.training.progress import Exporting, Finished, Progress, Started, TrainingRequest
from backend.training.weights import check_weights, layers_in

WEIGHTS_NAME = "model.keras"
_VERIFIED_IMAGES = 64
_LIBRARIES = ("hydra-gui", "tensorflow", "keras", "openvino", "numpy", "Pillow")


def make_bundle(request: TrainingRequest, say: Callable[[Progress], None], check: Callable[[], bool]) -> Finished:
    """Train and write the bundle folder, which must exist and be empty.

    `check` is called often: it raises to give up and returns False to end with the best so far. TrainingError,
    BundleError.
    """
    began = time.monotonic()
    _configure(request)
    data = read_dataset(request.dataset)
    chosen = architecture(request.recipe.architecture, request.file, request.pixels)
    check()
    model = build(chosen, data.summary.input, len(data.summary.labels), dropout=request.recipe.dropout)
    if request.parent is not None:
        _inherit(model, chosen, request.parent, data.summary.labels)
    say(Started(data.summary.labels, data.summary.train, data.summary.validate, int(model.count_params())))
    fitter = Fitter(model, chosen, data, request.recipe, request.seed)
    fit = fitter.run(say, check)
    say(Exporting(fit.best_epoch))
    judged = judge_validation(fitter.logits(), data)
    agreement = _export(model, chosen, data, judged, request.bundle)
    seconds = time.monotonic() - began
    write_evaluation(data, judged, fit.history, request.bundle)
    seal(request.bundle, _facts(request, data, chosen, judged, agreement, fit, seconds, int(model.count_params())))
    return finished(data, judged, len(fit.history), fit.best_epoch, seconds)


def _configure(request: TrainingRequest) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(request.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(request.seed % 2**32)
    tf.config.experimental.enable_op_determinism()


def _inherit(model: keras.Model, chosen: Architecture, parent: Path, labels: tuple[str, ...]) -> None:
    """Start from another bundle's weights, once its files are verified."""
    bundle = open_bundle(parent)
    before = bundle.manifest.architecture
    if chosen.known.takes is Takes.NETWORK and before.parameters != chosen.defaults:
        raise TrainingError("The parent grew out of another network file. Nothing was trained; name that file.")
    if before.name != chosen.name or bundle.manifest.input.shape != model.inputs[0].shape[1:]:
        raise TrainingError(
            f"The parent is {before.name} for {bundle.manifest.input.shape}, wanted is "
            f"{chosen.name} for {model.inputs[0].shape[1:]}. Nothing was trained; choose another parent or none."
        )
    weights = bundle.read(WEIGHTS_NAME)
    check_weights(WEIGHTS_NAME, weights)
    if layers_in(weights) != layers_of(model):
        raise TrainingError(
            f"The parent is a {chosen.name} with other layers, made by another version of this program. Nothing was "
            "trained; choose another parent or none."
        )
    load_parent(model, str(parent / WEIGHTS_NAME), keep_head=bundle.manifest.labels == labels)


def _export(model: keras.Model, chosen: Architecture, data: Dataset, judged: Judgement, directory: Path) -> Agreement:
    model.save(directory / WEIGHTS_NAME)
    save_ir(model, directory)
    real = np.flatnonzero(~data.synthetic)
    ordered = real[np.argsort(~data.validates[real], kind="stable")]
    spread = ordered[: max(int(data.validates.sum()), _VERIFIED_IMAGES)]
    picked = np.sort(spread[np.linspace(0, len(spread) - 1, min(len(spread), _VERIFIED_IMAGES)).astype(int)])
    return verify_ir(model, chosen, directory, data.images[picked], judged.temperature)


def _facts(
    request: TrainingRequest,
    data: Dataset,
    chosen: Architecture,
    judged: Judgement,
    agreement: Agreement,
    fit: Fit,
    seconds: float,
    parameters: int,
) -> ModelFacts:
    labels = data.summary.labels
    return ModelFacts(
        plot_type=request.plot_type,
        labels=labels,
        input=data.summary.input,
        preprocessing=Preprocessing(scale=chosen.scale, offset=chosen.offset),
        architecture=NamedArchitecture(name=chosen.name, parameters=dict(chosen.defaults)),
        outputs=OutputNames(cam=None if agreement.heat_map is None else "cam"),
        thresholds=dict(zip(labels, judged.thresholds, strict=True)),
        temperature=judged.temperature,
        metrics=_metrics(judged, agreement, fit),
        provenance=provenance(
            request,
            data,
            seconds,
            _LIBRARIES,
            parent=open_bundle(request.parent).digest if request.parent else None,
            parameters=parameters,
        ),
    )


def _metrics(judged: Judgement, agreement: Agreement, fit: Fit) -> dict[str, JsonValue]:
    course = {"epochs": len(fit.history), "best_epoch": fit.best_epoch}
    return {**validation_metrics(judged), **course, "ir_agreement": asdict(agreement)}
