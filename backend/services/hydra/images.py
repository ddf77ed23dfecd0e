"""Finding the image of a plot in a folder laid out as Hydra keeps them: `RunPeriod-…/Run012345/Name_0001.png`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePath

from backend.domain.errors import HydraError, PlotRejectedError
from backend.domain.plots import PlotIdentity
from backend.feed.naming import identify

_FOLDERS_REMEMBERED = 64
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"})

Found = dict[tuple[str, int | None], Path]


class ImagesError(HydraError):
    """The folder of images cannot be used."""


class ImageFolder:
    """Looks into one folder per run, and remembers the last ones: plots of a run come together."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise ImagesError(f"{root} is no folder, so no image is found there. Nothing was brought: name another.")
        self._root = root
        self._listed = lru_cache(maxsize=_FOLDERS_REMEMBERED)(self._list)

    def find(self, identity: PlotIdentity) -> Path | None:
        """The image of a plot, None where there is none."""
        found = self._listed(identity.run_period, identity.run)
        return found.get((identity.plot_type, identity.chunk))

    def _list(self, period: str, run: int) -> Found:
        found: Found = {}
        for folder in self._places(period, run):
            for path in _images(folder):
                try:
                    seen = identify(PurePath(path.name))
                except PlotRejectedError:
                    continue
                found.setdefault((seen.plot_type, seen.chunk), path)
        return found

    def _places(self, period: str, run: int) -> Iterator[Path]:
        """Where images of a run may be, the likeliest first. A run period comes from a database: it must be a name."""
        runs = (f"Run{run:06d}", f"Run{run}", f"{run:06d}", str(run))
        inside = [period] if _is_name(period) else []
        for outer in (*inside, "."):
            for inner in dict.fromkeys(runs):
                yield self._root / outer / inner


def _is_name(text: str) -> bool:
    """Whether this names a folder below another, and no way to somewhere else."""
    return text not in ("", ".", "..") and PurePath(text).name == text and "\0" not in text


def _images(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if Path(entry.name).suffix.lower() in _SUFFIXES]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]
