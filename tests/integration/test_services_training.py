"""From labels to a model that judges: the real worker with TensorFlow, on few and easy plots."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.config import InferenceSection
from backend.domain.classifications import IGNORE
from backend.domain.errors import TrainingError, UnknownNameError
from backend.domain.labels import NewLabel
from backend.services.classify import FileClassifier
from backend.services.labels import import_labels
from backend.services.model_choice import choose_from_store
from backend.services.training import Collecting, Prepared, Preparing, Step, Training, TrainingPlan
from backend.store import Store
from backend.training.jobs import TrainingCancelledError
from backend.training.progress import EpochDone, Exporting, Started
from tests.fakes.plots import write_plots

RUNS = 12


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as opened:
        yield opened


def label_plots(store: Store, tmp_path: Path, label: tuple[str, str] = ("Good", "Bad")) -> None:
    """Bright plots are Good and dark ones Bad, four in each of twelve runs."""
    rows = ["path,plot_type,run,chunk,label"]
    for run in range(1, RUNS + 1):
        for number, path in enumerate(write_plots(tmp_path / "plots" / str(run), ["CDC_occupancy"], 4, run)):
            rows.append(f"{path.relative_to(tmp_path)},CDC_occupancy,{run},{number},{label[number % 2]}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    assert import_labels(store, tmp_path / "labels.csv", who="expert").rejected == []


def plan(plot_type: str = "CDC_occupancy", recipe: str = "quick") -> TrainingPlan:
    return TrainingPlan(plot_type, "expert", recipe)


@pytest.mark.tensorflow
def test_that_labels_become_a_model_that_judges(embedded: Store, tmp_path: Path) -> None:
    label_plots(embedded, tmp_path)
    steps: list[Step] = []
    trained = Training(embedded, plan(), tmp_path / "work", steps.append).run()
    assert trained.figures.accuracy >= 0.9
    assert {count.label for count in trained.summary.counts} == {"Good", "Bad"}
    assert [type(step) for step in steps if not isinstance(step, Collecting | Preparing | EpochDone)] == [
        Prepared, Started, Exporting,
    ]  # fmt: skip
    assert list((tmp_path / "work").iterdir()) == []
    embedded.models.activate(trained.model_id, "expert")
    files = write_plots(tmp_path / "new", ["CDC_occupancy"], 6, run=99)
    choice = choose_from_store(embedded, InferenceSection(cache_dir=tmp_path / "cache"), None)
    verdicts = [result.verdict for result in FileClassifier(choice, {}).run(files)]
    assert [verdict and verdict.classification for verdict in verdicts] == ["Good", "Bad"] * 3


@pytest.mark.tensorflow
def test_that_cancelling_keeps_nothing(embedded: Store, tmp_path: Path) -> None:
    label_plots(embedded, tmp_path)
    training: Training

    def cancel_when_started(step: Step) -> None:
        if isinstance(step, Started):
            threading.Thread(target=training.cancel).start()

    training = Training(embedded, plan(recipe="compact"), tmp_path / "work", cancel_when_started)
    with pytest.raises(TrainingCancelledError):
        training.run()
    assert embedded.models.all() == []
    assert list((tmp_path / "work").iterdir()) == []


def test_that_cancelling_while_images_are_read_keeps_nothing(embedded: Store, tmp_path: Path) -> None:
    label_plots(embedded, tmp_path)
    training: Training

    def cancel_soon(step: Step) -> None:
        if isinstance(step, Collecting) and step.done == 3:
            training.cancel()

    training = Training(embedded, plan(), tmp_path / "work", cancel_soon)
    with pytest.raises(TrainingCancelledError):
        training.run()
    assert list((tmp_path / "work").iterdir()) == []


def test_that_there_must_be_labels(embedded: Store, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        Training(embedded, plan("Nope"), tmp_path / "work").run()
    embedded.plot_types.ensure("CDC_occupancy")
    with pytest.raises(TrainingError, match="labels import"):
        Training(embedded, plan(), tmp_path / "work").run()


def test_that_plots_to_be_ignored_teach_nothing(embedded: Store, tmp_path: Path) -> None:
    label_plots(embedded, tmp_path)
    plots = [item.plot.plot_id for item in embedded.labels.latest("CDC_occupancy") if item.label == "Bad"]
    embedded.labels.add_many([NewLabel(number, IGNORE, "expert", "grid") for number in plots])
    with pytest.raises(TrainingError, match="only Good"):
        Training(embedded, plan(), tmp_path / "work").run()


def test_that_an_unknown_recipe_names_those_there_are(embedded: Store, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="quick"):
        Training(embedded, plan(recipe="magic"), tmp_path / "work")
