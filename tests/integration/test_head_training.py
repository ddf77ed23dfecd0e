"""From few labels to a head that judges: the real worker and the shipped backbone, without TensorFlow."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="heads are fitted with scikit-learn, which comes with hydra-gui[train]")

from backend.config import InferenceSection
from backend.domain.errors import TrainingError
from backend.inference import backbones
from backend.inference.backbones import read_backbone, shipped_backbones
from backend.inference.bundles import open_bundle
from backend.inference.manifest import InputSpec
from backend.inference.preprocessing import prepare
from backend.services.classify import FileClassifier
from backend.services.labels import import_labels
from backend.services.model_choice import choose_from_store
from backend.services.training import Prepared, Step, Training, TrainingPlan
from backend.simulation.drawing import draw
from backend.simulation.sampling import samples
from backend.store import Store
from backend.training.datasets import Sample, write_dataset
from backend.training.head_making import make_head
from backend.training.progress import EpochDone, Exporting, Progress, Started, TrainingRequest
from backend.training.recipes import DEFAULT_INPUT, recipe

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as opened:
        yield opened


def write_drawn(folder: Path, seed: int, count: int) -> list[tuple[Path, str]]:
    """Sound and empty plots of a type that the backbone never saw, each of a run of its own, and what they are."""
    drawn = [
        *samples("TOF_bars", seed, count, good=1.0),
        *(draw("TOF_bars", np.random.default_rng((seed, number)), fault="no_data") for number in range(count // 4)),
    ]
    folder.mkdir()
    written = []
    for item in drawn:
        path = folder / f"TOF_bars_{len(written):04d}.png"
        item.image.save(path, compress_level=1)
        written.append((path, item.label))
    return written


def label_plots(store: Store, tmp_path: Path) -> None:
    """Import labels for such plots."""
    rows = ["path,plot_type,run,chunk,label"]
    for run, (path, label) in enumerate(write_drawn(tmp_path / "plots", 5, 60), 1):
        rows.append(f"{path.relative_to(tmp_path)},TOF_bars,{run},0,{label}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    assert import_labels(store, tmp_path / "labels.csv", who="expert").rejected == []


def request(tmp_path: Path, spec: InputSpec = DEFAULT_INPUT) -> TrainingRequest:
    """Of sound and empty plots."""
    drawn = write_drawn(tmp_path / "drawn", 5, 40)
    teaching = [Sample(path.read_bytes(), label, run) for run, (path, label) in enumerate(drawn, 1)]
    write_dataset(teaching, spec, tmp_path / "dataset")
    (tmp_path / "bundle").mkdir()
    return TrainingRequest("TOF_bars", tmp_path / "dataset", tmp_path / "bundle", recipe("head"), "expert", 1, 1)


def test_that_few_labels_become_a_model_in_the_library_that_judges(embedded: Store, tmp_path: Path) -> None:
    label_plots(embedded, tmp_path)
    steps: list[Step] = []
    trained = Training(embedded, TrainingPlan("TOF_bars", "expert", "head"), tmp_path / "work", steps.append).run()
    assert [type(step) for step in steps if isinstance(step, Prepared | Started | EpochDone | Exporting)] == [
        Prepared, Started, EpochDone, Exporting,
    ]  # fmt: skip
    assert trained.figures.accuracy == 1.0
    assert list((tmp_path / "work").iterdir()) == []
    info = embedded.models.get(trained.model_id)
    digest = json.loads(info.manifest_json)["backbone"]
    assert info.architecture == "backbone_head"
    assert digest in shipped_backbones()
    assert embedded.blobs.contains(digest)
    embedded.models.activate(trained.model_id, "expert")
    judged = write_drawn(tmp_path / "new", 6, 30)
    choice = choose_from_store(embedded, InferenceSection(cache_dir=tmp_path / "cache"), None)
    verdicts = [result.verdict for result in FileClassifier(choice, {}).run([path for path, _ in judged])]
    assert [verdict and verdict.classification for verdict in verdicts] == [label for _, label in judged]
    assert [label for _, label in judged].count("NoData") == 7


def test_that_a_head_is_made_without_tensorflow(tmp_path: Path) -> None:
    asked = request(tmp_path)
    program = (
        "import sys, pickle, json\n"
        "from backend.training.worker import _maker\n"
        "request = pickle.loads(sys.stdin.buffer.read())\n"
        "_maker(request)(request, lambda said: None, lambda: True)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(asked), cwd=ROOT, capture_output=True, timeout=100
    )
    assert done.returncode == 0, done.stderr.decode()
    assert not {"tensorflow", "keras"} & set(json.loads(done.stdout.splitlines()[-1]))
    manifest = open_bundle(asked.bundle).manifest
    assert manifest.labels == ("Good", "NoData")
    assert set(manifest.files) == {"head.npz", "evaluation.json"}
    assert manifest.metrics["accuracy"] == 1.0
    assert set(manifest.provenance.versions) >= {"scikit-learn", "openvino"}


def test_that_giving_up_leaves_no_half_a_bundle(tmp_path: Path) -> None:
    asked, said = request(tmp_path), list[Progress]()

    def check() -> bool:
        if any(isinstance(message, Started) for message in said):
            raise InterruptedError
        return True

    with pytest.raises(InterruptedError):
        make_head(asked, said.append, check)
    assert list(asked.bundle.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("head-")] == []


def test_that_plots_prepared_for_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="prepare it anew"):
        make_head(request(tmp_path, InputSpec(height=96, width=128, channels=3)), lambda _: None, lambda: True)


def test_that_without_a_backbone_no_head_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "SHIPPED_BACKBONES", tmp_path / "none")
    with pytest.raises(TrainingError, match="No backbone is shipped"):
        make_head(request(tmp_path), lambda _: None, lambda: True)


def test_that_the_shipped_backbone_is_small_and_says_where_it_comes_from() -> None:
    (path,) = shipped_backbones().values()
    backbone = read_backbone(path.read_bytes())
    assert path.stat().st_size < 3_000_000
    assert backbone.manifest.input == DEFAULT_INPUT
    assert backbone.manifest.provenance.model_extra is not None
    assert "TOF_bars" in backbone.manifest.provenance.model_extra["held_out"]  # type: ignore[operator]
    assert prepare(np.zeros((600, 800, 3), np.uint8), backbone.manifest.input).shape == (192, 256, 3)
