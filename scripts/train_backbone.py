"""Trains the backbone that models may share, and packs it into resources/backbones.

    .venv/bin/python scripts/train_backbone.py
    .venv/bin/python scripts/judge_backbone.py       # then: what heads on it reach, docs/shared-backbone.md

It starts from the shipped model of one plot type and learns from simulated plots in looks of other halls
(`backend.simulation.looks`). Plot types in `HELD_OUT` are not among them, so that it can be shown what heads reach on
plot types the backbone never saw. Ten minutes on two cores; drawn episodes are kept in the working folder and used
again.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.domain.errors import TrainingError  # noqa: E402
from backend.inference.backbone_manifest import BackboneFacts  # noqa: E402
from backend.inference.manifest import Architecture, Preprocessing, Provenance  # noqa: E402
from backend.inference.preprocessing import prepare  # noqa: E402
from backend.services.bundles import SHIPPED, opened_bundle  # noqa: E402
from backend.simulation.catalogue import CATALOGUE, plot_type  # noqa: E402
from backend.simulation.conditions import name_seed  # noqa: E402
from backend.simulation.faults import FaultKind  # noqa: E402
from backend.simulation.looks import Look  # noqa: E402
from backend.simulation.sampling import sample  # noqa: E402
from backend.training.episodes import Episodes, read_episodes, write_episodes  # noqa: E402
from backend.training.recipes import DEFAULT_INPUT  # noqa: E402

HELD_OUT = ("FDC_cathodes", "FCAL_occupancy", "TOF_bars", "LTCC_nphe", "Tagger_energy")
"""Two maps, bars, a plot of many panels and a filled histogram."""

LOOK_SEED = 410_020_000
LOOKS, SOUND, FAULTY = 36, 9, 5
"""Looks of each plot type, and sound and faulty plots in each of them."""

KINDS = tuple(FaultKind)
SEED = 1
STARTS_FROM = "CDC_occupancy"
LARGEST = 3_000_000
_LIBRARIES = ("tensorflow", "keras", "openvino", "numpy", "Pillow")


def main() -> int:
    """Draw, train, convert, compare, pack."""
    options = _options()
    episodes = _episodes(options.work / "episodes", options.looks, options.threads)
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
    packed = _trained(episodes, options)
    options.into.parent.mkdir(parents=True, exist_ok=True)
    options.into.write_bytes(packed)
    print(f"{options.into}: {len(packed) / 1e6:.2f} MB")
    return 0 if len(packed) <= LARGEST else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=ROOT / "resources" / "backbones" / "detector_plots.zip")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "backbone")
    parser.add_argument("--looks", type=int, default=LOOKS, help="looks of each plot type")
    parser.add_argument("--epochs", type=int, default=None, help="times every episode is learnt from")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _episodes(folder: Path, looks: int, processes: int) -> Episodes:
    """Drawn once: what an earlier run has drawn is used."""
    try:
        return read_episodes(folder)
    except TrainingError:
        names = [kind.name for kind in CATALOGUE if kind.name not in HELD_OUT]
        jobs = [(name, number) for number in range(looks) for name in names]
        with ProcessPoolExecutor(processes) as pool:
            drawn = list(pool.map(draw_episode, jobs, chunksize=4))
        columns = [np.stack(column) for column in zip(*drawn, strict=True)]
        write_episodes(folder, Episodes(*columns))
        return read_episodes(folder)


def draw_episode(job: tuple[str, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, kinds and regions of one look of a plot type, see `Episodes`."""
    name, number = job
    kind, look = plot_type(name), Look(LOOK_SEED + 1000 * (name_seed(name) % 1000) + number)
    rng = np.random.default_rng((LOOK_SEED, name_seed(name), number))
    images, kinds, regions = [], [], []
    for place in range(SOUND + FAULTY):
        drawing = sample(kind, rng, good=1.0 if place < SOUND else 0.0, look=look)
        images.append(prepare(np.asarray(drawing.image), DEFAULT_INPUT))
        kinds.append(0 if drawing.fault is None else 1 + KINDS.index(drawing.fault.kind))
        regions.append(drawing.region or (0.0, 0.0, 0.0, 0.0))
    return np.stack(images), np.array(kinds, np.int32), np.array(regions, np.float32)


def _trained(episodes: Episodes, options: argparse.Namespace) -> bytes:
    import tensorflow as tf

    from backend.training.backbone_exporting import export_backbone, map_spec, verify_backbone
    from backend.training.pretraining import OFFSET, SCALE, Pretrainer, Pretraining
    from backend.training.warm_start import start_from

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    how = Pretraining() if options.epochs is None else Pretraining(epochs=options.epochs)
    pretrainer, began = Pretrainer(DEFAULT_INPUT, 1 + len(KINDS), episodes.plots, how, SEED), time.monotonic()
    with opened_bundle(SHIPPED / f"{STARTS_FROM}.zip") as bundle:
        start_from(bundle, pretrainer.looking, pretrainer.comparing)
        parent = bundle.digest
    history: list[dict[str, float]] = []
    pretrainer.run(episodes, lambda figures: (history.append(asdict(figures)), print(figures, flush=True)))
    facts = BackboneFacts(
        input=DEFAULT_INPUT,
        preprocessing=Preprocessing(scale=SCALE, offset=OFFSET),
        maps=map_spec(DEFAULT_INPUT),
        architecture=Architecture(name="compact_cbam"),
        metrics={"history": history},
        provenance=_provenance(episodes, parent, asdict(how), time.monotonic() - began),
    )
    halves = pretrainer.looking, pretrainer.comparing
    packed = export_backbone(*halves, facts)
    agreement = verify_backbone(*halves, packed, episodes.images[::36, 0], options.work / "cache")
    print(f"OpenVINO and Keras agree: their maps correlate by {agreement:.5f} at least")
    return packed


def _provenance(episodes: Episodes, parent: str, how: dict, seconds: float) -> Provenance:
    names = {"tensorflow": "tensorflow-cpu"}
    return Provenance.model_validate(
        {
            "created": datetime.now(UTC),
            "author": "hydra-gui",
            "data_sha256": episodes.sha256(),
            "seed": SEED,
            "versions": {name: importlib.metadata.version(names.get(name, name)) for name in _LIBRARIES},
            "counts": {"episodes": len(episodes.images), "plots": int(episodes.kinds.size)},
            "held_out": list(HELD_OUT),
            "parent": parent,
            "pretraining": how,
            "training_seconds": round(seconds, 1),
        }
    )


if __name__ == "__main__":
    sys.exit(main())
