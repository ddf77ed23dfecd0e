"""Heat maps of shipped models over plots of the simulated hall and real ones are small enough to keep for ever."""

from pathlib import Path

import numpy as np
import pytest

from backend.domain.predictions import HeatMap
from backend.feed.images import ImageLimits, decode
from backend.inference.preprocessing import prepare
from backend.inference.runtime import Runtime
from backend.services.bundles import opened_bundle, shipped_bundles
from backend.simulation.drawing import draw

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
MOST_BYTES = 1024


def heat_maps(path: Path, pictures: list[np.ndarray], place: Path) -> list[HeatMap]:
    with opened_bundle(path) as bundle:
        model = Runtime("CPU", 1, place).load(bundle)
        found = model.predict(np.stack([prepare(picture, model.spec) for picture in pictures]))
    return [prediction.heat_map for prediction in found]


def small_and_whole(found: list[HeatMap]) -> bool:
    encoded = [heat.encode() for heat in found]
    whole = [
        np.array_equal(HeatMap.decode(data).values, heat.values) for data, heat in zip(encoded, found, strict=True)
    ]
    return all(whole) and max(map(len, encoded)) <= MOST_BYTES


@pytest.mark.parametrize("path", shipped_bundles()[::3], ids=lambda path: path.stem)
def test_that_maps_of_simulated_plots_take_at_most_a_kilobyte(path, tmp_path):
    drawn = [draw(path.stem, np.random.default_rng(number)).image.convert("RGB") for number in range(6)]
    assert small_and_whole(heat_maps(path, [np.asarray(image) for image in drawn], tmp_path))


@pytest.mark.real
def test_that_maps_of_real_plots_take_at_most_a_kilobyte(tmp_path):
    files = sorted(REAL.rglob("*.png"))[::40]
    if not files:
        pytest.skip("the real detector plots are not beside the checkout")
    pictures = [decode(file.read_bytes(), ".png", ImageLimits()) for file in files]
    for path in shipped_bundles()[::6]:
        assert small_and_whole(heat_maps(path, pictures, tmp_path))
