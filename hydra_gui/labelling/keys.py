"""Which key chooses which class: figures for the first nine, then letters, and 0 for what training leaves out."""

from __future__ import annotations

import string
from collections.abc import Sequence

from backend.domain.classifications import IGNORE

_KEYS = "123456789" + string.ascii_uppercase
_IGNORE_KEY = "0"


def assign_keys(names: Sequence[str]) -> dict[str, str]:
    """A key for every name, in their order; "" for those for which none is left."""
    left = iter(_KEYS)
    return {name: _IGNORE_KEY if name == IGNORE else next(left, "") for name in names}
