"""Previews: small pictures of recent plots, kept in memory so that a window need not decode them again."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from PIL import Image

from backend.api import PREVIEW_LONG_SIDE, Rgb

DEFAULT_BYTES = 128 * 2**20


def shrink(picture: Image.Image, long_side: int = PREVIEW_LONG_SIDE) -> Rgb:
    """A picture of mode RGB as uint8 (h, w, 3), its longer side reduced by a whole factor to `long_side` or more.

    Averaging whole blocks takes a fifth of the time that any filter takes; never scaled up, and sides of less than
    twice `long_side` are left as they are.
    """
    factor = max(picture.size) // long_side
    return np.asarray(picture if factor < 2 else picture.reduce(factor))


class PreviewCache:
    """Least recently used previews by plot id, bounded in bytes. Thread-safe; never waits for anything."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._images: OrderedDict[int, Rgb] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, plot_id: int) -> Rgb | None:
        """The preview, or None."""
        with self._lock:
            image = self._images.get(plot_id)
            if image is not None:
                self._images.move_to_end(plot_id)
            return image

    def put(self, plot_id: int, image: Rgb) -> None:
        """Keep this preview; the least recently used ones go when the bound is passed."""
        with self._lock:
            old = self._images.pop(plot_id, None)
            self._bytes += image.nbytes - (0 if old is None else old.nbytes)
            self._images[plot_id] = image
            while self._bytes > self._max_bytes and len(self._images) > 1:
                self._bytes -= self._images.popitem(last=False)[1].nbytes
