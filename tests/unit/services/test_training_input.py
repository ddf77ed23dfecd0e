"""What a network is to look at, and which file goes with which architecture."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.domain.errors import TrainingError
from backend.domain.labels import LabelledPlot
from backend.domain.plots import Plot, PlotIdentity, PlotState
from backend.inference.manifest import InputSpec
from backend.services.training_input import choose_file, choose_input
from backend.training.catalogue import KNOWN, known_architecture
from backend.training.network_files import NetworkFile, choose_network

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def labelled(*sizes: tuple[int, int]) -> list[LabelledPlot]:
    identity = PlotIdentity("P", 1, None)
    return [
        LabelledPlot(Plot(n, identity, "", width, height, NOW, NOW, PlotState.JUDGED), "Good", "expert", NOW)
        for n, (width, height) in enumerate(sizes)
    ]


@pytest.fixture
def network(tmp_path: Path) -> NetworkFile:
    path = tmp_path / "net.keras"
    config = {"config": {"layers": [{"config": {"batch_shape": [None, 120, 160, 3]}}]}}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (("config.json", json.dumps(config)), ("metadata.json", ""), ("model.weights.h5", "")):
            archive.writestr(name, content)
    return choose_network(path)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_that_an_architecture_looks_at_its_usual_size_unless_told_otherwise(known):
    assert choose_input(known, "", None, labelled((800, 600))) == known.input
    assert choose_input(known, "320x240x1", None, labelled((800, 600))).shape == (240, 320, 1)


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [
        ([(800, 600), (400, 300), (800, 600)], (600, 800, 3)),
        ([(4000, 1000)], (256, 1024, 3)),
        ([(1024, 1024)], (1024, 1024, 3)),
    ],
)
def test_that_the_size_may_be_the_commonest_of_the_plots(sizes, shape):
    found = choose_input(known_architecture("compact_cbam"), "data", None, labelled(*sizes))
    assert found.shape == shape


def test_that_an_experts_network_looks_at_what_it_was_made_for(network):
    known = known_architecture("custom")
    assert choose_input(known, "", network, labelled((800, 600))) == InputSpec(height=120, width=160, channels=3)
    assert choose_input(known, "160x120", network, []).shape == (120, 160, 3)
    with pytest.raises(TrainingError, match=r"looks at 160 × 120 × 3 and nothing else, not at 64 × 64 × 3"):
        choose_input(known, "64x64", network, [])


def test_that_plots_too_small_for_the_network_are_told_before_training():
    with pytest.raises(TrainingError, match="at least 75 × 75"):
        choose_input(known_architecture("inception_v3_cbam"), "data", None, labelled((60, 60)))


@pytest.mark.parametrize(
    ("name", "weights", "given", "said"),
    [
        ("compact_cbam", True, False, "takes no --weights"),
        ("inception_v3_cbam", False, True, "takes no --network"),
        ("custom", True, True, "takes no --weights"),
        ("custom", False, False, "needs the network"),
    ],
)
def test_that_a_file_that_does_not_go_with_the_architecture_is_refused(network, name, weights, given, said):
    with pytest.raises(TrainingError, match=said):
        choose_file(known_architecture(name), network.path if weights else None, network.path if given else None)


def test_that_the_file_is_the_one_there_was_when_it_was_chosen(network):
    assert choose_file(known_architecture("custom"), None, network.path) == network
    assert choose_file(known_architecture("vgg16"), network.path, None) == network
    assert choose_file(known_architecture("vgg16"), None, None) is None
