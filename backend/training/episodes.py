"""Episodes, of which a shared backbone learns: plots of one look, sound and faulty ones, and where the faults are.

NumPy only. An episode is what a plot type is in service: a few sound plots say what is usual, others are judged by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.domain.errors import TrainingError

_IMAGES, _ROWS = "images.npy", "rows.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """E episodes of P plots each.

    `images` uint8 (E, P, h, w, c); `kinds` int32 (E, P), 0 for a sound plot, else the number of its fault; `regions`
    float32 (E, P, 4), where it is: left, top, right, bottom as fractions of the image.
    """

    images: NDArray[np.uint8]
    kinds: NDArray[np.int32]
    regions: NDArray[np.float32]

    @property
    def plots(self) -> int:
        """Plots of one episode."""
        return int(self.images.shape[1])

    def sha256(self) -> str:
        """Follows from every image, kind and region."""
        digest = hashlib.sha256(str(self.images.shape).encode())
        for episode in self.images:
            digest.update(np.ascontiguousarray(episode).tobytes())
        digest.update(self.kinds.tobytes() + self.regions.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class EpisodeBatch:
    """Some episodes one after the other: images (B, h, w, c), kinds (B,), and `inside`, float32 (B, rows, columns),
    1 where a place is in the region of the fault.
    """

    images: NDArray[np.uint8]
    kinds: NDArray[np.int32]
    inside: NDArray[np.float32]


def write_episodes(folder: Path, episodes: Episodes) -> None:
    """Keep episodes in a folder, which is made if need be; half-written ones are not read."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / _IMAGES, episodes.images, allow_pickle=False)
    np.savez(folder / _ROWS, kinds=episodes.kinds, regions=episodes.regions)


def read_episodes(folder: Path) -> Episodes:
    """Inverse of `write_episodes`, in memory; TrainingError where there are none."""
    try:
        with np.load(folder / _ROWS, allow_pickle=False) as rows:
            return Episodes(np.load(folder / _IMAGES, allow_pickle=False), rows["kinds"], rows["regions"])
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(f"There are no episodes in {folder}: {error}. Draw them again.") from error


def batches(episodes: Episodes, size: int, places: tuple[int, int], rng: np.random.Generator) -> Iterator[EpisodeBatch]:
    """All episodes in random order, `size` of them at a time, each varied as a whole; what is left over is dropped.

    `places` are the rows and columns of `inside`.
    """
    order = rng.permutation(len(episodes.images))
    for start in range(0, len(order) - size + 1, size):
        varied = [_varied(episodes, int(number), places, rng) for number in order[start : start + size]]
        yield _joined(varied)


def inside(regions: NDArray[np.float32], kinds: NDArray[np.int32], places: tuple[int, int]) -> NDArray[np.float32]:
    """1 at the places whose middle is in the region or within half a place of it, 0 elsewhere and for sound plots."""
    rows, columns = places
    y, x = ((np.arange(count) + 0.5) / count for count in places)
    left, top, right, bottom = (regions[:, edge, None] for edge in range(4))
    down = (y >= top - 0.5 / rows) & (y <= bottom + 0.5 / rows)
    across = (x >= left - 0.5 / columns) & (x <= right + 0.5 / columns)
    hit = down[:, :, None] & across[:, None, :] & (kinds > 0)[:, None, None]
    return np.asarray(hit, np.float32)


def _varied(episodes: Episodes, number: int, places: tuple[int, int], rng: np.random.Generator) -> EpisodeBatch:
    """One episode, perhaps mirrored, with its colours exchanged, or on dark ground: all of its plots alike."""
    images, kinds = episodes.images[number], episodes.kinds[number]
    where = inside(episodes.regions[number], kinds, places)
    if rng.random() < 0.5:
        images, where = images[:, :, ::-1], where[:, :, ::-1]
    if rng.random() < 0.3:
        images, where = images[:, ::-1], where[:, ::-1]
    if rng.random() < 0.6:
        images = images[..., rng.permutation(3)]
    if rng.random() < 0.2:
        images = 255 - images
    return EpisodeBatch(images, kinds, where)


def _joined(parts: Sequence[EpisodeBatch]) -> EpisodeBatch:
    return EpisodeBatch(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.kinds for part in parts]),
        np.concatenate([part.inside for part in parts]),
    )
