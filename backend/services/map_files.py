"""Exact heat maps of files, written as pictures beside what was said of them: for scripts and for experts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from backend.domain.errors import BundleError, PlotRejectedError
from backend.feed.images import ImageLimits, decode
from backend.inference.heat_maps import drawn
from backend.inference.preprocessing import prepare
from backend.inference.reference.supervisor import ReferenceEngine
from backend.services.classify import FileVerdict
from backend.services.model_choice import ModelChoice


@dataclass(frozen=True, slots=True, eq=False)
class MapFiles:
    """Writes into `folder`, which is made if need be: a grey PNG as large as the plot, white for the most evidence.

    `layer` is the one whose map it is, "" for the last one.
    """

    folder: Path
    choice: ModelChoice
    reference: ReferenceEngine
    layer: str
    limits: ImageLimits

    def add(self, result: FileVerdict) -> FileVerdict:
        """Write the map of one result, for the class of its verdict; the result with the file's name, or the trouble.

        A file without a verdict stays as it is. WorkerUnavailableError where no map at all can be had.
        """
        judging = self.choice.model(result.plot_type) if result.verdict else None
        if judging is None or judging.bundle is None or result.verdict is None:
            return result
        try:
            image = decode(result.path.read_bytes(), result.path.suffix, self.limits)
            bundle = judging.bundle()
            label = bundle.manifest.labels.index(result.verdict.classification)
            found = self.reference.explain(bundle, prepare(image, bundle.manifest.input), label, self.layer)
            file = self.folder / f"{result.path.stem}.{re.sub(r'[^A-Za-z0-9_-]', '_', found.layer)}.png"
            self.folder.mkdir(parents=True, exist_ok=True)
            size = (image.shape[1], image.shape[0])
            Image.fromarray(drawn(found.evidence).values).resize(size, Image.Resampling.BILINEAR).save(file)
        except (BundleError, PlotRejectedError) as error:
            return replace(result, trouble=f"no exact map: {error}")
        except OSError as error:
            return replace(result, trouble=f"no exact map: {error.strerror or error}")
        return replace(result, map_file=file)
