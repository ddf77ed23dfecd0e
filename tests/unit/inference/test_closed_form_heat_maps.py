"""Heat maps show the evidence that decides, and little where there is little."""

import numpy as np
import pytest

from backend.domain.predictions import HeatMap
from backend.inference.heat_maps import evidence, heat_map


def network(features: np.ndarray, dense: np.ndarray) -> np.ndarray:
    """Logits of global average pooling and one dense layer."""
    return features.mean(axis=(0, 1)) @ dense


def test_that_the_evidence_is_grad_cam_of_the_logit_relative_to_the_others():
    rng = np.random.default_rng(3)
    features, dense = rng.random((5, 4, 7)), rng.normal(size=(7, 3))
    temperature, label, step = 1.7, 2, 1e-5

    def score(at: np.ndarray) -> float:
        logits = network(at, dense) / temperature
        return logits[label] - logits.mean()

    gradient = np.zeros_like(features)
    for place in np.ndindex(features.shape):
        up, down = features.copy(), features.copy()
        up[place] += step
        down[place] -= step
        gradient[place] = (score(up) - score(down)) / (2 * step)
    importance = gradient.sum(axis=(0, 1))  # Grad-CAM's weights of the feature maps, times the number of places
    found = evidence((features @ dense).astype(np.float32), label, temperature)
    assert found == pytest.approx(features @ importance, abs=1e-4)
    assert found.mean() == pytest.approx(score(features), abs=1e-4)


def test_that_evidence_for_all_classes_alike_shows_nothing():
    cam = np.zeros((14, 14, 3), np.float32)
    cam[3, 3, :] = 50.0
    assert heat_map(cam, 0, 1.0).values.max() == 0


def test_that_only_evidence_for_the_class_is_shown():
    cam = np.zeros((14, 14, 2), np.float32)
    cam[2, 5, 1], cam[9, 9, 0] = 20.0, 40.0
    values = heat_map(cam, 1, 1.0).values
    assert values[2, 5] == 255
    assert np.count_nonzero(values) == 1


def test_that_a_map_is_in_proportion_to_its_strongest_evidence():
    cam = np.zeros((14, 14, 2), np.float32)
    cam[0, :4, 0] = (8, 4, 2, 0)
    assert heat_map(cam, 0, 1.0).values[0, :4] == pytest.approx([255, 127.5, 63.75, 0], abs=2.5)


def test_that_negligible_evidence_is_not_blown_up():
    noise = np.random.default_rng(1).normal(0, 0.05, (14, 14, 2)).astype(np.float32)
    assert heat_map(noise, 0, 1.0).values.max() < 50
    assert heat_map(noise, 0, 0.01).values.max() == 255  # for a sharper softmax it is not negligible


@pytest.mark.parametrize("labels", [2, 5])
@pytest.mark.parametrize("shape", [(14, 14), (24, 32), (32, 32), (75, 100), (128, 8), (255, 255)])
def test_that_a_map_takes_at_most_a_kilobyte_even_when_it_is_noise(shape, labels):
    rng = np.random.default_rng(1)
    cams = [
        rng.normal(0, 10, (*shape, labels)),
        rng.random((*shape, labels)) * np.linspace(10, 0, labels),  # all of it positive for label 0
    ]
    for cam in cams:
        found = heat_map(cam.astype(np.float32), 0, 1.0)
        encoded = found.encode()
        assert len(encoded) <= 1024
        assert np.array_equal(HeatMap.decode(encoded).values, found.values)


def test_that_a_fine_map_keeps_its_evidence_in_its_place():
    cam = np.zeros((75, 100, 2), np.float32)
    cam[60:68, 20:28, 1] = 30.0
    values = heat_map(cam, 1, 1.0).values
    assert values.shape == (32, 32)
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert ((row + 0.5) / 32, (column + 0.5) / 32) == pytest.approx((64 / 75, 24 / 100), abs=0.04)
    assert np.count_nonzero(values[:20]) == 0
