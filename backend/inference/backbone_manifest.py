"""The manifest of a backbone. Values and their rules only."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from backend.domain.errors import BundleError
from backend.inference.manifest import (
    ADVICE,
    IR_BIN,
    IR_XML,
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    Architecture,
    FileName,
    InputSpec,
    Preprocessing,
    Provenance,
    Sha256,
    explain,
)

BACKBONE_FORMAT: Final = 1


class MapSpec(BaseModel):
    """The maps of a backbone: `rows` x `columns` places.

    `seen` channels at each place are compared with what is usual there; `features` channels come out in the end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(ge=1, le=255)
    columns: int = Field(ge=1, le=255)
    seen: int = Field(ge=1, le=4096)
    features: int = Field(ge=1, le=4096)

    @property
    def usual_shape(self) -> tuple[int, int, int]:
        """(rows, columns, seen), the shape of what is usual."""
        return self.rows, self.columns, self.seen


class BackboneFacts(BaseModel):
    """All of the manifest that its maker states. The network has the inputs `image`, `mean` and `scale` and the
    outputs `seen` and `features`; `metrics` are as measured at training.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["backbone"] = "backbone"
    input: InputSpec
    preprocessing: Preprocessing = Preprocessing()
    maps: MapSpec
    architecture: Architecture
    metrics: dict[str, JsonValue] = Field(default_factory=dict)
    provenance: Provenance


class BackboneManifest(BackboneFacts):
    """A whole manifest. `files` gives the SHA-256 of every file but the manifest itself."""

    format: Literal[1] = BACKBONE_FORMAT
    files: dict[FileName, Sha256]

    @model_validator(mode="after")
    def _has_a_network(self) -> BackboneManifest:
        missing = sorted({IR_XML, IR_BIN} - set(self.files))
        if missing:
            raise ValueError(f"files: {', '.join(missing)} missing, without which nothing can run")
        return self


def parse_backbone_manifest(text: bytes) -> BackboneManifest:
    """The manifest in `text` (JSON). BundleError says every thing that is wrong with it."""
    if len(text) > MAX_MANIFEST_BYTES:
        raise BundleError(f"{MANIFEST_NAME} is larger than {MAX_MANIFEST_BYTES:,} bytes. {ADVICE}")
    try:
        return BackboneManifest.model_validate_json(text)
    except ValidationError as error:
        raise BundleError(f"{MANIFEST_NAME} is not that of a backbone: {explain(error)}. {ADVICE}") from error
