"""Writing as a hall does: complete files under their final names, the truth about each written down first."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from PIL import Image

from backend.simulation.catalogue import SimulatedPlotType, plot_type
from backend.simulation.conditions import RunConditions, name_seed
from backend.simulation.drawing import Drawing, draw

RUN_PERIOD = "RunPeriod-2026-11"
COLUMNS = ("path", "plot_type", "run", "chunk", "label", "fault", "strength")

_COMPRESSION = 1


def run_folder(run: int) -> Path:
    """Where the plots of a run lie, relative to the hall's directory."""
    return Path(RUN_PERIOD, f"Run{run:06d}")


def plot_path(kind: SimulatedPlotType, run: int, number: int) -> Path:
    """The path of a plot, relative to the hall's directory.

    `number` is the chunk of a chunked plot type; others are drawn again and again during a run and get it as a pad.
    """
    separator = "_" if kind.chunked else "-"
    return run_folder(run) / f"{kind.name}{separator}{number:04d}.png"


def write_image(image: Image.Image, path: Path) -> None:
    """Write a PNG under a hidden name and rename it when complete; FileExistsError when `path` is taken."""
    if path.exists():
        raise FileExistsError(f"{path} is there already and a hall never overwrites; choose another run number")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        image.save(part, "PNG", compress_level=_COMPRESSION)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def write_number(path: Path, value: float) -> None:
    """Put one number into a text file, never to be read half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(f"{value:.2f}\n", encoding="ascii")
    part.replace(path)


class TruthFile:
    """A CSV file that says of every plot what is really wrong with it, appended to before the plot appears.

    Closed by `close` or at the end of a `with` block.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", newline="", encoding="utf-8")
        self._rows = csv.writer(self._file, lineterminator="\n")
        if self._file.tell() == 0:
            self._rows.writerow(COLUMNS)
            self._file.flush()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self.close()

    def append(self, path: Path, kind: SimulatedPlotType, drawing: Drawing) -> None:
        """Add a row; `path` is relative to the hall's directory. On return it can be read by others."""
        fault, run = drawing.fault, drawing.run
        about = ("", "") if fault is None else (fault.kind.value, f"{fault.strength:.3f}")
        chunk = "" if run.chunk is None else run.chunk
        self._rows.writerow((path.as_posix(), kind.name, run.run, chunk, drawing.label, *about))
        self._file.flush()

    def close(self) -> None:
        """Close the file; again does no harm."""
        self._file.close()


def write_cycle(into: Path, seed: int, names: Sequence[str], run: int, chunk: int) -> list[Path]:
    """Write one sound plot of each named plot type or look-alike, as a full run shows it; their paths in that order.

    The bytes follow from the arguments alone. FileExistsError when that cycle is there already.
    """
    written = []
    for name in names:
        kind = plot_type(name)
        conditions = RunConditions.of(run, seed=seed, chunk=chunk if kind.chunked else None)
        drawing = draw(name, np.random.default_rng((seed, run, chunk, name_seed(name))), run=conditions)
        path = into / plot_path(kind, run, chunk)
        write_image(drawing.image, path)
        written.append(path)
    return written
