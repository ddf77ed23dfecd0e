"""Labels out of the store: a label file and, if wanted, the images beside it, ready to be imported elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from backend.domain.labels import LabelledPlot
from backend.domain.plots import Plot, PlotIdentity
from backend.feed.formats import HEAD, sniff
from backend.services.label_files import write_rows
from backend.store import Store


def export_labels(store: Store, file: Path, *, plot_types: tuple[str, ...] = (), images: bool = False) -> int:
    """Write the labels that count of these plot types (all, where none is named); returns how many.

    With `images` the files are written below the label file's folder, where their paths point. UnknownNameError
    where a plot type is not known, and nothing is written.
    """
    wanted = plot_types or tuple(info.name for info in store.plot_types.all())
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.partial")
    try:
        with partial.open("w", newline="", encoding="utf-8") as stream:
            count = write_rows(stream, _rows(store, wanted, file.parent if images else None))
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return count


def _rows(store: Store, plot_types: tuple[str, ...], folder: Path | None) -> Iterator[tuple[str, PlotIdentity, str]]:
    for name in plot_types:
        for item in store.labels.latest(name):
            path = _path(store, item, folder)
            yield path, item.plot.identity, item.label


def _path(store: Store, item: LabelledPlot, folder: Path | None) -> str:
    if folder is None:
        return hydra_path(item.plot, ".png")
    data = store.blobs.get(item.plot.sha256)
    kind = sniff(data[:HEAD])
    path = hydra_path(item.plot, kind.suffixes[0] if kind else "")
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)
    return path


def hydra_path(plot: Plot, suffix: str) -> str:
    """Where a kept file lives: run period, run padded to 6, and a folder for its content, as several plots may
    share the name within a run."""
    identity = plot.identity
    chunk = "" if identity.chunk is None else f"_{identity.chunk:04d}"
    parts = (identity.run_period, f"Run{identity.run:06d}", f"blob-{plot.sha256[:16]}")
    return "/".join((*filter(None, parts), f"{identity.plot_type}{chunk}{suffix}"))
