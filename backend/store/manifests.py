"""What the store needs to know of a bundle's manifest; the rest is kept as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from backend.domain.errors import BundleError
from backend.store.types import plain_name


@dataclass(frozen=True, slots=True)
class Essentials:
    """Names are as the store keeps them; `thresholds` (0 to 1) may lack labels."""

    plot_type: str
    labels: tuple[str, ...]
    architecture: str
    thresholds: dict[str, float]


def essentials(manifest_json: str) -> Essentials:
    """Read a manifest; BundleError where something the store needs is missing or impossible."""
    try:
        raw = json.loads(manifest_json)
        labels = tuple(_name(label) for label in raw["labels"])
        return Essentials(
            _name(raw["plot_type"]), _distinct(labels), _name(raw["architecture"]["name"]), _thresholds(raw, labels)
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else error
        raise BundleError(
            f"The bundle's manifest cannot be used ({what}). Nothing was registered; export the model again."
        ) from error


def _name(value: object) -> str:
    if not isinstance(value, str) or not plain_name(value):
        raise ValueError(f"{value!r} is not a name")
    return plain_name(value)


def _distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    if not labels or len(set(labels)) != len(labels):
        raise ValueError("labels must be distinct, and at least one")
    return labels


def _thresholds(raw: dict[str, Any], labels: tuple[str, ...]) -> dict[str, float]:
    given = {_name(label): float(value) for label, value in raw["thresholds"].items()}
    for label, value in given.items():
        if label not in labels or not 0.0 <= value <= 1.0:
            raise ValueError(f"threshold {value} of {label!r}")
    return given
