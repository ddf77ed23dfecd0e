"""Which layers of a network may be asked for a heat map, read from the description in `model.keras` without Keras."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.inference.keras_archive import CONFIG, MAX_CONFIG_BYTES
from backend.inference.manifest import KERAS_NAME

MOST = 40
"""Layers that a person still finds her way in; of more, only those are offered that were given a name."""

_WITHOUT_MAP = re.compile(
    r"InputLayer|Dense|Dropout|Flatten|Reshape|Rescaling|Normalization|Softmax|Embedding|Global\w+Pooling\dD|GRU|LSTM|"
    r"Repeat\w+|Functional|Sequential|Model"
)
_PLAIN_STEP = re.compile(r"ZeroPadding2D|Cropping2D|Random\w+|GaussianNoise|SpatialDropout2D")


def map_layers(folder: Path) -> tuple[str, ...]:
    """Their names in the order of the network, as far as the description tells; () where there is none to read.

    `folder` is that of a verified bundle. Whether a layer has a map shows only when it is asked for one.
    """
    try:
        with zipfile.ZipFile(folder / KERAS_NAME) as archive, archive.open(CONFIG) as file:
            description = json.loads(file.read(MAX_CONFIG_BYTES))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, RecursionError):
        return ()
    found = list(dict.fromkeys(_named(description)))
    if len(found) > MOST:
        found = [(kind, name) for kind, name in found if not _is_automatic(kind, name)] or found[-MOST:]
    return tuple(name for _, name in found)


def _named(part: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON
    """Class and name of every layer that may have a map, in networks within the network, too."""
    config = part.get("config") if isinstance(part, dict) else None
    if not isinstance(config, dict):
        return
    kind, name, inner = part.get("class_name"), config.get("name"), config.get("layers")
    if isinstance(inner, list):
        for layer in inner:
            yield from _named(layer)
    elif isinstance(kind, str) and isinstance(name, str) and not (_is_mapless(kind) or name in ("embedding", "logits")):
        yield kind, name


def _is_mapless(kind: str) -> bool:
    return bool(_WITHOUT_MAP.fullmatch(kind) or _PLAIN_STEP.fullmatch(kind))


def _is_automatic(kind: str, name: str) -> bool:
    """Whether Keras made the name of the class: `conv2d_17`."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()
    return re.sub(r"_\d+$", "", name).replace("_", "") == snake.replace("_", "")
