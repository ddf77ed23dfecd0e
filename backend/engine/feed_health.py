"""The feed as the status strip shows it: what the watched directory and the network say of themselves, as one."""

from __future__ import annotations

from backend.domain.health import Condition, PartHealth

_WORST_FIRST = (Condition.FAILED, Condition.DEGRADED, Condition.STARTING, Condition.OK)


def combined(directory: PartHealth | None, network: PartHealth | None) -> PartHealth | None:
    """One health for both feeds: the worse condition, both words, the advice of whichever needs attention.

    A hall may get some plots from files and others from the network, so one that fails is never hidden by the other.
    """
    parts = [part for part in (directory, network) if part is not None]
    if len(parts) < 2:
        return parts[0] if parts else None
    condition = min((part.condition for part in parts), key=_WORST_FIRST.index)
    words = " · ".join(part.word for part in parts if part.word)
    return PartHealth(condition, words, " ".join(part.advice for part in parts if part.advice))
