"""Heat maps: where in the image the evidence for a class lies.

For a network that ends in global average pooling and one dense layer, the class activation map (Zhou et al., CVPR
2016, arXiv:1512.04150), feature map times dense weights, is what Grad-CAM (Selvaraju et al., ICCV 2017,
arXiv:1610.02391) gives for the last feature map, but for a constant factor: the gradient of a logit is the weight. The
network therefore yields the maps of all classes in its forward pass, and no gradient is ever taken.

Two things are done to them. A softmax does not change when the same number is added to all logits, so evidence that
all classes share decides nothing: the mean over the classes is taken away, which makes it the Grad-CAM of the logit
relative to the others. And the map is scaled by its strongest evidence, but not when that is negligible: a network that
has found nothing shall give a weak map, not noise blown up to full strength.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.domain.predictions import HeatMap

NEGLIGIBLE = 1.0
"""Evidence in units of logit / temperature below which a map is not stretched to full strength.

The average over the map is what the logit gains. Even if all of the image showed evidence of 1, the odds for the class
would only rise by a factor e.
"""

_LEVELS = 63
"""Steps of strength besides zero: finer than the eye tells in an overlay, and 32 x 32 stay below 1 kB even as noise."""

_LARGEST = 32


def evidence(cam: NDArray[np.float32], label: int, temperature: float) -> NDArray[np.float32]:
    """Evidence for class `label` relative to the others, of shape (h, w), in units of logit / temperature.

    `cam` has the shape (h, w, n): contribution of each place to the n logits, as their mean over h and w.
    """
    relative = cam[..., label] - cam.mean(axis=-1)
    return np.asarray(relative / np.float32(temperature), np.float32)


def heat_map(cam: NDArray[np.float32], label: int, temperature: float) -> HeatMap:
    """The positive evidence for class `label`: 0 where there is none or it speaks for another class, 255 the strongest.

    `cam` (h, w, n) as in `evidence`. What is finer than 32 x 32 is averaged to that: evidence is a mean over places,
    and the stored map stays below 1 kB.
    """
    return drawn(evidence(cam, label, temperature))


def drawn(places: NDArray[np.float32]) -> HeatMap:
    """The same of evidence (h, w) in units of logit / temperature, however it was found."""
    positive = np.maximum(_at_most(_LARGEST, places), 0)
    share = positive / max(float(positive.max()), NEGLIGIBLE)
    return HeatMap(np.rint(np.rint(share * _LEVELS) * (255 / _LEVELS)).astype(np.uint8))


def _at_most(size: int, places: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w) averaged to at most `size` rows and columns."""
    rows, columns = places.shape
    if max(rows, columns) <= size:
        return places
    picture = Image.fromarray(places, "F").resize((min(columns, size), min(rows, size)), Image.Resampling.BOX)
    return np.asarray(picture, np.float32)
