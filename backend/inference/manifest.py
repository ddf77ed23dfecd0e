"""The manifest of a model bundle: everything needed to trust the model and to run it. Values and their rules only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)

from backend.domain.errors import BundleError

FORMAT: Final = 1
MANIFEST_NAME = "manifest.json"
IR_XML, IR_BIN = "model.xml", "model.bin"
KERAS_NAME = "model.keras"
HEAD_NAME = "head.npz"
MAX_MANIFEST_BYTES = 1 << 20

_LONGEST_PATH = 200
_SAFE_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. +-]*")


def check_file_name(name: str) -> str:
    """A relative path with forward slashes that stays inside its folder on every system; ValueError otherwise."""
    parts = name.split("/")
    if len(name) > _LONGEST_PATH or not all(_SAFE_PART.fullmatch(part) and part[-1] not in ". " for part in parts):
        raise ValueError(f"{name!r} is not a plain relative file name")
    if PurePosixPath(name).name == MANIFEST_NAME:
        raise ValueError(f"{MANIFEST_NAME} cannot list itself")
    return name


def _only_int(value: object) -> object:
    """JSON's true and 1.0 are no numbers of pixels."""
    if isinstance(value, bool | float):
        raise ValueError("a whole number is wanted")
    return value


_VISIBLE = r"^[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?$"
"""No control or direction characters: a name must not move a cursor or read as another one."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_VISIBLE)]
TensorName = Annotated[str, StringConstraints(min_length=1, max_length=256)]
FileName = Annotated[str, BeforeValidator(lambda value: check_file_name(value) if isinstance(value, str) else value)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Pixels = Annotated[int, BeforeValidator(_only_int), Field(ge=8, le=4096)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class InputSpec(_Part):
    """What a model looks at: `height` x `width` pixels, `channels` 1 (grey) or 3 (RGB)."""

    height: Pixels
    width: Pixels
    channels: Literal[1, 3]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels), the shape of one prepared image."""
        return self.height, self.width, self.channels


class Preprocessing(_Part):
    """The network is given ``pixel * scale + offset``, pixel 0 to 255. It is done here and nowhere in the network."""

    scale: float = Field(1.0, gt=0)
    offset: float = 0.0


class Architecture(_Part):
    """Which network it is, and with what it was built."""

    name: Name
    parameters: dict[str, JsonValue] = Field(default_factory=dict)


class EngineName(StrEnum):
    """What runs a network: OpenVINO, or the reference engine, TensorFlow in a worker process, where that cannot."""

    OPENVINO = "openvino"
    REFERENCE = "tensorflow"


class OutputNames(_Part):
    """Names of the output tensors: `logits` (B, n), `cam` (B, h, w, n), `embedding` (B, d).

    `cam` is None for a network that yields no maps: its head is more than pooling and a dense layer.
    """

    logits: TensorName = "logits"
    cam: TensorName | None = "cam"
    embedding: TensorName = "embedding"

    @model_validator(mode="after")
    def _distinct(self) -> OutputNames:
        if len({self.logits, self.cam, self.embedding}) < len(type(self).model_fields):
            raise ValueError("logits, cam and embedding must be three different tensors")
        return self


class Provenance(_Part):
    """Where a model comes from. `created` is UTC; `data_sha256` identifies the training data; more may be added.

    `versions` are those of the libraries that made it, `counts` the training images per label.
    """

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    created: AwareDatetime
    author: str
    data_sha256: Sha256
    seed: int
    versions: dict[str, str] = Field(default_factory=dict)
    counts: dict[str, int] = Field(default_factory=dict)


class ModelFacts(_Part):
    """All of a manifest that its maker states; `backend.inference.bundles.seal` adds the files.

    `labels` are in the order of the logits. `thresholds` (0 to 1) has one value per label. The runtime applies
    `temperature`: probabilities are softmax(logits / temperature). `metrics` are as measured at training. `backbone` is
    the digest of the network that a model shares with others, see `backend.inference.backbones`; it then has a head of
    its own instead of a network. `engine` is what runs it; the reference engine runs `model.keras`.
    """

    plot_type: Name
    labels: tuple[Name, ...] = Field(min_length=2, max_length=256)
    input: InputSpec
    preprocessing: Preprocessing = Preprocessing()
    architecture: Architecture
    backbone: Sha256 | None = None
    engine: EngineName = EngineName.OPENVINO
    outputs: OutputNames = OutputNames()
    thresholds: dict[str, Share]
    temperature: float = Field(1.0, gt=0)
    metrics: dict[str, JsonValue] = Field(default_factory=dict)
    provenance: Provenance

    @property
    def created(self) -> datetime:
        """When the model was made (UTC)."""
        return self.provenance.created

    @property
    def ordered_thresholds(self) -> tuple[float, ...]:
        """The thresholds in the order of the labels."""
        return tuple(self.thresholds[label] for label in self.labels)

    @model_validator(mode="after")
    def _labels_and_thresholds_agree(self) -> ModelFacts:
        twice = sorted({label for label in self.labels if self.labels.count(label) > 1})
        if twice:
            raise ValueError(f"labels: {_named(twice)} named more than once")
        missing, unknown = set(self.labels) - set(self.thresholds), set(self.thresholds) - set(self.labels)
        if missing:
            raise ValueError(f"thresholds: {_named(missing)} without a threshold")
        if unknown:
            raise ValueError(f"thresholds: {_named(unknown)} not among the labels")
        return self


class Manifest(ModelFacts):
    """A whole manifest. `files` gives the SHA-256 of every file of the bundle but the manifest itself."""

    format: Literal[1] = FORMAT
    files: dict[FileName, Sha256]

    @property
    def runs_in(self) -> EngineName:
        """What runs it: as stated, and the reference engine where there is nothing else that could be run."""
        only_keras = self.backbone is None and KERAS_NAME in self.files and IR_XML not in self.files
        return EngineName.REFERENCE if only_keras else self.engine

    @model_validator(mode="after")
    def _files_complete_and_distinct(self) -> Manifest:
        if self.backbone is not None and self.engine is EngineName.REFERENCE:
            raise ValueError("engine: a model that shares a backbone runs in openvino only")
        missing = self._needed() - set(self.files)
        if missing:
            raise ValueError(f"files: {_named(missing)} missing, without which the model cannot run")
        if len({name.casefold() for name in self.files}) < len(self.files):
            raise ValueError("files: two names differ only in case")
        return self

    def _needed(self) -> set[str]:
        if self.backbone is not None:
            return {HEAD_NAME}
        return {KERAS_NAME} if self.runs_in is EngineName.REFERENCE else {IR_XML, IR_BIN}


def parse_manifest(text: str | bytes) -> Manifest:
    """The manifest in `text` (JSON). BundleError says every thing that is wrong with it."""
    if len(text) > MAX_MANIFEST_BYTES:
        raise BundleError(f"{MANIFEST_NAME} is larger than {MAX_MANIFEST_BYTES:,} bytes. {ADVICE}")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise BundleError(f"{MANIFEST_NAME} cannot be used: {explain(error)}. {ADVICE}") from error


def manifest_json(manifest: Manifest) -> str:
    """The JSON text of a manifest; the same manifest gives the same text."""
    return manifest.model_dump_json(indent=1) + "\n"


ADVICE = "The model is not used; export it again from where it was trained, or train it anew."


def explain(error: ValidationError) -> str:
    """Every thing that is wrong, in one sentence."""
    items = error.errors(include_url=False)
    for item in items:
        if item["loc"] == ("format",):
            found = item["input"]
            return f"it has format {found!r}, this version reads format {FORMAT} (a newer hydra-gui may be needed)"
    return "; ".join(_sentence(item["loc"], item["msg"], item["type"]) for item in items[:8])


def _sentence(location: tuple[int | str, ...], message: str, kind: str) -> str:
    where = ".".join(str(part) for part in location)
    if kind == "missing":
        return f"{where} is missing"
    text = message.removeprefix("Value error, ")
    return f"{where}: {text}" if where else text


def _named(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names))
