"""The trial on real detector plots: learn from the even runs, judge the odd ones, with the commands a person would use.

`python -m tests.real_plots FOLDER --seeds 1 2 3` prints one line of JSON for each seed. FOLDER holds `labels.csv` and
the plots it names; without it, the folder `shared/real/csc_segment_time` beside the checkout.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from backend.training.evaluation import balanced_accuracy, confusion_matrix

PLOTS = Path(__file__).resolve().parents[2] / "shared" / "real" / "csc_segment_time"
FOUND_PROBLEMS = 1  # exit status of `classify` where it found some


@dataclass(frozen=True, slots=True)
class Trial:
    """How odd runs are judged. `confusion` has a row for each of `labels` and a column for each verdict.

    `agreement` and `balanced` from 0 to 1; `training_s` is the whole command, from labels to the model in force.
    """

    seed: int
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    agreement: float
    balanced: float
    training_s: float


def trial(folder: Path, seed: int, place: Path) -> Trial:
    """Import, train, activate and classify in a store of its own below `place`."""
    rows = list(csv.DictReader((folder / "labels.csv").read_text(encoding="utf-8").splitlines()))
    plot_type = rows[0]["plot_type"]
    _hydra(place, "labels", "import", str(folder / "labels.csv"), "--runs", "even")
    began = time.monotonic()
    _hydra(place, "train", plot_type, "--seed", str(seed), "--activate")
    seconds = time.monotonic() - began
    truth = {str(folder / row["path"]): row["label"] for row in rows if int(row["run"]) % 2}
    verdicts = _classify(place, list(truth))
    return _figures(seed, [(label, verdicts[path]) for path, label in truth.items()], seconds)


def _classify(place: Path, files: list[str]) -> dict[str, str]:
    """The verdict on each file."""
    answer = json.loads(_hydra(place, "classify", "--format", "json", *files))
    return {item["path"]: item["classification"] or "not judged" for item in answer}


def _figures(seed: int, pairs: list[tuple[str, str]], seconds: float) -> Trial:
    labels = tuple(sorted({label for pair in pairs for label in pair}))
    truth, called = (np.array([labels.index(label) for label in side]) for side in zip(*pairs, strict=True))
    confusion = confusion_matrix(called, truth, len(labels))
    return Trial(
        seed,
        labels,
        tuple(tuple(row) for row in confusion.tolist()),
        float(np.trace(confusion) / confusion.sum()),
        balanced_accuracy(confusion),
        round(seconds, 1),
    )


def _hydra(place: Path, *arguments: str) -> str:
    """One command of the program on the store at `place`; what it printed."""
    command = [sys.executable, "-m", "hydra_gui", "--data-dir", str(place), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, FOUND_PROBLEMS):
        raise RuntimeError(f"{' '.join(arguments[:3])} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """A trial for each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=PLOTS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    options = parser.parse_args()
    for seed in options.seeds:
        with tempfile.TemporaryDirectory(prefix="hydra-real-") as place:
            sys.stdout.write(json.dumps(asdict(trial(options.folder, seed, Path(place)))) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
