"""Agreement: how often two people who do not see each other's labels say the same, beyond chance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from backend.domain.insight import Agreement

_Z = 1.959964
"""For an interval that holds the truth 95 times of 100."""


def agreement_of(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Cohen's kappa (Educational and Psychological Measurement 20, 1960) of (first, second) labels.

    The interval follows from the large-sample error of Fleiss, Cohen and Everitt (Psychological Bulletin 72, 1969).
    """
    n = len(pairs)
    same = sum(first == second for first, second in pairs)
    if not n:
        return Agreement(0, 0)
    cells = {pair: count / n for pair, count in Counter(pairs).items()}
    firsts, seconds = _shares([first for first, _ in pairs]), _shares([second for _, second in pairs])
    observed = same / n
    chance = sum(share * seconds.get(name, 0.0) for name, share in firsts.items())
    if min(len(firsts), len(seconds)) < 2:
        return Agreement(n, same)
    kappa = (observed - chance) / (1 - chance)
    error = _standard_error(cells, firsts, seconds, observed, chance, n)
    return Agreement(n, same, kappa, max(-1.0, kappa - _Z * error), min(1.0, kappa + _Z * error))


def _shares(names: Sequence[str]) -> dict[str, float]:
    return {name: count / len(names) for name, count in Counter(names).items()}


def _standard_error(
    cells: dict[tuple[str, str], float],
    firsts: dict[str, float],
    seconds: dict[str, float],
    observed: float,
    chance: float,
    n: int,
) -> float:
    names = {*firsts, *seconds}
    rest = 1 - chance
    on = sum(
        cells.get((name, name), 0.0) * (rest - (firsts.get(name, 0.0) + seconds.get(name, 0.0)) * (1 - observed)) ** 2
        for name in names
    )
    off = sum(
        share * (seconds.get(first, 0.0) + firsts.get(second, 0.0)) ** 2
        for (first, second), share in cells.items()
        if first != second
    )
    spread = on + (1 - observed) ** 2 * off - (observed * chance - 2 * chance + observed) ** 2
    return math.sqrt(max(0.0, spread) / n) / rest**2
