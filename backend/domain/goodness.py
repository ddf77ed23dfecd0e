"""Goodness: what a model says of a plot as one number, for those who want one number."""

from __future__ import annotations

from collections.abc import Iterable

from backend.domain.classifications import Severity

_WEIGHTS = {Severity.NORMAL: 1.0, Severity.INFORMATION: 0.0, Severity.WARNING: -0.5, Severity.ALARM: -1.0}


def goodness(outputs: Iterable[tuple[float, Severity]]) -> float:
    """From -1 to 1: probabilities (0 to 1), each weighed by the severity of its classification.

    With the classes Good and Bad alone it is P(Good) - P(Bad), which is what halls have been used to.
    """
    total = sum(probability * _WEIGHTS[severity] for probability, severity in outputs)
    return max(-1.0, min(1.0, total))
