"""The one way to OpenVINO: imported when first needed, never reporting to anybody.

The package sends a usage event over the network when it is imported, from a process of its own, through
`openvino_telemetry`, which comes with it. Where that module cannot be imported it uses an empty stand-in.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any, cast

_TELEMETRY = "openvino_telemetry"


def openvino() -> Any:  # noqa: ANN401 - the package has no types
    """The `openvino` package. It takes a quarter of a second the first time: call it from a worker thread."""
    if "openvino" not in sys.modules:
        forbid_telemetry()
    return importlib.import_module("openvino")


def forbid_telemetry() -> None:
    """Keep OpenVINO from reporting its use, in this process, whoever imports it. Call before it is imported."""
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules.setdefault(_TELEMETRY, None)
