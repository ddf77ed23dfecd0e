"""A cache of images that is bounded by their bytes, not by their number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from PySide6.QtGui import QImage

K = TypeVar("K", bound=Hashable)


class ByteLru(Generic[K]):
    """Keeps the images used last. For one thread."""

    def __init__(self, budget: int) -> None:
        """`budget` in bytes; a single image larger than it is still kept, alone."""
        self._budget = budget
        self._images: OrderedDict[K, QImage] = OrderedDict()
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes of pixels now held."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._images)

    def get(self, key: K) -> QImage | None:
        """The image, which counts as used, or None."""
        image = self._images.get(key)
        if image is not None:
            self._images.move_to_end(key)
        return image

    def put(self, key: K, image: QImage) -> None:
        """Keep `image`, at the price of those not used for longest."""
        old = self._images.pop(key, None)
        if old is not None:
            self._bytes -= old.sizeInBytes()
        self._images[key] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > self._budget and len(self._images) > 1:
            _, dropped = self._images.popitem(last=False)
            self._bytes -= dropped.sizeInBytes()
