"""The ways out for a window on another loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from backend.domain.outward import Delivered, LogbookEntry, OutwardView

if TYPE_CHECKING:  # it brings Pillow and mail along
    from backend.engine.engine import Engine

R = TypeVar("R")

Question = Callable[["Engine"], Coroutine[Any, Any, R]]


class RemoteOutward:
    """Implements `backend.api.OutwardApi` for another loop: `ask` carries a question to the engine's."""

    def __init__(self, ask: Callable[[Question[Any]], Coroutine[Any, Any, Any]]) -> None:
        self._ask = ask

    async def view(self) -> OutwardView:
        """What is configured."""
        return await self._carry(lambda engine: engine.outward.view())

    async def try_destination(self, name: str, who: str) -> Delivered:
        """Send a message that says that nothing is wrong."""
        return await self._carry(lambda engine: engine.outward.try_destination(name, who))

    async def write_entry(self, entry: LogbookEntry) -> tuple[Delivered, ...]:
        """Make an entry."""
        return await self._carry(lambda engine: engine.outward.write_entry(entry))

    async def _carry(self, question: Question[R]) -> R:
        answer: R = await self._ask(question)
        return answer
