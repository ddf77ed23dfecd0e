"""An OpenVINO network as XML, looked through before OpenVINO reads it.

OpenVINO takes its input for whatever format it looks like, ONNX with weights in other files among them; so what is
handed over must be IR and nothing else. OpenVINO's own reader ignores document types (measured with 2026.4: neither a
billion laughs nor an external entity is expanded), but no network needs one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from xml.parsers import expat

from backend.domain.errors import BundleError
from backend.inference.manifest import ADVICE, Manifest

MAX_XML_BYTES = 64 * 2**20
MAX_ELEMENTS = 2**28
"""Numbers in one tensor, with a batch of one: a gigabyte in float32."""

_DEEPEST = 32
_OPSET = re.compile(r"opset[1-9][0-9]?")
_REFUSED_LAYERS = {
    **dict.fromkeys(("Loop", "TensorIterator", "If"), "holds a network of its own and could run for ever"),
    **dict.fromkeys(("ReadValue", "Assign"), "remembers earlier plots, so that verdicts would depend on their order"),
}


def check_network(name: str, data: bytes, _manifest: Manifest | None = None) -> None:
    """BundleError unless `data` is the XML of a network of OpenVINO's own operations, of bearable size."""
    if len(data) > MAX_XML_BYTES:
        raise BundleError(f"{name} has {len(data):,} bytes; at most {MAX_XML_BYTES:,} are read. {ADVICE}")
    try:
        _Reader().read(data)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BundleError(f"{name} is not a network in OpenVINO's format: {error}. {ADVICE}") from error


class _Reader:
    """Walks through the elements once; ValueError says what is refused."""

    def __init__(self) -> None:
        self._depth = 0
        self._sizes: list[int] | None = None
        self._text: list[str] | None = None
        self._parser = parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def read(self, data: bytes) -> None:
        self._parser.Parse(data, True)

    def _doctype(self, *_: object) -> None:
        raise ValueError("it declares a document type, through which a few bytes could grow without end")

    def _start(self, tag: str, given: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError(f"its elements are nested deeper than {_DEEPEST}")
        if self._depth == 1 and tag != "net":
            raise ValueError(f"it begins with <{tag}>")
        if tag == "layer":
            _check_layer(given)
        elif tag == "port":
            self._sizes = []
        elif tag == "dim":
            self._text = []
        elif "weights_path" in tag.lower() or "weights_path" in given.get("name", "").lower():
            raise ValueError("it takes weights from another file")

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag == "dim" and self._text is not None:
            if self._sizes is not None:
                self._sizes.append(max(1, int("".join(self._text)[:20])))
            self._text = None
        elif tag == "port" and self._sizes is not None:
            if prod(self._sizes) > MAX_ELEMENTS:
                raise ValueError(f"one of its tensors has the size {self._sizes}, more than {MAX_ELEMENTS:,} numbers")
            self._sizes = None


def _check_layer(given: Mapping[str, str]) -> None:
    kind, version = given.get("type", ""), given.get("version", "")
    if not _OPSET.fullmatch(version):
        raise ValueError(f"its layer {kind[:80]!r} is of {version[:80]!r}, none of OpenVINO's own operation sets")
    if kind in _REFUSED_LAYERS:
        raise ValueError(f"its layer {kind} {_REFUSED_LAYERS[kind]}")
