"""Who works here, as histories name them."""

from __future__ import annotations

import getpass
import os


def who_am_i() -> str:
    """The name under which labels, activations and actions on alerts are recorded when none is given."""
    try:
        return os.environ.get("HYDRA_USER") or getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
