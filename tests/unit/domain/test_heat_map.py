"""Heat maps as bytes."""

import numpy as np
import pytest

from backend.domain.predictions import HeatMap


def test_that_a_heat_map_survives_its_bytes():
    values = np.random.default_rng(1).integers(0, 256, (14, 18), np.uint8)
    assert np.array_equal(HeatMap.decode(HeatMap(values).encode()).values, values)


def test_that_the_noisiest_map_we_make_stays_below_a_kilobyte():
    values = np.random.default_rng(2).integers(0, 256, (28, 32), np.uint8)
    assert len(HeatMap(values).encode()) <= 1024


def test_that_other_bytes_are_refused():
    with pytest.raises(ValueError, match="heat map"):
        HeatMap.decode(b"\x02\x02 nonsense")
