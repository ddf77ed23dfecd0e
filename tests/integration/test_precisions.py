"""Stations with other processors calculate in other precisions and must say the same of a plot."""

import io

import numpy as np
import pytest

from backend.feed.images import ImageLimits, decode
from backend.inference.openvino_quietly import openvino
from backend.inference.preprocessing import prepare
from backend.inference.runtime import Runtime
from backend.services.bundles import opened_bundle, shipped_bundles
from backend.simulation.drawing import draw
from tests.fakes.bundles import make_bundle

PLOTS_OF_EACH = 10
UNSEEN = 900_000
"""Seeds the shipped models were not trained on."""


def plots(name: str) -> list[np.ndarray]:
    found = []
    for number in range(PLOTS_OF_EACH):
        buffer = io.BytesIO()
        draw(name, np.random.default_rng(UNSEEN + number)).image.save(buffer, "PNG", compress_level=1)
        found.append(decode(buffer.getvalue(), ".png", ImageLimits()))
    return found


@pytest.mark.soak
def test_that_shipped_models_say_the_same_on_every_processor(tmp_path):
    """As the engine runs them, against float32."""
    exact, usual = Runtime("CPU", 1, tmp_path / "f32", "f32"), Runtime("CPU", 1, tmp_path / "auto")
    same, gaps = [], []
    for path in shipped_bundles():
        with opened_bundle(path) as bundle:
            models = exact.load(bundle), usual.load(bundle)
            batch = np.stack([prepare(image, models[0].spec) for image in plots(bundle.manifest.plot_type)])
            for one, other in zip(*(model.predict(batch) for model in models), strict=True):
                same.append(np.argmax(one.probabilities) == np.argmax(other.probabilities))
                gaps.append(abs(max(one.probabilities) - max(other.probabilities)))
                assert other.precision == models[1].precision
    assert len(same) == PLOTS_OF_EACH * len(shipped_bundles())
    assert np.mean(same) >= 0.999
    assert max(gaps) <= 0.02


def test_that_only_large_networks_are_calculated_in_bfloat16(tmp_path):
    capable = "BF16" in openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    runtime = Runtime("CPU", 1, tmp_path / "cache")
    large = runtime.load(make_bundle(tmp_path / "large", convolutions=(32, 64, 128, 256, 512, 1024)))
    assert (large.is_wide, large.precision) == (True, "bf16" if capable else "f32")
    assert runtime.load(make_bundle(tmp_path / "small")).precision == "f32"
