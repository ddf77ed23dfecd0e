"""Labelling as the engine offers it: the store's questions and gestures, awaited off its own thread."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from backend.domain.labelling import (
    RANKED,
    Labeller,
    Palette,
    PlotListing,
    PlotQuery,
    PlotToLabel,
    PlotTypeToLabel,
    Step,
)
from backend.domain.labels import Gesture, LabelChange, Recorded, Reversal
from backend.domain.roles import RIGHTS, Right, Role, rights_of, write_roles
from backend.pipeline.store_link import StoreLink

if TYPE_CHECKING:
    from backend.engine.engine import Engine
    from backend.store import Store

P = ParamSpec("P")
R = TypeVar("R")


class LabellingDesk:
    """On the engine's loop. Questions wait until the store is open; StoreUnavailableError when it goes away later."""

    def __init__(self, engine: Engine, reading: StoreLink, writing: StoreLink) -> None:
        self._engine, self._reading, self._writing = engine, reading, writing

    async def labeller(self) -> Labeller:
        """Who labels here, and why they may not, where the server says so."""
        who = await asyncio.to_thread(_who_am_i)
        await self._engine.wait_open()
        return Labeller(who, await self._reading.ask(label_refusal, self._engine.store))

    async def plot_types(self) -> tuple[PlotTypeToLabel, ...]:
        """All plot types by name, with counts."""
        await self._engine.wait_open()
        return tuple(await self._reading.ask(self._engine.store.labelling.plot_types))

    async def palette(self, plot_type: str) -> Palette:
        """What plots of a type can be labelled with, and how often each was."""
        await self._engine.wait_open()
        return await self._reading.ask(self._engine.store.labelling.palette, plot_type)

    async def listing(self, query: PlotQuery) -> PlotListing:
        """Plots in the order asked for."""
        await self._engine.wait_open()
        if query.order in RANKED:
            return await self._engine.insight.listing(query)
        return await self._reading.ask(self._engine.store.labelling.listing, query)

    async def items(self, plot_ids: Sequence[int], second_for: str = "") -> tuple[PlotToLabel, ...]:
        """What is known of some of them."""
        await self._engine.wait_open()
        return await self._engine.insight.items(plot_ids, second_for)

    async def record(self, gesture: Gesture) -> Recorded:
        """Save a gesture; returns when it is committed."""
        await self._engine.wait_open()
        return await self._writing.ask(self._engine.store.gestures.record, gesture)

    async def revert(self, reversal: Reversal) -> Recorded:
        """Take a gesture back; returns when that is committed."""
        await self._engine.wait_open()
        return await self._writing.ask(self._engine.store.gestures.revert, reversal)

    async def steps(self, plot_type: str, who: str) -> tuple[Step, ...]:
        """A person's newest gestures on a plot type, oldest first."""
        await self._engine.wait_open()
        return tuple(await self._reading.ask(self._engine.store.gestures.steps, plot_type, who))

    async def history(self, plot_id: int) -> tuple[LabelChange, ...]:
        """All labels a plot was ever given, oldest first."""
        await self._engine.wait_open()
        return tuple(await self._reading.ask(self._engine.store.labels.history, plot_id))


Question = Callable[["Engine"], Coroutine[Any, Any, R]]


class RemoteDesk:
    """Implements `backend.api.LabellingApi` for another loop: `ask` carries a question to the engine's."""

    def __init__(self, ask: Callable[[Question[Any]], Coroutine[Any, Any, Any]]) -> None:
        self._ask = ask

    async def labeller(self) -> Labeller:
        """Who labels here."""
        return await self._carry(lambda engine: engine.labelling.labeller())

    async def plot_types(self) -> tuple[PlotTypeToLabel, ...]:
        """All plot types by name, with counts."""
        return await self._carry(lambda engine: engine.labelling.plot_types())

    async def palette(self, plot_type: str) -> Palette:
        """What plots of a type can be labelled with, and how often each was."""
        return await self._carry(lambda engine: engine.labelling.palette(plot_type))

    async def listing(self, query: PlotQuery) -> PlotListing:
        """Plots in the order asked for."""
        return await self._carry(lambda engine: engine.labelling.listing(query))

    async def items(self, plot_ids: Sequence[int], second_for: str = "") -> tuple[PlotToLabel, ...]:
        """What is known of some of them."""
        return await self._carry(lambda engine: engine.labelling.items(plot_ids, second_for))

    async def record(self, gesture: Gesture) -> Recorded:
        """Save a gesture."""
        return await self._carry(lambda engine: engine.labelling.record(gesture))

    async def revert(self, reversal: Reversal) -> Recorded:
        """Take a gesture back."""
        return await self._carry(lambda engine: engine.labelling.revert(reversal))

    async def steps(self, plot_type: str, who: str) -> tuple[Step, ...]:
        """A person's newest gestures on a plot type, oldest first."""
        return await self._carry(lambda engine: engine.labelling.steps(plot_type, who))

    async def history(self, plot_id: int) -> tuple[LabelChange, ...]:
        """All labels a plot was ever given, oldest first."""
        return await self._carry(lambda engine: engine.labelling.history(plot_id))

    async def _carry(self, question: Question[R]) -> R:
        answer: R = await self._ask(question)
        return answer


def label_refusal(store: Store) -> str:
    """Why this account may not label; "" where it may, or where its privileges are those of no role."""
    from backend.store.privileges_held import own_roles

    roles: frozenset[Role] = frozenset() if store.database.embedded else store.database.read(own_roles)
    if not roles or Role.ADMINISTRATOR in roles or Right.LABEL in rights_of(roles):
        return ""
    labelling = ", ".join(role for role, rights in RIGHTS.items() if Right.LABEL in rights)
    return (
        f"You may look, not label: the role of this account is {write_roles(roles)}. Labelling needs one of "
        f"{labelling}. Ask the administrator, who gives roles with `hydra-gui db grant`."
    )


def _who_am_i() -> str:
    """The name that labels bear: HYDRA_USER, else the account's, as on the command line."""
    try:
        return os.environ.get("HYDRA_USER") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
