"""What people who label do together: statistics, disagreements, label bundles. Off the engine's own thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from backend.domain.contributions import Calendar, Contributions
from backend.domain.disagreements import Disagreement
from backend.domain.label_bundles import Applied, BundleMade, BundleRequest

if TYPE_CHECKING:
    from backend.engine.engine import Engine

R = TypeVar("R")
Question = Callable[["Engine"], Coroutine[Any, Any, R]]
OnProgress = Callable[[int, int], bool]


class TeamDesk:
    """Implements `backend.api.TeamApi`: `ask` carries a question to the engine's loop."""

    def __init__(self, ask: Callable[[Question[Any]], Coroutine[Any, Any, Any]]) -> None:
        self._ask = ask

    async def contributions(self, plot_type: str, now: datetime) -> Contributions:
        """Statistics of a plot type, or of all."""
        from backend.offline.contributing import contributions

        calendar = Calendar(now)
        found: Contributions = await self._ask(
            lambda engine: engine.ask_store(lambda store: contributions(store, plot_type, calendar))
        )
        return found

    async def disagreements(self, plot_type: str) -> tuple[Disagreement, ...]:
        """Those that nobody settled."""
        from backend.offline.disagreeing import disagreements

        found: list[Disagreement] = await self._ask(
            lambda engine: engine.ask_store(lambda store: disagreements(store, plot_type))
        )
        return tuple(found)

    async def make_bundle(self, path: Path, request: BundleRequest, who: str, on_progress: OnProgress) -> BundleMade:
        """Write a label bundle."""
        made: BundleMade = await self._ask(lambda engine: _make(engine, path, request, who, on_progress))
        return made

    async def apply_bundle(self, path: Path, on_progress: OnProgress) -> Applied:
        """Bring its labels here."""
        done: Applied = await self._ask(lambda engine: _apply(engine, path, on_progress))
        return done


async def _make(engine: Engine, path: Path, request: BundleRequest, who: str, on_progress: OnProgress) -> BundleMade:
    """On a thread of its own: it takes minutes, and the engine's readers have others to answer."""
    from backend.engine.presence import program_version
    from backend.offline.making import make_bundle

    await engine.wait_open()
    return await asyncio.to_thread(
        make_bundle,
        engine.store,
        path,
        request,
        who=who,
        experiment=engine.settings.experiment.name,
        program=program_version(),
        on_progress=on_progress,
    )


async def _apply(engine: Engine, path: Path, on_progress: OnProgress) -> Applied:
    from backend.offline.applying import apply_bundle

    await engine.wait_open()
    return await asyncio.to_thread(apply_bundle, engine.store, path, on_progress=on_progress)
