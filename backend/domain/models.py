"""Models: what the library knows of a trained model, and who put it in force when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ModelState(StrEnum):
    """Where a model is in its life: registered, judging at least one plot type, or replaced everywhere."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One registered model.

    `digest` is the SHA-256 of the zipped bundle; `thresholds` (0 to 1, now in force) follow the order of
    `labels`; `active_for` names the plot types it judges now; `created_at` is UTC.
    """

    model_id: int
    plot_type: str
    digest: str
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    state: ModelState
    architecture: str
    author: str
    created_at: datetime
    active_for: tuple[str, ...]
    manifest_json: str

    @property
    def title(self) -> str:
        """How a person names it."""
        return f"{self.architecture} #{self.model_id}"


@dataclass(frozen=True, slots=True)
class Activation:
    """From `at` (UTC) on, `model_id` judged `plot_type`; `before` is the model it replaced."""

    plot_type: str
    model_id: int
    before: int | None
    who: str
    at: datetime
    note: str = ""


def earlier_model(history: Sequence[Activation]) -> int | None:
    """The model to go back to from the one in force, None where there was none before; `history` oldest first.

    To put the model before in force again is to go back: after A, B, C and a step back to B, the next leads to A.
    """
    path: list[int] = []
    for activation in history:
        if len(path) > 1 and path[-2] == activation.model_id:
            path.pop()
        elif not path or path[-1] != activation.model_id:
            path.append(activation.model_id)
    return path[-2] if len(path) > 1 else None


@dataclass(frozen=True, slots=True)
class ModelImport:
    """A bundle taken in from the file `file` by `who`; `signed_by` is the public key of its signature, or ""."""

    file: str
    signed_by: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ThresholdChange:
    """One change of a threshold (0 to 1); `method` says how the value was found ("INIT", "max_f1", a person)."""

    classification: str
    before: float | None
    after: float
    who: str
    at: datetime
    method: str
