"""From labelled plots to a data set on disk: decoded, prepared, split by run, counted and hashed.

A data set is a folder with `images.npy` (uint8 (N, height, width, channels)), `rows.npz` (labels, runs, weights,
parts) and `dataset.json` (labels and summary). It is what the worker process is given; nothing else crosses over.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.domain.classifications import IGNORE
from backend.domain.errors import PlotRejectedError, TrainingError
from backend.feed.images import ImageLimits, decode
from backend.inference.manifest import InputSpec
from backend.inference.preprocessing import prepare
from backend.training.samples import ClassCount, DatasetSummary, LeftOut, Part, Sample
from backend.training.splitting import Split, split

MIN_EXAMPLES = 2
"""A label with fewer images is left out: it cannot be both learnt and checked."""

_IMAGES, _ROWS, _ABOUT = "images.npy", "rows.npz", "dataset.json"

__all__ = ["Dataset", "Part", "Sample", "read_dataset", "read_summary", "write_dataset"]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A data set in use: `images` uint8 (N, h, w, c), mapped from disk; `classes` index `summary.labels`.

    `classes` int32, `runs` int64, `weights` float32, `validates` and `synthetic` bool, all of shape (N,).
    """

    summary: DatasetSummary
    images: NDArray[np.uint8]
    classes: NDArray[np.int32]
    runs: NDArray[np.int64]
    weights: NDArray[np.float32]
    validates: NDArray[np.bool_]
    synthetic: NDArray[np.bool_]


def write_dataset(
    samples: Iterable[Sample],
    spec: InputSpec,
    directory: Path,
    *,
    fraction: float = 0.15,
    seed: int = 0,
    labels: Sequence[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> DatasetSummary:
    """Write a data set into the (new or empty) `directory`.

    About `fraction` of every label validates. `labels` fixes their order; otherwise they are sorted, Good first.
    `progress` is called with the number of images prepared so far. Damaged images are left out and reported.
    TrainingError where fewer than two labels remain.
    """
    kept, images, left_out = _take_in(samples, spec, labels, progress)
    kept, images, too_few = _without_rare(kept, images)
    left_out += too_few
    order = _order(kept, labels)
    if len(order) < 2:
        raise TrainingError(_too_few_labels(order, left_out))
    drawn = split(kept, fraction, seed)
    kept, images, drawn, leaking = _without_leaks(kept, images, drawn)
    left_out += leaking
    if not drawn.validates.any() or drawn.validates.all():
        raise TrainingError(_ONE_SIDED)
    rows = _rows(kept, order, drawn.validates)
    counts = tuple(_count(kept, drawn.validates, label) for label in order)
    runs = len({sample.run for sample in kept if sample.run})
    summary = DatasetSummary(order, spec, counts, _digest(images, rows, order), runs, tuple(left_out), drawn.notes)
    _write(directory, images, rows, summary)
    return summary


def read_dataset(directory: Path) -> Dataset:
    """Inverse of `write_dataset`; TrainingError when the folder holds no data set."""
    summary = read_summary(directory)
    try:
        images = np.load(directory / _IMAGES, mmap_mode="r", allow_pickle=False)
        with np.load(directory / _ROWS, allow_pickle=False) as rows:
            return Dataset(summary, images, **{name: rows[name] for name in rows.files})
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(_unreadable(directory, error)) from error


def read_summary(directory: Path) -> DatasetSummary:
    """The summary of a written data set; TrainingError when the folder holds none."""
    try:
        about = json.loads((directory / _ABOUT).read_text(encoding="utf-8"))
        return DatasetSummary(
            tuple(about["labels"]),
            InputSpec(**about["input"]),
            tuple(ClassCount(**count) for count in about["counts"]),
            about["data_sha256"],
            about["runs"],
            tuple(LeftOut(**item) for item in about["left_out"]),
            tuple(about["notes"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(_unreadable(directory, error)) from error


def _unreadable(directory: Path, error: Exception) -> str:
    return f"The data set in {directory} cannot be read: {error}. Nothing was trained; prepare it again."


_ONE_SIDED = (
    "Every plot is forced into the same part, so there is nothing to learn from or nothing to judge by. "
    "Nothing was trained; leave some plots unforced."
)


def _take_in(
    samples: Iterable[Sample],
    spec: InputSpec,
    labels: Sequence[str] | None,
    progress: Callable[[int], None] | None,
) -> tuple[list[Sample], list[NDArray[np.uint8]], list[LeftOut]]:
    """What is used, without its original pixels: those of thousands of plots would not fit into memory."""
    kept, images, tally = [], [], Counter[tuple[str, str]]()
    for number, sample in enumerate(samples, 1):
        reason = _reason(sample, labels)
        try:
            if reason is None:
                images.append(_prepared(sample, spec))
                kept.append(replace(sample, data=b""))
        except PlotRejectedError as error:
            reason = str(error)
        if reason is not None:
            tally[sample.label, reason] += 1
        if progress is not None:
            progress(number)
    return kept, images, [LeftOut(label, count, reason) for (label, reason), count in sorted(tally.items())]


def _reason(sample: Sample, labels: Sequence[str] | None) -> str | None:
    if sample.label == IGNORE:
        return "labelled to be ignored"
    if labels is not None and sample.label not in labels:
        return "not one of the labels asked for"
    if sample.weight <= 0:
        return "its training weight is 0"
    if sample.synthetic and sample.forced == Part.VALIDATE:
        return "synthetic plots never validate, but it was forced to"
    return None


def _prepared(sample: Sample, spec: InputSpec) -> NDArray[np.uint8]:
    image = decode(sample.data, "", ImageLimits()) if isinstance(sample.data, bytes) else sample.data
    return prepare(image, spec)


def _without_rare(
    samples: Sequence[Sample], images: Sequence[NDArray[np.uint8]]
) -> tuple[list[Sample], list[NDArray[np.uint8]], list[LeftOut]]:
    counts = Counter(sample.label for sample in samples)
    rare = sorted(label for label, count in counts.items() if count < MIN_EXAMPLES)
    pairs = [(s, image) for s, image in zip(samples, images, strict=True) if s.label not in rare]
    left_out = [LeftOut(label, counts[label], f"fewer than {MIN_EXAMPLES} examples") for label in rare]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs], left_out


def _without_leaks(
    samples: Sequence[Sample], images: Sequence[NDArray[np.uint8]], drawn: Split
) -> tuple[list[Sample], list[NDArray[np.uint8]], Split, list[LeftOut]]:
    """Synthetic plots whose run validates are left out: they were made from plots that the model is judged by."""
    judging = {sample.run for sample, side in zip(samples, drawn.validates, strict=True) if side and sample.run}
    leaks = [sample.synthetic and sample.run in judging for sample in samples]
    stay = [place for place, leak in enumerate(leaks) if not leak]
    counted = Counter(sample.label for sample, leak in zip(samples, leaks, strict=True) if leak)
    told = [
        LeftOut(label, count, "made from plots of a run that validates") for label, count in sorted(counted.items())
    ]
    split_left = Split(drawn.validates[stay], drawn.notes)
    return [samples[place] for place in stay], [images[place] for place in stay], split_left, told


def _order(samples: Sequence[Sample], labels: Sequence[str] | None) -> tuple[str, ...]:
    present = {sample.label for sample in samples}
    if labels is not None:
        return tuple(label for label in labels if label in present)
    return tuple(sorted(present, key=lambda label: (label != "Good", label)))


def _too_few_labels(order: Sequence[str], left_out: Sequence[LeftOut]) -> str:
    have = f"only {order[0]}" if order else "none"
    lost = "".join(f" Left out: {item.count} × {item.label} ({item.reason})." for item in left_out)
    return f"A model tells at least two labels apart; there is {have} to learn from.{lost} Label more plots."


def _rows(
    samples: Sequence[Sample], order: Sequence[str], validates: NDArray[np.bool_]
) -> dict[str, NDArray[np.generic]]:
    return {
        "classes": np.array([order.index(sample.label) for sample in samples], np.int32),
        "runs": np.array([sample.run for sample in samples], np.int64),
        "weights": np.array([sample.weight for sample in samples], np.float32),
        "validates": validates,
        "synthetic": np.array([sample.synthetic for sample in samples], np.bool_),
    }


def _count(samples: Sequence[Sample], validates: NDArray[np.bool_], label: str) -> ClassCount:
    sides = [(bool(side), s.synthetic) for s, side in zip(samples, validates, strict=True) if s.label == label]
    train = [synthetic for side, synthetic in sides if not side]
    return ClassCount(label, len(train), len(sides) - len(train), sum(train))


def _digest(images: Sequence[NDArray[np.uint8]], rows: dict[str, NDArray[np.generic]], order: Sequence[str]) -> str:
    digest = hashlib.sha256(json.dumps([list(order), list(images[0].shape)]).encode())
    for image in images:
        digest.update(image.tobytes())
    for name in sorted(rows):
        digest.update(name.encode() + rows[name].tobytes())
    return digest.hexdigest()


def _write(
    directory: Path, images: Sequence[NDArray[np.uint8]], rows: dict[str, NDArray[np.generic]], summary: DatasetSummary
) -> None:
    about = asdict(summary) | {"input": summary.input.model_dump()}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        stack = np.lib.format.open_memmap(directory / _IMAGES, "w+", np.uint8, (len(images), *summary.input.shape))
        for place, image in enumerate(images):
            stack[place] = image
        stack.flush()
        np.savez(directory / _ROWS, **rows)  # type: ignore[arg-type]  # numpy's stub takes allow_pickle for an array
        (directory / _ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise TrainingError(
            f"The data set cannot be written to {directory}: {error.strerror}. Nothing was trained; make room there."
        ) from error
