"""The weights in a `.keras` file, looked through before Keras loads them. Imported in the training worker only.

HDF5 can point to other files, and promise more numbers than there are bytes for. A file that breaks the library itself
breaks the worker and nothing else.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO

import h5py

from backend.domain.errors import BundleError
from backend.inference.keras_archive import CONFIG, WEIGHTS
from backend.inference.manifest import ADVICE

_NUMBERS = "fiub"
_MOST_OBJECTS = 100_000


def check_weights(name: str, keras_file: bytes) -> None:
    """BundleError unless the weights in `keras_file` are plain numbers that lie in the file itself."""
    try:
        with zipfile.ZipFile(BytesIO(keras_file)) as archive:
            weights = archive.read(WEIGHTS)
        with h5py.File(BytesIO(weights), "r") as file:
            promised = sum(_bytes_of(dataset) for dataset in _datasets(file))
        if promised > len(weights):
            raise ValueError(f"they promise {promised:,} bytes of numbers and hold {len(weights):,}")
    except Exception as error:  # hostile bytes raise every kind of error in the library
        raise BundleError(f"The weights in {name} are refused: {error or type(error).__name__}. {ADVICE}") from error


def layers_in(keras_file: bytes) -> list[str]:
    """The kinds of layers in the description of a network, in order, but for `Dropout`, which a recipe adds.

    BundleError where it describes none.
    """
    try:
        with zipfile.ZipFile(BytesIO(keras_file)) as archive:
            described = json.loads(archive.read(CONFIG))["config"]["layers"]
        return [layer["class_name"] for layer in described if layer["class_name"] != "Dropout"]
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise BundleError(f"The weights come with no description of their network ({error}). {ADVICE}") from error


def _datasets(file: h5py.File) -> Iterator[h5py.Dataset]:
    """Every data set, none twice; ValueError for a link that leads elsewhere."""
    waiting, seen = [file["/"]], set()
    while waiting:
        item = waiting.pop()
        place = h5py.h5o.get_info(item.id).addr
        if place in seen:
            continue
        seen.add(place)
        if len(seen) > _MOST_OBJECTS:
            raise ValueError(f"they are in more than {_MOST_OBJECTS:,} pieces")
        if isinstance(item, h5py.Dataset):
            yield item
        elif isinstance(item, h5py.Group):
            waiting += [_member(item, key) for key in item]
        else:
            raise ValueError(f"{item.name} is neither numbers nor a group of them")


def _member(group: h5py.Group, key: str) -> h5py.HLObject:
    link = group.get(key, getlink=True)
    if not isinstance(link, h5py.HardLink):
        raise ValueError(f"{group.name} holds a link to another place ({type(link).__name__})")
    return group[key]


def _bytes_of(dataset: h5py.Dataset) -> int:
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"{dataset.name} takes its numbers from another file")
    if dataset.dtype.kind not in _NUMBERS:
        raise ValueError(f"{dataset.name} holds {dataset.dtype}, which are no numbers")
    return int(dataset.size) * int(dataset.dtype.itemsize)
