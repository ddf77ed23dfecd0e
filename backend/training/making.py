"""From a data set to a sealed bundle: build, fit, calibrate, export, verify. Imported in the training worker only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from pydantic import JsonValue

from backend.domain.errors import TrainingError
from backend.inference.bundles import open_bundle, seal
from backend.inference.manifest import IR_BIN, IR_XML, EngineName, ModelFacts, OutputNames, Preprocessing
from backend.inference.manifest import KERAS_NAME as WEIGHTS_NAME
from backend.inference.manifest import Architecture as NamedArchitecture
from backend.training.architectures import FEATURES, Architecture, architecture, build, layers_of, load_parent
from backend.training.catalogue import Takes
from backend.training.datasets import Dataset, read_dataset
from backend.training.exporting import (
    Agreement,
    ConversionError,
    DisagreementError,
    NotConvertible,
    reference_pace,
    save_ir,
    verify_ir,
)
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
    outcome = _export(model, chosen, data, judged, request.bundle)
    seconds = time.monotonic() - began
    write_evaluation(data, judged, fit.history, request.bundle)
    seal(request.bundle, _facts(request, data, chosen, judged, outcome, fit, seconds, int(model.count_params())))
    note = _slower(outcome) if isinstance(outcome, NotConvertible) else ""
    return finished(data, judged, len(fit.history), fit.best_epoch, seconds, note)


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


def _export(
    model: keras.Model, chosen: Architecture, data: Dataset, judged: Judgement, directory: Path
) -> Agreement | NotConvertible:
    """The network as OpenVINO runs it, or why only the reference engine can."""
    model.save(directory / WEIGHTS_NAME)
    images = _verified_images(data)
    try:
        save_ir(model, directory)
        return verify_ir(model, chosen, directory, images, judged.temperature)
    except TrainingError as error:
        ours = chosen.known.takes is not Takes.NETWORK
        if ours or not isinstance(error, ConversionError | DisagreementError):
            raise
        for name in (IR_XML, IR_BIN):
            (directory / name).unlink(missing_ok=True)
        return NotConvertible(str(error), reference_pace(model, chosen, images), FEATURES in model.output)


def _slower(outcome: NotConvertible) -> str:
    return (
        f"OpenVINO cannot run this network ({outcome.reason}). The model runs in the reference engine instead, which "
        f"takes {outcome.milliseconds:.1f} ms a plot here; OpenVINO is 1.2 times (float32) to 6 times (bfloat16) as "
        "fast with large networks. It judges only on stations with hydra-gui[train]."
    )


def _verified_images(data: Dataset) -> NDArray[np.uint8]:
    """Real images, those kept back to judge by first."""
    real = np.flatnonzero(~data.synthetic)
    ordered = real[np.argsort(~data.validates[real], kind="stable")]
    spread = ordered[: max(int(data.validates.sum()), _VERIFIED_IMAGES)]
    picked = np.sort(spread[np.linspace(0, len(spread) - 1, min(len(spread), _VERIFIED_IMAGES)).astype(int)])
    return np.asarray(data.images[picked])


def _facts(
    request: TrainingRequest,
    data: Dataset,
    chosen: Architecture,
    judged: Judgement,
    outcome: Agreement | NotConvertible,
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
        engine=EngineName.REFERENCE if isinstance(outcome, NotConvertible) else EngineName.OPENVINO,
        outputs=OutputNames(cam="cam" if outcome.has_maps else None),
        thresholds=dict(zip(labels, judged.thresholds, strict=True)),
        temperature=judged.temperature,
        metrics=_metrics(judged, outcome, fit),
        provenance=provenance(
            request,
            data,
            seconds,
            _LIBRARIES,
            parent=open_bundle(request.parent).digest if request.parent else None,
            parameters=parameters,
        ),
    )


def _metrics(judged: Judgement, outcome: Agreement | NotConvertible, fit: Fit) -> dict[str, JsonValue]:
    course = {"epochs": len(fit.history), "best_epoch": fit.best_epoch}
    name = "ir_agreement" if isinstance(outcome, Agreement) else "reference_engine"
    return {**validation_metrics(judged), **course, name: asdict(outcome)}
