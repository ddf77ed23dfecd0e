"""Plot files of our own making, each with a content of its own, in Hydra's naming."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image


def plot_image(number: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture (width, height in pixels) that no other number gives, dark or bright in turn."""
    rng = np.random.default_rng(number)
    base = 40 if number % 2 else 210
    small = rng.integers(base - 20, base + 20, (size[1] // 8, size[0] // 8, 3), np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.NEAREST)


def write_plot(root: Path, plot_type: str, run: int, chunk: int, number: int | None = None) -> Path:
    """Write one plot as a hall does: under a temporary name, then renamed into place."""
    folder = root / "RunPeriod-2026-11" / f"Run{run:06d}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{plot_type}_{chunk:04d}.png"
    part = path.with_suffix(".part")
    plot_image(run * 10_000 + chunk if number is None else number).save(part, "PNG", compress_level=1)
    part.rename(path)
    return path


def write_plots(root: Path, plot_types: Sequence[str], count: int, run: int = 121_266) -> list[Path]:
    """`count` different plots, spread over the plot types, chunk by chunk."""
    return [
        write_plot(root, plot_types[n % len(plot_types)], run, n // len(plot_types), number=n) for n in range(count)
    ]
