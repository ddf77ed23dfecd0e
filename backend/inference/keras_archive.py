"""A `.keras` file looked through without Keras: it is a zip with a description of the network and its weights.

Keras builds whatever object the description names. Its safe mode has been got round more than once, so nothing reaches
Keras that names more than our own registered layers and the harmless ones of Keras. What is inside the weights, an
HDF5 file, is looked at in the training worker (`backend.training.weights`), where the library for it is.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from backend.domain.errors import BundleError
from backend.inference.manifest import ADVICE, Manifest

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MEMBERS = frozenset({CONFIG, METADATA, WEIGHTS})
MAX_CONFIG_BYTES = 8 * 2**20

_PACKAGE = "hydra_gui"
_OUR_MODULES = re.compile(r"backend\.training(\.[a-z_]+)+")
_KERAS_MODULES = re.compile(
    r"keras(\.src)?\.(layers|models|initializers|regularizers|constraints|activations|dtype_policies|ops)(\.[a-z_0-9]+)*"
)
_COMPILE_MODULES = re.compile(r"keras(\.src)?\.(optimizers|losses|metrics)(\.[a-z_0-9]+)*")
_KERAS_ITSELF = frozenset({"DTypePolicy", "FloatDTypePolicy", "Functional", "Model", "Sequential", "InputSpec"})
_PLAIN_VALUES = frozenset({"__keras_tensor__", "__tensor__", "__numpy__", "__ellipsis__", "__slice__"})
_CLASS_NAME, _FUNCTION_NAME = re.compile(r"[A-Z][A-Za-z0-9]*"), re.compile(r"[a-z][a-z0-9_]*")
_FUNCTION_MODULES = re.compile(r"builtins|keras(\.src)?\.activations(\.[a-z_]+)*")
_REFUSED_FUNCTIONS = frozenset({"get", "serialize", "deserialize"})
_REFUSED = {
    **dict.fromkeys(("Lambda", "__lambda__"), "holds Python code"),
    **dict.fromkeys(("TFSMLayer", "TorchModuleWrapper"), "loads a program from another file"),
    **dict.fromkeys(("JaxLayer", "FlaxLayer"), "holds Python code"),
    **dict.fromkeys(("StringLookup", "IntegerLookup", "TextVectorization"), "may read any file of this machine"),
}


def check_keras(name: str, data: bytes, manifest: Manifest) -> None:
    """BundleError unless the `.keras` file `data` names nothing but harmless layers and fits the manifest."""
    try:
        config, metadata = _members(data)
        _check_metadata(metadata)
        _check_description(config, manifest)
    except Exception as error:  # hostile bytes raise every kind of error in zipfile and json
        raise BundleError(f"{name} is refused: {error or type(error).__name__}. {ADVICE}") from error


def _members(data: bytes) -> tuple[Any, Any]:
    """Description and metadata, both JSON; ValueError where anything else is in the archive."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        unknown = sorted(set(names) - MEMBERS)
        if unknown or len(names) != len(MEMBERS):
            shown = ", ".join(repr(name) for name in unknown or names)[:200]
            raise ValueError(f"a .keras file holds {', '.join(sorted(MEMBERS))} and nothing else, this one {shown}")
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("it is compressed, so that it may grow without end; Keras writes it as it is")
        if sum(entry.file_size for entry in entries) > len(data):
            raise ValueError("its files overlap")
        if max(archive.getinfo(name).file_size for name in (CONFIG, METADATA)) > MAX_CONFIG_BYTES:
            raise ValueError(f"its description is larger than {MAX_CONFIG_BYTES:,} bytes")
        for entry in entries:
            archive.read(entry)  # compares checksums and the names in both places
        return _json(archive.read(CONFIG)), _json(archive.read(METADATA))


def _json(data: bytes) -> Any:  # noqa: ANN401
    return json.loads(data, object_pairs_hook=_distinct)


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A dictionary; two readers must not see two different things."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("its description says a thing twice")
    return found


def _check_metadata(metadata: object) -> None:
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    if not isinstance(version, str) or not version.startswith("3."):
        raise ValueError(f"it was written by Keras {str(version)[:40]}, only those of Keras 3 are read")


def _check_description(config: object, manifest: Manifest) -> None:
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise ValueError("its description is none of a network")
    for part, compiling in _parts(config):
        if "class_name" in part:
            _check_class(part, compiling=compiling)
            _check_fit(part, manifest)


def _parts(config: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Every dictionary, however deep, and whether it only says how the network was trained."""
    waiting: list[tuple[object, bool]] = [(config, False)]
    while waiting:
        item, compiling = waiting.pop()
        if isinstance(item, dict):
            yield item, compiling
            waiting += [(value, compiling or key == "compile_config") for key, value in item.items()]
        elif isinstance(item, list):
            waiting += [(value, compiling) for value in item]


def _check_class(part: Mapping[str, Any], *, compiling: bool) -> None:
    name, module, registered = part["class_name"], part.get("module"), part.get("registered_name")
    if not isinstance(name, str):
        raise ValueError("it names a class by no name")
    if name in _REFUSED:
        raise ValueError(f"its layer {name} {_REFUSED[name]}")
    if name in _PLAIN_VALUES and module is None and registered is None:
        return
    if name == "function":
        _check_function(part.get("config"), module, registered)
    elif isinstance(registered, str) and ">" in registered:
        _check_ours(name, module, registered)
    elif not _is_keras(name, module, compiling=compiling) or registered not in (None, name):
        raise ValueError(f"it names {_shown(module)}.{_shown(name)}{_as(registered)}, which is none of Keras's layers")


def _check_function(name: object, module: object, registered: object) -> None:
    known = isinstance(name, str) and _FUNCTION_NAME.fullmatch(name) and name not in _REFUSED_FUNCTIONS
    if not known or not _matches(_FUNCTION_MODULES, module) or registered not in (None, name, "function"):
        raise ValueError(f"it names the function {_shown(module)}.{_shown(name)}, which is none of Keras's activations")


def _check_ours(name: str, module: object, registered: str) -> None:
    if registered != f"{_PACKAGE}>{name}" or not _CLASS_NAME.fullmatch(name) or not _matches(_OUR_MODULES, module):
        raise ValueError(f"it names the layer {_shown(registered)} of {_shown(module)}, which is none of this program")


def _is_keras(name: str, module: object, *, compiling: bool) -> bool:
    if not _CLASS_NAME.fullmatch(name):
        return False
    if module == "keras":
        return name in _KERAS_ITSELF
    return _matches(_KERAS_MODULES, module) or (compiling and _matches(_COMPILE_MODULES, module))


def _matches(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def _check_fit(part: Mapping[str, Any], manifest: Manifest) -> None:
    """Where the description tells what goes in and out as images and logits, the manifest must say the same."""
    config = part.get("config")
    if not isinstance(config, dict):
        return
    shape, units = config.get("batch_shape"), config.get("units")
    if part["class_name"] == "InputLayer" and isinstance(shape, list) and len(shape) == 4:
        if tuple(shape[1:]) != manifest.input.shape:
            raise ValueError(f"it takes images of {tuple(shape[1:])}, the manifest says {manifest.input.shape}")
    elif config.get("name") == manifest.outputs.logits and units is not None and units != len(manifest.labels):
        raise ValueError(f"it tells {_shown(units)} labels apart, the manifest names {len(manifest.labels)}")


def _as(registered: object) -> str:
    return "" if registered is None else f" as {_shown(registered)}"


def _shown(value: object) -> str:
    return str(value)[:80]
