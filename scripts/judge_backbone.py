"""Shows what heads on the shipped backbone reach on plot types it never saw, and writes docs/shared-backbone.md.

    .venv/bin/python scripts/judge_backbone.py --real FOLDER   # FOLDER: labels.csv and the plots it names

Each head learns from at most 50 labels per class, as `hydra-gui train PLOT_TYPE --recipe head` does, and is judged on
plots that nothing learnt from, by the runtime that is used in service, beside a `compact_cbam` of its own that learnt
from all labels: on simulated plots the shipped one, on real plots one that is trained here.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.inference.bundles import open_bundle  # noqa: E402
from backend.inference.preprocessing import prepare  # noqa: E402
from backend.inference.runtime import Runtime  # noqa: E402
from backend.services.bundles import SHIPPED, opened_bundle  # noqa: E402
from backend.simulation.catalogue import plot_type  # noqa: E402
from backend.simulation.conditions import name_seed  # noqa: E402
from backend.simulation.sampling import sample, samples  # noqa: E402
from backend.training.datasets import Sample, write_dataset  # noqa: E402
from backend.training.evaluation import balanced_accuracy, confusion_matrix  # noqa: E402
from backend.training.jobs import TrainingJob, TrainingRequest  # noqa: E402
from backend.training.recipes import DEFAULT_INPUT, recipe  # noqa: E402
from scripts.train_backbone import HELD_OUT  # noqa: E402

MOST_LABELS = 50
TEACH_SEED, HELD_OUT_SEED = 410_030_000, 410_009_000
GOOD_TO_LEARN, GOOD_TO_JUDGE = 0.4, 0.6
PLOTS_TO_JUDGE = 200
_GIVE_UP = 1500
REAL = "CSC_segment_time"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How one model did: labels it learnt from, shares from 0 to 1, seconds of training."""

    learnt: int
    agreement: float
    balanced: float
    seconds: float

    def cells(self) -> str:
        """As columns of the table."""
        return f"{self.learnt} | {self.agreement:.1%} | {self.balanced:.1%} | {self.seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    plot_type: str
    judged: int
    head: Outcome
    own: Outcome


def main() -> int:
    """Measure and write."""
    options = _options()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    rows = [_simulated(name, options.work) for name in HELD_OUT]
    if options.real is not None:
        rows.append(_real(options.real, options.work))
    text = page(rows)
    print(text)
    options.docs.write_text(text)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, default=None, help="folder with real plots and their labels.csv")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs" / "shared-backbone.md")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "judge-backbone")
    return parser.parse_args()


def _simulated(name: str, work: Path) -> Row:
    judged = [
        (np.asarray(drawing.image), drawing.label)
        for drawing in samples(name, HELD_OUT_SEED, PLOTS_TO_JUDGE, good=GOOD_TO_JUDGE)
    ]
    head = _trained(name, _few_drawn(name), work / f"{name}-head", "head")
    with opened_bundle(SHIPPED / f"{name}.zip") as bundle:
        own = _judged(bundle.path, judged)
    row = Row(name, len(judged), _judged(head, judged), own)
    print(row, flush=True)
    return row


def _few_drawn(name: str) -> Iterator[Sample]:
    """Plots as they come until there are enough of each class; those of a class that is full are passed over."""
    kind, left = plot_type(name), Counter(dict.fromkeys(plot_type(name).classes, MOST_LABELS))
    for position in range(_GIVE_UP):
        rng = np.random.default_rng((TEACH_SEED, name_seed(name), position))
        drawing = sample(kind, rng, good=GOOD_TO_LEARN)
        if left[drawing.label]:
            left[drawing.label] -= 1
            yield Sample(np.asarray(drawing.image), drawing.label, drawing.run.run)
        if not any(left.values()):
            return


def _real(folder: Path, work: Path) -> Row:
    with (folder / "labels.csv").open(newline="") as file:
        labelled = [
            Sample((folder / line["path"]).read_bytes(), line["label"], int(line["run"]))
            for line in csv.DictReader(file)
        ]
    even, odd = ([item for item in labelled if item.run % 2 == part] for part in (0, 1))
    from backend.feed.images import ImageLimits, decode

    judged = [(decode(item.data, "", ImageLimits()), item.label) for item in odd if isinstance(item.data, bytes)]
    head = _trained(REAL, list(_few(even)), work / "real-head", "head")
    own = _trained(REAL, even, work / "real-own", "compact")
    row = Row(f"{REAL} (real)", len(judged), _judged(head, judged), _judged(own, judged))
    print(row, flush=True)
    return row


def _few(labelled: Sequence[Sample]) -> Iterator[Sample]:
    left: Counter[str] = Counter()
    for place in np.random.default_rng(0).permutation(len(labelled)):
        item = labelled[place]
        left[item.label] += 1
        if left[item.label] <= MOST_LABELS:
            yield item


def _trained(name: str, teaching: Iterable[Sample], bundle: Path, how: str) -> Path:
    dataset = bundle.with_name(f"{bundle.name}-data")
    write_dataset(teaching, DEFAULT_INPUT, dataset, seed=1)
    began = time.monotonic()
    TrainingJob(TrainingRequest(name, dataset, bundle, recipe(how), "hydra-gui", 1, 2), lambda _: None).run()
    print(f"{name}: {how} in {time.monotonic() - began:.0f} s", flush=True)
    return bundle


def _judged(bundle: Path, judged: Sequence[tuple[np.ndarray, str]]) -> Outcome:
    provenance = open_bundle(bundle).manifest.provenance
    extra = provenance.model_extra or {}
    with tempfile.TemporaryDirectory() as cache:
        model = Runtime("CPU", 1, Path(cache)).load(open_bundle(bundle))
        labels = list(model.labels)
        called = [
            int(np.argmax(model.predict(prepare(image, model.spec)[None])[0].probabilities)) for image, _ in judged
        ]
    truth = np.array([labels.index(label) for _, label in judged])
    confusion = confusion_matrix(np.array(called), truth, len(labels))
    return Outcome(
        sum(provenance.counts.values()) + sum(extra["validation_counts"].values()),
        float(np.trace(confusion) / confusion.sum()),
        balanced_accuracy(confusion),
        float(extra["training_seconds"]),
    )


def page(rows: Sequence[Row]) -> str:
    """The page of the documentation."""
    return "\n".join(
        [*_HEADER, *(f"| {r.plot_type} | {r.judged} | {r.head.cells()} | {r.own.cells()} |" for r in rows), ""]
    )


_HEADER = (
    "# What heads on the shared backbone reach",
    "",
    "Written by `scripts/judge_backbone.py`. The backbone was trained by `scripts/train_backbone.py` on simulated "
    "plots in looks of other halls; it saw none of the plot types below. A head learnt from at most "
    f"{MOST_LABELS} labels of each class (`hydra-gui train PLOT_TYPE --recipe head`), the model beside it, "
    "a `compact_cbam` of its own, from all labels. Both were judged on the same plots, which neither learnt from, by "
    "the runtime that is used in service.",
    "",
    "*Agreement* is the share of plots called what they are labelled, *balanced* the mean of that share over the "
    "classes. Simulated plots are of mixed age: a part of them has so few entries that people would hesitate too.",
    "",
    "| plot type | judged | head: labels | agreement | balanced | trained in | own: labels | agreement | balanced | "
    "trained in |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


if __name__ == "__main__":
    sys.exit(main())
