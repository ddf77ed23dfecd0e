"""Reading: from a file or a stored blob to what the model wants, in one trip to a worker thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from backend.api import Rgb
from backend.domain.errors import BlobError, BundleError, ImageExpiredError, WorkerUnavailableError
from backend.domain.intake import FileStamp
from backend.domain.plots import Plot
from backend.feed.images import ImageLimits, decode, open_picture
from backend.feed.reading import ReadPlot, read_plot
from backend.inference.preprocessing import prepare
from backend.pipeline.items import ClassifyItem, ModelInput, ReadItem, StageTimes
from backend.pipeline.models import ModelsInForce
from backend.pipeline.previews import PreviewCache, shrink
from backend.store import Store


@dataclass(frozen=True, slots=True)
class Reader:
    """Blocking; called on the CPU executor. Decodes once and keeps only what is needed further on.

    A station that does not judge (`judges`) needs no models.
    """

    store: Store
    models: ModelsInForce
    previews: PreviewCache
    limits: ImageLimits
    judges: bool = True

    def read_file(self, stamp: FileStamp, root: Path) -> ReadItem:
        """A file of the input directory. Raises what `backend.feed.reading.read_plot` raises."""
        return self.prepared(stamp, lambda: read_plot(stamp, root, self.limits))

    def prepared(self, stamp: FileStamp, read_it: Callable[[], ReadPlot]) -> ReadItem:
        """Whatever `read_it` reads, ready for its model. Raises what that raises."""
        start = time.perf_counter()
        read = read_it()
        item = self._input(read.plot.identity.plot_type, read.picture)
        times = StageTimes({"read": (time.perf_counter() - start) * 1e3})
        return ReadItem(stamp, read.plot, shrink(read.picture), item, times)

    def read_stored(self, plot: Plot) -> ClassifyItem:
        """A plot whose work was claimed from the store. Raises PlotRejectedError where its blob is damaged."""
        start = time.perf_counter()
        picture = self._picture(plot)
        self.previews.put(plot.plot_id, shrink(picture))
        item = self._input(plot.identity.plot_type, picture)
        times = StageTimes({"read": (time.perf_counter() - start) * 1e3})
        return ClassifyItem(plot, item, times, time.monotonic())

    def image(self, plot: Plot) -> Rgb:
        """The whole image of a stored plot; it was checked at intake, so its suffix no longer matters."""
        return decode(self.original(plot), "", self.limits)

    def original(self, plot: Plot) -> bytes:
        """The image file as it came; ImageExpiredError where it was let go meanwhile, BlobError where it is lost."""
        try:
            return self.store.blobs.get(plot.sha256)
        except BlobError as error:
            gone = self.store.live.plot(plot.plot_id).image_expired_at
            if gone is None:
                raise
            raise ImageExpiredError(f"Image expired {gone.astimezone():%d %b %Y}") from error

    def preview(self, plot: Plot) -> Rgb:
        """The preview of a stored plot, kept in memory from now on."""
        image = shrink(self._picture(plot))
        self.previews.put(plot.plot_id, image)
        return image

    def is_broken(self, plot_type: str) -> bool:
        """Whether a model is in force that cannot be loaded: its plots wait until it can."""
        model = self.models.of(plot_type)
        return model is not None and model.digest in self.models.broken

    def _picture(self, plot: Plot) -> Image.Image:
        return open_picture(self.store.blobs.get(plot.sha256), "", self.limits)

    def _input(self, plot_type: str, picture: Image.Image) -> ModelInput | None:
        model = self.models.of(plot_type) if self.judges else None
        if model is None:
            return None
        try:
            loaded = self.models.load(model)
        except (BundleError, WorkerUnavailableError):
            return None
        return ModelInput(model, loaded, prepare(picture, loaded.spec))
