"""Types of the arrays that pass through the simulation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
"""Expected or counted entries of shape (panels, cells) or (panels, rows, columns)."""

BoolArray = NDArray[np.bool_]
"""Which cells of a `FloatArray` of the same shape."""

IntArray = NDArray[np.intp]
"""Cell numbers; -1 where there is no cell."""
