"""Outputs of Hydra's models as text: which class was the most probable. Any text may come; most are JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from backend.feed.naming import MAX_NAME

_LONGEST = 65_536


def best_class(output: str) -> tuple[str, float] | None:
    """The best class and its probability (0 to 1), None where the text does not tell.

    Known are {class: probability}, {"Labels": {index: name}, "Confidences": […]} and the same below "Analysis".
    """
    if len(output) > _LONGEST:
        return None
    try:
        scores = _scores(json.loads(output))
        best = max(scores, key=lambda name: scores[name])
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError):
        return None
    usable = best.strip() and best.isprintable() and len(best) <= MAX_NAME and 0.0 <= scores[best] <= 1.0
    return (best, scores[best]) if usable else None


def _scores(found: Any) -> dict[str, float]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(found, Mapping) and isinstance(found.get("Analysis"), Mapping):
        found = found["Analysis"]
    if not isinstance(found, Mapping):
        raise TypeError("no object")
    if "Labels" in found and "Confidences" in found:
        labels, values = found["Labels"], found["Confidences"]
        if not isinstance(labels, Mapping) or not isinstance(values, list):
            raise TypeError("no labels by index")
        values = values[0] if isinstance(values[0], list) else values
        return {str(name): _number(values[int(index)]) for index, name in labels.items()}
    return {str(name): _number(value) for name, value in found.items()}


def _number(value: Any) -> float:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("no number")
    return float(value)
