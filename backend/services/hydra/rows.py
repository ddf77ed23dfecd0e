"""From rows of Hydra's tables to values of ours, distrusting every field. No input or output."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from backend.domain.foreign import (
    ForeignClassification,
    ForeignLabel,
    ForeignPlotType,
    ForeignRecord,
    ForeignThreshold,
    ForeignValid,
    ForeignVerdict,
)
from backend.domain.plots import PlotIdentity
from backend.feed.naming import MAX_NAME, MAX_NUMBER
from backend.services.hydra.outputs import best_class
from backend.services.hydra.source import Fields

_LONGEST_WORDS = 255


class DoesNotFitError(ValueError):
    """A row that cannot be brought; the message is one of few."""


@dataclass(slots=True)
class Names:
    """What the numbers of plot types and classifications stand for; filled by the first two parts."""

    plot_types: dict[int, str] = field(default_factory=dict)
    chunked: dict[int, bool] = field(default_factory=dict)
    classifications: dict[int, str] = field(default_factory=dict)

    def plot_type(self, number: object) -> str:
        """The name of a plot type."""
        return _named(self.plot_types, number, "its plot type is not there, or has no usable name")

    def classification(self, number: object) -> str:
        """The name of a classification."""
        return _named(self.classifications, number, "its classification is not there, or has no usable name")


def read_plot_type(row: Fields, names: Names) -> ForeignPlotType:
    """A plot type; its name is remembered."""
    number, name = int(row["ID"]), usable_name(row["Name"], MAX_NAME)
    names.plot_types[number] = name
    names.chunked[number] = _flag(row.get("IsChunked", True))
    contact = _words(row.get("PointOfContact"))[:_LONGEST_WORDS]
    return ForeignPlotType(number, name, _words(row.get("Description")), contact, as_json(row))


def read_classification(row: Fields, names: Names) -> ForeignClassification:
    """A classification; its name is remembered."""
    number, name = int(row["ID"]), usable_name(row["Classification"], MAX_NAME)
    names.classifications[number] = name
    return ForeignClassification(number, name)


def read_valid(row: Fields, names: Names) -> ForeignValid:
    """Which classification may be chosen for which plot type."""
    plot_type, label = names.plot_type(row["Plot_Types_ID"]), names.classification(row["Plot_Classifications_ID"])
    return ForeignValid(int(row["ID"]), plot_type, label)


def read_threshold(row: Fields, names: Names) -> ForeignThreshold:
    """A threshold of one of its models."""
    value = _real(row["Threshold"])
    if value is None or not 0.0 <= value <= 1.0:
        raise DoesNotFitError("its threshold is not between 0 and 1")
    label, method = names.classification(row["Plot_Classification_ID"]), _words(row.get("ThresholdMethod"))[:64]
    return ForeignThreshold(int(row["ID"]), _whole(row["Model_ID"], "model"), label, value, method)


def read_identity(row: Fields, names: Names) -> PlotIdentity:
    """Which plot a row of Plots is."""
    plot_type = names.plot_type(row["Plot_Types_ID"])
    chunked = names.chunked.get(int(row["Plot_Types_ID"]), True)
    period = unicodedata.normalize("NFC", _words(row.get("RunPeriod"))).strip()
    if len(period) > _LONGEST_WORDS:
        raise DoesNotFitError("its run period is too long")
    chunk = _chunk(row.get("Chunk")) if chunked else None
    return PlotIdentity(plot_type, _whole(row["RunNumber"], "run number"), chunk, period)


def training_marks(row: Fields) -> tuple[int, str]:
    """How often a plot counts in training, and where it is forced to go."""
    weight, training = row.get("TrainingWeight"), _flag(row.get("ForcedTraining"))
    forced = "training" if training else "validation" if _flag(row.get("ForcedValidation")) else ""
    return (int(weight) if isinstance(weight, int) and 0 <= weight <= MAX_NUMBER else 1), forced


def read_label(row: Fields, names: Names, time_column: str | None) -> ForeignLabel:
    """A label; its plot goes by its number there."""
    who = _words(row["User"]).strip()
    if not who or len(who) > _LONGEST_WORDS:
        raise DoesNotFitError("it does not say who gave it")
    label = names.classification(row["Plot_Classification_ID"])
    at = row.get(time_column) if time_column else None
    plot_id = _whole(row["Plot_ID"], "plot", most=2**63 - 1)
    return ForeignLabel(int(row["ID"]), plot_id, label, who, _words(row.get("Comment")), at)


def read_record(row: Fields) -> ForeignRecord:
    """A row of which only the number is known."""
    return ForeignRecord(int(row["ID"]), as_json(row))


def read_verdict(row: Fields, names: Names) -> ForeignVerdict:
    """What one of its models said."""
    decided: datetime | None = row.get("InsertDateTime") or row.get("DateTime")
    if decided is None:
        raise DoesNotFitError("it does not say when")
    output = _words(row.get("Output"))
    best = best_class(output)
    return ForeignVerdict(
        foreign_id=int(row["ID"]),
        plot_type=names.plot_type(row["PlotType_ID"]),
        run=_whole(row["RunNumber"], "run number"),
        chunk=_chunk(row.get("ChunkNumber")),
        model=None if row.get("ModelID") is None else _whole(row["ModelID"], "model"),
        taken_at=row.get("DateTime"),
        decided_at=decided,
        classification=best[0] if best else None,
        confidence=best[1] if best else None,
        output=output,
        thresholds=_words(row.get("ModelThresholds")),
        unbiased=_flag(row.get("Unbiased")),
    )


def usable_name(value: object, longest: int) -> str:
    """A name as it is kept; DoesNotFitError where it is none."""
    name = unicodedata.normalize("NFC", _words(value)).strip()
    if not name or not name.isprintable() or len(name) > longest:
        raise DoesNotFitError("its name is empty, too long or holds invisible characters")
    return name


def as_json(row: Fields) -> str:
    """The whole row, whatever is in it."""
    return json.dumps({str(name): _plain(value) for name, value in row.items()}, ensure_ascii=False)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _named(names: Mapping[int, str], number: object, otherwise: str) -> str:
    name = names.get(number) if isinstance(number, int) else None
    if name is None:
        raise DoesNotFitError(otherwise)
    return name


def _whole(value: Any, what: str, most: int = MAX_NUMBER) -> int:  # noqa: ANN401 - whatever the database holds
    if not isinstance(value, int) or not 0 <= value <= most:
        raise DoesNotFitError(f"its {what} is no whole number from 0")
    return value


def _flag(value: object) -> bool:
    """Yes or no, as BIT, BOOL or text."""
    return any(value) if isinstance(value, bytes) else value not in (None, 0, "", "0", "false", "no")


def _chunk(value: object) -> int | None:
    """A chunk number; None where there is none, which some write as a negative number."""
    return value if isinstance(value, int) and 0 <= value <= MAX_NUMBER else None


def _real(value: object) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) else None


def _words(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return "" if value is None else str(value)
