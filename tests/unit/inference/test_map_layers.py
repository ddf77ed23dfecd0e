"""Which layers are offered for a heat map, read without Keras."""

import pytest

from backend.inference.map_layers import MOST, map_layers
from tests.fakes.keras_files import described, keras_file, layer, members


def offered(folder, *more):
    (folder / "model.keras").write_bytes(keras_file(members(described(*more))))
    return map_layers(folder)


def test_that_layers_with_maps_are_offered_in_order_and_vectors_are_not(tmp_path):
    more = [
        layer("Activation", name="mixed7"),
        layer("GlobalAveragePooling2D", name="embedding"),
        layer("Dropout", name="dropout"),
        layer("Dense", name="dense_3"),
    ]
    assert offered(tmp_path, *more) == ("conv2d", "multiply", "mixed7")


def test_that_networks_within_the_network_are_looked_into(tmp_path):
    inner = layer("Functional", "keras.src.models.functional", "Functional", name="network",
                  layers=[layer("InputLayer", name="input"), layer("Conv2D", name="stem")])  # fmt: skip
    assert offered(tmp_path, inner) == ("conv2d", "multiply", "stem")


def test_that_of_very_many_layers_only_those_with_names_of_their_own_are_offered(tmp_path):
    many = [layer("Conv2D", name=f"conv2d_{n}") for n in range(MOST)]
    many += [layer("BatchNormalization", name="batch_normalization_4"), layer("Concatenate", name="mixed9_0")]
    assert offered(tmp_path, *many) == ("mixed9_0",)
    assert len(offered(tmp_path, *(layer("Conv2D", name=f"conv2d_{n}") for n in range(3 * MOST)))) == MOST


@pytest.mark.parametrize("content", [None, b"", b"PK rubbish", keras_file(members(["none"])), keras_file({"a": b"b"})])
def test_that_what_cannot_be_read_offers_nothing(tmp_path, content):
    if content is not None:
        (tmp_path / "model.keras").write_bytes(content)
    assert map_layers(tmp_path) == ()
