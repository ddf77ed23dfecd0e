"""Which architectures there are, as plain values: known without TensorFlow, so that a training can be planned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import ValidationError

from backend.domain.errors import TrainingError
from backend.inference.manifest import InputSpec
from backend.training.recipes import DEFAULT_INPUT, HEAD_ARCHITECTURE

_SIZE = re.compile(r"(\d{1,5})\s*[x×]\s*(\d{1,5})(?:\s*[x×]\s*(\d))?")


class Takes(Enum):
    """What an expert may bring for an architecture: nothing, a file of weights, or the network itself."""

    NOTHING = "nothing"
    WEIGHTS = "weights"
    NETWORK = "network"


class PixelRange(Enum):
    """What a network is given for black and white; `scale` and `offset` lead there from pixels of 0 to 255."""

    SIGNED = "-1..1"
    UNIT = "0..1"
    BYTES = "0..255"

    @property
    def scale(self) -> float:
        """Factor of a pixel."""
        return {PixelRange.SIGNED: 1 / 127.5, PixelRange.UNIT: 1 / 255, PixelRange.BYTES: 1.0}[self]

    @property
    def offset(self) -> float:
        """Added afterwards."""
        return -1.0 if self is PixelRange.SIGNED else 0.0


@dataclass(frozen=True, slots=True)
class KnownArchitecture:
    """`input` is what it looks at unless told otherwise, `smallest` the least height and width it works with.

    `normalised` ones have our normalisation behind the last feature map; an expert's network is left as it is.
    """

    name: str
    input: InputSpec
    smallest: int
    parameters: Mapping[str, Any]
    takes: Takes = Takes.NOTHING
    pixels: PixelRange = PixelRange.SIGNED
    normalised: bool = True


def _square(side: int) -> InputSpec:
    return InputSpec(height=side, width=side, channels=3)


KNOWN: tuple[KnownArchitecture, ...] = (
    KnownArchitecture("compact_cbam", DEFAULT_INPUT, 16, {"width": 1.0}),
    KnownArchitecture("inception_v3_cbam", _square(299), 75, {"reduction": 16}, Takes.WEIGHTS),
    KnownArchitecture("vgg16", _square(224), 32, {}, Takes.WEIGHTS),
    KnownArchitecture("custom", DEFAULT_INPUT, 8, {}, Takes.NETWORK, normalised=False),
    KnownArchitecture(HEAD_ARCHITECTURE, DEFAULT_INPUT, 8, {}),
)


def known_architecture(name: str) -> KnownArchitecture:
    """The architecture of that name; TrainingError naming those there are."""
    for known in KNOWN:
        if known.name == name:
            return known
    names = ", ".join(known.name for known in KNOWN)
    raise TrainingError(f"There is no architecture {name!r}, so nothing is trained. Choose one of: {names}.")


def parse_input(text: str) -> InputSpec:
    """`WIDTHxHEIGHT` for colour, `WIDTHxHEIGHTx1` for grey; TrainingError for anything else."""
    found = _SIZE.fullmatch(text.strip())
    try:
        width, height, channels = (int(part or 3) for part in found.groups()) if found else (0, 0, 0)
        return InputSpec.model_validate({"width": width, "height": height, "channels": channels})
    except ValidationError as error:
        raise TrainingError(
            f"{text!r} is no input size, so nothing is trained. Give WIDTHxHEIGHT in pixels, 8 to 4096 each, such as "
            "299x299, or 299x299x1 for grey."
        ) from error


def check_input(known: KnownArchitecture, spec: InputSpec) -> None:
    """TrainingError where the network would have nothing left to look at."""
    if min(spec.height, spec.width) < known.smallest:
        raise TrainingError(
            f"{known.name} needs at least {known.smallest} × {known.smallest} pixels and is to look at "
            f"{spec.width} × {spec.height}. Nothing was trained; choose a larger input or another architecture."
        )
