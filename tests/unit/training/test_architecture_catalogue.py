"""What is known of an architecture before TensorFlow: input sizes, and the files an expert brings."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from backend.domain.errors import TrainingError
from backend.inference.manifest import InputSpec
from backend.training.catalogue import KNOWN, PixelRange, check_input, known_architecture, parse_input
from backend.training.network_files import NetworkFile, choose_network, choose_weights, input_of
from backend.training.recipes import RECIPES


def keras_file(path: Path, config: object, *, without: str = "") -> Path:
    parts = {"config.json": json.dumps(config), "metadata.json": "{}", "model.weights.h5": "weights"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            if name != without:
                archive.writestr(name, content)
    return path


def functional(*shape: int | None) -> dict[str, object]:
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, *shape]}}
    return {"class_name": "Functional", "config": {"layers": [first, {"class_name": "Dense", "config": {"units": 2}}]}}


def test_that_every_recipe_names_a_known_architecture_whose_usual_input_it_can_look_at():
    assert {recipe.architecture for recipe in RECIPES} <= {known.name for known in KNOWN}
    for known in KNOWN:
        check_input(known, known.input)


def test_that_an_unknown_architecture_is_refused_naming_those_there_are():
    with pytest.raises(TrainingError, match=r"'resnet'.*compact_cbam, inception_v3_cbam, vgg16, custom"):
        known_architecture("resnet")


@pytest.mark.parametrize(
    ("text", "shape"),
    [("299x299", (299, 299, 3)), ("320x240", (240, 320, 3)), ("64 × 48 x 1", (48, 64, 1)), ("8x4096x3", (4096, 8, 3))],
)
def test_that_an_input_size_is_width_height_and_colour_or_grey(text, shape):
    assert parse_input(text).shape == shape


@pytest.mark.parametrize("text", ["", "299", "7x299", "299x4097", "299x299x2", "-8x8", "axb", "10x10x10x10"])
def test_that_what_is_no_input_size_is_refused_with_an_example(text):
    with pytest.raises(TrainingError, match=r"no input size.*299x299x1 for grey"):
        parse_input(text)


def test_that_an_input_too_small_for_the_network_is_refused_before_anything_is_trained():
    with pytest.raises(TrainingError, match=r"inception_v3_cbam needs at least 75 × 75 pixels.*74 × 300"):
        check_input(known_architecture("inception_v3_cbam"), InputSpec(height=300, width=74, channels=3))


@pytest.mark.parametrize(("pixels", "ends"), [("-1..1", (-1, 1)), ("0..1", (0, 1)), ("0..255", (0, 255))])
def test_that_a_pixel_range_leads_from_black_and_white_to_its_ends(pixels, ends):
    found = PixelRange(pixels)
    assert (found.offset, 255 * found.scale + found.offset) == pytest.approx(ends)


def test_that_a_network_file_tells_its_input_without_being_loaded(tmp_path):
    file = choose_network(keras_file(tmp_path / "net.keras", functional(120, 160, 1)))
    assert file.sha256 == hashlib.sha256((tmp_path / "net.keras").read_bytes()).hexdigest()
    assert input_of(file) == InputSpec(height=120, width=160, channels=1)


@pytest.mark.parametrize("config", [functional(None, None, 3), functional(7, 7, 3), functional(64, 64, 4), [], {}, "x"])
def test_that_a_network_that_leaves_its_input_open_says_nothing(tmp_path, config):
    assert input_of(choose_network(keras_file(tmp_path / "net.keras", config))) is None


@pytest.mark.parametrize("name", ["net.h5", "net.pkl", "net.zip"])
def test_that_only_keras_files_are_networks(tmp_path, name):
    with pytest.raises(TrainingError, match=r"without running code.*model\.save"):
        choose_network(keras_file(tmp_path / name, functional(8, 8, 3)))


@pytest.mark.parametrize("without", ["config.json", "model.weights.h5"])
def test_that_half_a_network_file_is_refused(tmp_path, without):
    with pytest.raises(TrainingError, match=r"no network in the \.keras format"):
        choose_network(keras_file(tmp_path / "net.keras", functional(8, 8, 3), without=without))


def test_that_other_bytes_under_the_suffix_are_refused(tmp_path):
    (tmp_path / "net.keras").write_bytes(b"pickle or worse")
    (tmp_path / "weights.h5").write_bytes(b"pickle or worse")
    with pytest.raises(TrainingError, match="no network"):
        choose_network(tmp_path / "net.keras")
    with pytest.raises(TrainingError, match="no file of Keras weights"):
        choose_weights(tmp_path / "weights.h5")
    with pytest.raises(TrainingError, match="cannot be read"):
        choose_weights(tmp_path / "absent.h5")


def test_that_a_file_changed_after_it_was_chosen_is_not_used(tmp_path):
    path = keras_file(tmp_path / "net.keras", functional(8, 8, 3))
    file = choose_network(path)
    copy = file.verified_copy(tmp_path)
    assert copy.read_bytes() == path.read_bytes()
    assert copy.suffix == ".keras"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(TrainingError, match="changed after it was chosen"):
        file.verified_copy(tmp_path)
    with pytest.raises(TrainingError, match="cannot be read"):
        NetworkFile(tmp_path / "gone.keras", "0" * 64).verified_copy(tmp_path)
