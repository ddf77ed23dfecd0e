"""A purge that somebody asked for: one round over all plots, or what it would let go of."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from backend.domain.errors import StoreRefusedError
from backend.domain.retention import PurgeStep, Retention
from backend.store import Store


@dataclass(frozen=True, slots=True)
class PurgeResult:
    """Plots looked at, images that expired with their bytes, and orphans removed beside them."""

    looked_at: int = 0
    images: int = 0
    bytes: int = 0
    orphans: int = 0

    def plus(self, step: PurgeStep) -> PurgeResult:
        """With one step more."""
        return PurgeResult(
            self.looked_at + step.looked_at, self.images + step.images, self.bytes + step.bytes, self.orphans
        )


Told = Callable[[PurgeResult], None]


def preview(store: Store, policy: Retention, told: Told) -> PurgeResult:
    """What would go now. Changes nothing."""
    result = PurgeResult()
    for step in store.retention.preview(policy):
        result = result.plus(step)
        told(result)
    return result


def purge(store: Store, policy: Retention, told: Told) -> PurgeResult:
    """Let go of what may. StoreRefusedError where a station does it now, or where this account may not."""
    retention, owner = store.retention, f"purge/{uuid.uuid4()}"
    if not retention.begin(owner, every_s=0):
        raise StoreRefusedError(
            f"{retention.newest_round().owner.split('/')[0]} lets images expire right now. Nothing was changed; what "
            "it does is shown by `hydra-gui db status`."
        )
    try:
        result = _round(store, policy, owner, told)
    except BaseException:
        retention.release(owner)
        raise
    retention.finish(owner)
    return result


def _round(store: Store, policy: Retention, owner: str, told: Told) -> PurgeResult:
    result = PurgeResult()
    while (step := store.retention.step(owner, policy)) is not None:
        result = result.plus(step)
        told(result)
        if step.done:
            break
    for orphans in store.retention.sweep():
        result = PurgeResult(result.looked_at, result.images, result.bytes, result.orphans + orphans)
    return result
