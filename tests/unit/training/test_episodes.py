"""Episodes: kept as they were, varied as a whole, and their regions follow."""

from pathlib import Path

import numpy as np
import pytest

from backend.domain.errors import TrainingError
from backend.training.episodes import Episodes, batches, inside, read_episodes, write_episodes

PLACES = (4, 8)


def drawn(count: int = 6, plots: int = 3) -> Episodes:
    """Episodes with a bright patch in the region of each faulty plot, the upper left quarter."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, (count, plots, 32, 64, 3), np.uint8)
    kinds = np.tile(np.array([0, 0, 5], np.int32), (count, 1))
    images[:, 2, :16, :32] = 200
    regions = np.tile(np.array([0, 0, 0.5, 0.5], np.float32), (count, plots, 1))
    return Episodes(images, kinds, regions)


def test_that_episodes_survive_writing_and_reading(tmp_path: Path) -> None:
    written = drawn()
    write_episodes(tmp_path / "made", written)
    read = read_episodes(tmp_path / "made")
    assert read.sha256() == written.sha256()
    assert read.plots == 3
    assert Episodes(written.images, written.kinds, written.regions + 1).sha256() != written.sha256()


def test_that_no_episodes_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="Draw them again"):
        read_episodes(tmp_path)


def test_that_every_episode_comes_once_and_what_is_left_over_is_dropped() -> None:
    episodes = drawn(5)
    episodes.kinds[:, 0] = np.arange(5) + 10
    found = list(batches(episodes, 2, PLACES, np.random.default_rng(1)))
    assert [batch.images.shape for batch in found] == [(6, 32, 64, 3)] * 2
    assert len({int(batch.kinds[place]) for batch in found for place in (0, 3)}) == 4


def test_that_the_region_follows_the_picture_however_it_is_varied() -> None:
    corners = set()
    for seed in range(12):
        for batch in batches(drawn(), 1, PLACES, np.random.default_rng(seed)):
            faulty, where = batch.images[2].astype(int), batch.inside[2]
            spread = faulty.reshape(4, 8, 8, 8, 3).std(axis=(1, 3)).mean(axis=-1)  # the patch is flat, the rest is not
            assert (spread[where > 0] == 0).sum() >= 8
            assert (spread[where == 0] > 0).all()
            assert not batch.inside[:2].any()
            corners.add((bool(where[0, 0]), bool(where[0, -1]), bool(where[-1, 0])))
    assert len(corners) == 4


def test_that_places_half_outside_a_region_belong_to_it_and_sound_plots_have_none() -> None:
    region = np.array([[0.3, 0.3, 0.45, 0.6]] * 2, np.float32)
    found = inside(region, np.array([1, 0], np.int32), PLACES)
    assert found[0].sum() == 2 * 2
    assert found[0, 1:3, 2:4].all()
    assert not found[1].any()
