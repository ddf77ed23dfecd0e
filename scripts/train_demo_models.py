"""Trains the models of the simulated hall, judges them on plots nobody has seen, and packs them into resources/models.

    .venv/bin/python scripts/train_demo_models.py            # everything that is not there yet
    .venv/bin/python scripts/train_demo_models.py --only TOF_bars --again
    .venv/bin/python scripts/train_demo_models.py --judge    # what is shipped, for the page of figures

One model per plot type, by ordinary training as `hydra-gui train` does it; only the plots are drawn instead of taken.
The first model is the parent of the others, which learn the faster for it.
It can be stopped and started again: what is finished is kept in the working folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.domain.errors import TrainingError  # noqa: E402
from backend.inference.bundles import open_bundle, pack, seal, unpack  # noqa: E402
from backend.inference.model import Model  # noqa: E402
from backend.inference.preprocessing import prepare  # noqa: E402
from backend.inference.runtime import Runtime  # noqa: E402
from backend.simulation.catalogue import CATALOGUE, SimulatedPlotType  # noqa: E402
from backend.simulation.drawing import Drawing  # noqa: E402
from backend.simulation.sampling import LARGEST_LOCAL, local_faults, samples  # noqa: E402
from backend.training.datasets import Part, Sample, read_dataset, write_dataset  # noqa: E402
from backend.training.jobs import TrainingJob, TrainingRequest  # noqa: E402
from backend.training.pointing import Pointing, pointing  # noqa: E402
from backend.training.progress import EpochDone, Progress  # noqa: E402
from backend.training.recipes import DEFAULT_INPUT, Recipe, recipe  # noqa: E402

# The hall of the demo and the tests use small seeds; these are for training alone.
TRAIN_SEED, VALIDATE_SEED, HELD_OUT_SEED, POINTING_SEED = 410_002_000, 410_003_000, 410_009_000, 410_011_000
POINTING, MOST_FAULTY = 40, 160
GOOD_IN_TRAINING, GOOD_IN_VALIDATION = 0.4, 0.6
LARGEST_TOTAL = 15_000_000
AUTHOR = "hydra-gui"
WEIGHTS_NAME = "model.keras"


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many plots are drawn of each type, and how long is trained on them."""

    train: int
    validate: int
    held_out: int
    epochs: int


FIRST = Amounts(train=1600, validate=240, held_out=200, epochs=6)
FULL = Amounts(train=900, validate=160, held_out=200, epochs=10)
QUICK = Amounts(train=400, validate=120, held_out=200, epochs=6)


def main() -> int:
    """Train, judge, pack, report."""
    options = _options()
    amounts = QUICK if options.quick else FULL
    options.work.mkdir(parents=True, exist_ok=True)
    options.into.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    wanted = [kind for kind in CATALOGUE if not options.only or kind.name in options.only]
    if options.judge:
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda kind: _judge_shipped(kind, options, amounts), wanted))
        report(options.work, options.into, options.docs)
        return _check_size(options.into)
    parent = _plot_type(CATALOGUE[0], options, FIRST, None)
    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(lambda kind: _plot_type(kind, options, amounts, parent), wanted))
    for kind in wanted:
        (options.into / f"{kind.name}.zip").write_bytes(pack(_without_keras(options.work / kind.name)))
    report(options.work, options.into, options.docs)
    print(f"{(time.monotonic() - began) / 60:.1f} minutes")
    return _check_size(options.into)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=ROOT / "resources" / "models")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs" / "demo-models.md")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "demo-models")
    parser.add_argument("--only", nargs="*", choices=[kind.name for kind in CATALOGUE], help="these plot types alone")
    parser.add_argument("--again", action="store_true", help="train anew what is there")
    parser.add_argument("--judge", action="store_true", help="train nothing: judge what is there")
    parser.add_argument("--quick", action="store_true", help="fewer plots and epochs, for trying out")
    parser.add_argument("--jobs", type=int, default=2, help="models trained at the same time")
    return parser.parse_args()


def _without_keras(bundle: Path) -> Path:
    """A copy of a bundle with what judging needs: the Keras weights, twice its size, only serve further training."""
    copy = bundle.with_name(f"{bundle.name}-shipped")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns(WEIGHTS_NAME))
    return seal(copy, open_bundle(bundle).manifest).path


def _write_once(dataset: Path, write: Callable[[], object]) -> None:
    """Drawing takes minutes: what an interrupted run has drawn is used, a half of it is not."""
    if _is_complete(dataset):
        return
    shutil.rmtree(dataset, ignore_errors=True)
    write()


def _is_complete(dataset: Path) -> bool:
    try:
        read_dataset(dataset)
    except TrainingError:
        return False
    return True


def _samples(kind: SimulatedPlotType, amounts: Amounts) -> Iterator[Sample]:
    for drawing in samples(kind.name, TRAIN_SEED, amounts.train, good=GOOD_IN_TRAINING):
        yield _sample(drawing, Part.TRAIN, drawing.label)
    for drawing in samples(kind.name, VALIDATE_SEED, amounts.validate, good=GOOD_IN_VALIDATION):
        yield _sample(drawing, Part.VALIDATE, drawing.label)


def _sample(drawing: Drawing, part: Part, label: str) -> Sample:
    return Sample(np.asarray(drawing.image), label, drawing.run.run, forced=part)


def _plot_type(kind: SimulatedPlotType, options: argparse.Namespace, amounts: Amounts, parent: Path | None) -> Path:
    judged, bundle = options.work / f"{kind.name}.json", options.work / kind.name
    if judged.exists() and not options.again:
        return bundle
    dataset = options.work / f"{kind.name}-data"
    shutil.rmtree(bundle, ignore_errors=True)
    _write_once(dataset, lambda: write_dataset(_samples(kind, amounts), DEFAULT_INPUT, dataset, labels=kind.classes))
    _train(kind.name, dataset, bundle, replace(recipe("compact"), epochs=amounts.epochs), parent)
    shutil.rmtree(dataset)
    result = judge(kind, bundle, amounts.held_out)
    judged.write_text(json.dumps(result, indent=1))
    print(f"{kind.name}: {_summary(result)}", flush=True)
    return bundle


def _judge_shipped(kind: SimulatedPlotType, options: argparse.Namespace, amounts: Amounts) -> None:
    bundle = unpack((options.into / f"{kind.name}.zip").read_bytes(), options.work / f"{kind.name}-shipped")
    result = judge(kind, bundle.path, amounts.held_out)
    (options.work / f"{kind.name}.json").write_text(json.dumps(result, indent=1))
    print(f"{kind.name}: {_summary(result)}", flush=True)


def _train(plot_type: str, dataset: Path, bundle: Path, chosen: Recipe, parent: Path | None) -> None:
    began = time.monotonic()
    request = TrainingRequest(
        plot_type, dataset, bundle, chosen, AUTHOR, seed=1, threads=1 if parent else 2, parent=parent, nice=0
    )
    TrainingJob(request, _teller(plot_type)).run()
    print(f"{plot_type}: trained in {time.monotonic() - began:.0f} s", flush=True)


def _teller(plot_type: str) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if isinstance(progress, EpochDone):
            print(
                f"{plot_type}: {progress.epoch}/{progress.epochs} loss {progress.loss:.3f} {progress.accuracy:.1%} "
                f"validation {progress.val_loss:.3f} {progress.val_accuracy:.1%}",
                flush=True,
            )

    return tell


def judge(kind: SimulatedPlotType, bundle: Path, count: int) -> dict[str, object]:
    """What a model says of `count` plots it never saw, through the same runtime as in service."""
    opened = open_bundle(bundle)
    runtime = Runtime("CPU", 1, bundle.parent / "cache")
    model = runtime.load(opened)
    labels = list(model.labels)
    confusion = np.zeros((len(labels), len(labels)), int)
    faults: dict[str, list[int]] = {}
    times = []
    for drawing in samples(kind.name, HELD_OUT_SEED, count, good=GOOD_IN_VALIDATION):
        prediction = model.predict(prepare(np.asarray(drawing.image), model.spec)[None])[0]
        called = int(np.argmax(prediction.probabilities))
        confusion[labels.index(drawing.label), called] += 1
        times.append(prediction.milliseconds)
        if drawing.fault is not None:
            key = f"{drawing.fault.kind}|{_band(drawing.visibility)}"
            tally = faults.setdefault(key, [0, 0])
            tally[0] += labels[called] == drawing.label
            tally[1] += 1
    return {
        "plot_type": kind.name,
        "labels": labels,
        "confusion": confusion.tolist(),
        "faults": faults,
        "pointing": asdict(_pointing(model, kind)),
        "milliseconds": float(np.median(times)),
        "training_seconds": (opened.manifest.provenance.model_extra or {}).get("training_seconds"),
    }


def _pointing(model: Model, kind: SimulatedPlotType) -> Pointing:
    return pointing(model, local_faults(kind.name, POINTING_SEED, MOST_FAULTY), POINTING)


BANDS = ((15.0, "barely visible"), (40.0, "visible"), (float("inf"), "obvious"))


def _band(visibility: float) -> str:
    return next(name for limit, name in BANDS if visibility < limit)


def _summary(result: dict) -> str:
    confusion = np.array(result["confusion"])
    there = np.maximum(confusion.sum(axis=1), 1)
    recall = ", ".join(
        f"{label} {hits / count:.1%}"
        for label, hits, count in zip(result["labels"], np.diag(confusion), there, strict=True)
    )
    pointed = "{on_fault} of {count}".format(**result["pointing"])
    return f"accuracy {np.trace(confusion) / confusion.sum():.1%} ({recall}), on the fault {pointed}"


def _check_size(into: Path) -> int:
    total = sum(file.stat().st_size for file in into.glob("*.zip"))
    print(f"{total / 1e6:.1f} MB of models")
    return 0 if total <= LARGEST_TOTAL else 1


def report(work: Path, into: Path, docs: Path) -> None:
    """Print the table and write it into the documentation."""
    results = [
        json.loads((work / f"{kind.name}.json").read_text())
        for kind in CATALOGUE
        if (work / f"{kind.name}.json").exists()
    ]
    text = _page(results, sum(file.stat().st_size for file in into.glob("*.zip")))
    docs.parent.mkdir(parents=True, exist_ok=True)
    docs.write_text(text)
    print(text)


def _page(results: list[dict], size: int) -> str:
    plots = sum(int(np.sum(result["confusion"])) for result in results)
    right = sum(int(np.trace(np.array(result["confusion"]))) for result in results)
    return "\n".join(
        [
            "# The models of the simulated hall",
            "",
            "Made by `scripts/train_demo_models.py`, which also writes this page. Every figure is from plots drawn "
            "with seeds that neither training nor validation nor the demo uses, judged by the runtime that is used in "
            "service.",
            "",
            f"{len(results)} models, {size / 1e6:.1f} MB in all; {right} of {plots} held-out plots "
            f"({right / max(plots, 1):.1%}) called what they are.",
            "",
            "## Each plot type: share of its plots that are called what they are",
            "",
            *_table_of_types(results),
            "",
            f"*On the fault*: of up to {POINTING} more plots with one fault that takes at most "
            f"{LARGEST_LOCAL:.0%} of the image and that were called what they are, those whose heat map has all its "
            "strongest places on the fault or one place beside it. Faults that take the whole plot have no place.",
            "",
            "## How visible the faults are",
            "",
            "A fault counts as *barely visible* when it stands out by 8 to 15 standard deviations of counting "
            "statistics summed over the whole plot, *visible* up to 40, *obvious* above. The first kind is hard for "
            "people too.",
            "",
            *_table_of_faults(results),
            "",
            "## Confusion",
            "",
            "Rows are what the plots are, columns what they were called.",
            "",
            *_confusions(results),
        ]
    )


def _table_of_types(results: list[dict]) -> Iterator[str]:
    labels = ["Good", "Bad", "HotChannel", "LED", "Cosmic", "NoData"]
    yield "| plot type | all | " + " | ".join(labels) + " | on the fault | ms per image | trained in |"
    yield "|---|---|" + "---|" * (len(labels) + 3)
    for result in results:
        confusion = np.array(result["confusion"])
        cells = [_share(confusion, result["labels"], label) for label in labels]
        yield (
            f"| {result['plot_type']} | {np.trace(confusion) / confusion.sum():.1%} | {' | '.join(cells)} | "
            f"{_pointed(result['pointing'])} | {result['milliseconds']:.1f} | {result['training_seconds']:.0f} s |"
        )


def _pointed(found: dict[str, int]) -> str:
    return f"{found['on_fault']} of {found['count']}" if found["count"] else "–"


def _share(confusion: np.ndarray, labels: list[str], label: str) -> str:
    if label not in labels:
        return ""
    row = confusion[labels.index(label)]
    return f"{row[labels.index(label)] / row.sum():.0%} of {row.sum()}" if row.sum() else "–"


def _table_of_faults(results: list[dict]) -> Iterator[str]:
    tally: dict[str, dict[str, list[int]]] = {}
    for result in results:
        for key, (right, count) in result["faults"].items():
            kind, band = key.split("|")
            cell = tally.setdefault(kind, {}).setdefault(band, [0, 0])
            cell[0] += right
            cell[1] += count
    names = [name for _, name in BANDS]
    yield "| fault | " + " | ".join(names) + " |"
    yield "|---|" + "---|" * len(names)
    for kind in sorted(tally):
        cells = [tally[kind].get(name) for name in names]
        yield f"| {kind} | " + " | ".join(f"{c[0] / c[1]:.0%} of {c[1]}" if c else "" for c in cells) + " |"


def _confusions(results: list[dict]) -> Iterator[str]:
    for result in results:
        yield f"**{result['plot_type']}**"
        yield ""
        yield "| | " + " | ".join(result["labels"]) + " |"
        yield "|---|" + "---|" * len(result["labels"])
        for label, row in zip(result["labels"], result["confusion"], strict=True):
            yield f"| {label} | " + " | ".join(str(cell) for cell in row) + " |"
        yield ""


if __name__ == "__main__":
    sys.exit(main())
